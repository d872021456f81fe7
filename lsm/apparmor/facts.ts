/** What is fixed about AppArmor: by the kernel's build, and for the world around it. */
import type { ModuleFacts } from '../framework/module-facts.ts';

export const APPARMOR: ModuleFacts = {
  name: 'apparmor',
  id: 104,
  order: 'mutable',
  legacyMajor: true,
  exclusive: true,
  labelling: true,
  avc: {
    begins: 'apparmor="',
    types: [
      ['AUDIT', 'APPARMOR_AUDIT'],
      ['ALLOWED', 'APPARMOR_ALLOWED'],
      ['DENIED', 'APPARMOR_DENIED'],
      ['HINT', 'APPARMOR_HINT'],
      ['STATUS', 'APPARMOR_STATUS'],
      ['ERROR', 'APPARMOR_ERROR'],
      ['KILLED', 'APPARMOR_KILL'],
    ],
  },
  explains: { words: ['label', 'path'] },
  claims: ['secmark'],
  attrDirectory: ['current', 'prev', 'exec'],
  host: {
    forbids: [{ file: 'kernel/apparmor_restrict_unprivileged_userns', forbidding: '1', wanted: '0' }],
    unconfinedContainer: 'without an AppArmor profile (`--security-opt apparmor=unconfined`)',
  },
};
