/**
 * Lockdown: a level that can only rise, shown and raised through securityfs.
 *
 * Model: security/lockdown/lockdown.c of Linux 6.12. What the levels forbid (modules, kexec, /dev/mem) is not a file operation of ours and
 * stays with the running kernel.
 */

import { textOf, untilNul } from '../../linux/bytes.ts';
import { E, type Errno } from '../../linux/errno.ts';
import { PseudoFile, readWhole } from '../../vfs/pseudo/index.ts';
import { KERN_NOTICE } from '../framework/facts.ts';
import type { ModuleDefinition } from '../framework/module.ts';
import { knownModule } from '../known-modules.ts';

/** By level. */
const LEVELS: readonly string[] = ['none', 'integrity', 'confidentiality'];

export const lockdown: ModuleDefinition = {
  ...knownModule('lockdown'),
  create: ({ config, log, securityfsNumbers }) => {
    let level = 0;
    const raise = (where: string, wanted: number): Errno | undefined => {
      if (level >= wanted) return E.EPERM;
      level = wanted;
      log.print(`Kernel is locked down from ${where}; see man kernel_lockdown.7`, KERN_NOTICE);
      return undefined;
    };
    const { lockdown: atBoot = 'none' } = config.parameters;
    raise('command line', LEVELS.indexOf(atBoot));

    const text = (): string => LEVELS.map((name, index) => (index === level ? `[${name}]` : name)).join(' ');
    const node = new PseudoFile({ ino: securityfsNumbers.next(), mode: 0o644 }, () => ({
      writeMovesPosition: false,
      seekable: false,
      read: readWhole(() => `${text()}\n`),
      write: (data) => {
        const line = data.at(-1) === 0x0a ? data.subarray(0, -1) : data;
        const wanted = LEVELS.indexOf(textOf(untilNul(line)));
        return (wanted < 0 ? E.EINVAL : raise('securityfs', wanted)) ?? data.length;
      },
    }));
    return {
      hooks: {},
      securityfs: [{ name: 'lockdown', node }],
      remember: () => {
        const noted = level;
        return () => {
          level = noted;
        };
      },
    };
  },
};
