/** What is fixed about Smack: by the kernel's build, and for the world around it. */
import type { ModuleFacts } from '../framework/module-facts.ts';

export const SMACK: ModuleFacts = {
  name: 'smack',
  id: 102,
  order: 'mutable',
  legacyMajor: true,
  exclusive: true,
  labelling: true,
  labelsFiles: true,
  avc: { begins: 'lsm=SMACK ', tail: ' tclass=smack' },
  explains: { words: ['subject', 'object', 'access'] },
  claims: ['secmark', 'netlabel'],
  attrDirectory: ['current'],
  filesystem: {
    type: 'smackfs',
    mountPoint: '/sys/fs/smackfs',
    registeredAfter: ['selinuxfs', 'mqueue'],
  },
};
