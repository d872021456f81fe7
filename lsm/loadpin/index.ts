/**
 * LoadPin: modules and firmware from one filesystem only. Its face is the sysctl kernel.loadpin.enforce and a node that takes an ioctl(2).
 *
 * Model: security/loadpin/loadpin.c of Linux 6.12, without CONFIG_SECURITY_LOADPIN_ENFORCE. What is loaded is seen by
 * the running kernel alone, so no filesystem is ever pinned here; until one is, enforcing can be begun but not ended.
 * No FUSE file takes an ioctl of the emulated kernel's.
 */
import { PseudoFile, StaticDirectory } from '../../vfs/pseudo/index.ts';
import type { ModuleDefinition } from '../framework/module.ts';
import { SysctlInt } from '../framework/proc/sysctl-int.ts';
import { knownModule } from '../known-modules.ts';

export const loadpin: ModuleDefinition = {
  ...knownModule('loadpin'),
  create: ({ config, log, securityfsNumbers, sysctlNumbers }) => {
    let enforce = Number.parseInt(config.parameters['loadpin.enforce'] ?? '0', 10) !== 0 ? 1 : 0;
    log.print(`LoadPin: ready to pin (currently ${enforce === 1 ? '' : 'not '}enforcing)`);
    const sysctl = new SysctlInt(
      { ino: sysctlNumbers.next(), mode: 0o644 },
      {
        read: () => enforce,
        range: () => ({ min: 1, max: 1 }),
        store: (value) => {
          enforce = value;
        },
      },
    );
    const time = config.bootTime ?? 0n;
    const digests = new PseudoFile({ ino: securityfsNumbers.next(), mode: 0o600, time }, () => ({
      writeMovesPosition: false,
    }));
    const entries = [{ name: 'dm-verity', node: digests }];
    const directory = new StaticDirectory({ ino: securityfsNumbers.next(), mode: 0o755, time, entries });
    return {
      hooks: {},
      sysctls: new Map([['kernel/loadpin/enforce', sysctl]]),
      securityfs: [{ name: 'loadpin', node: directory }],
    };
  },
};
