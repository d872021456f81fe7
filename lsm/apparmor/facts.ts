/** What is fixed about AppArmor: by the kernel's build, and for the world around it. */
import { textOf } from '../../linux/bytes.ts';
import type { ModuleFacts } from '../framework/module-facts.ts';
import { featuresText } from './policy/features.ts';

/** Header of an image: a string of 8 bytes, `version`. */
const IMAGE = '\x04\x08\0version\0';

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
    profileCompiler: {
      program: 'apparmor_parser',
      debian: 'apparmor',
      features: featuresText,
      // No cache, no kernel; one at a time, or images are mixed.
      arguments: (source, features) => ['-KQqS', '-j', '1', '-M', features, source],
      isImage: (start) => textOf(start).startsWith(IMAGE),
    },
    forbids: [{ file: 'kernel/apparmor_restrict_unprivileged_userns', forbidding: '1', wanted: '0' }],
    unconfinedContainer: 'without an AppArmor profile (`--security-opt apparmor=unconfined`)',
  },
};
