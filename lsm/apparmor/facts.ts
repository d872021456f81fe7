/** What is fixed about AppArmor: by the kernel's build, and for the world around it. */
import type { ModuleFacts } from '../framework/module-facts.ts';

export const APPARMOR: ModuleFacts = {
  name: 'apparmor',
  id: 104,
  order: 'mutable',
  legacyMajor: true,
  exclusive: true,
  labelling: true,
  explains: { words: ['label', 'path'] },
  claims: ['secmark'],
  attrDirectory: ['current', 'prev', 'exec'],
  host: {
    forbids: [{ file: 'kernel/apparmor_restrict_unprivileged_userns', forbidding: '1', wanted: '0' }],
    unconfinedContainer: 'without an AppArmor profile (`--security-opt apparmor=unconfined`)',
  },
};
