/**
 * Yama: limits ptrace. Its face is one sysctl, kernel.yama.ptrace_scope.
 *
 * Model: security/yama/yama_lsm.c of Linux 6.12 with Debian's default. Scopes: 0 classic, 1 descendants, 2 administrators, 3 nobody; 3 is
 * final. The restrictions themselves concern ptrace attachment, which is not a file operation and stays with the running kernel.
 */
import { type Caller, capable } from '../../vfs/caller.ts';
import { E, type Errno } from '../../vfs/errno.ts';
import { knownModule } from '../core/known-modules.ts';
import type { ModuleDefinition } from '../core/module.ts';
import { SysctlInt } from '../core/sysctl-int.ts';

const CAP_SYS_PTRACE = 19;
const YAMA_SCOPE_DISABLED = 0;
const YAMA_SCOPE_NO_ATTACH = 3;

export const yama: ModuleDefinition = {
  ...knownModule('yama'),
  create: ({ log, sysctlNumbers }) => {
    let scope = YAMA_SCOPE_DISABLED;
    log.print('Yama: disabled by default; enable with sysctl kernel.yama.*');
    const node = new SysctlInt(
      { ino: sysctlNumbers.next(), mode: 0o644 },
      {
        read: () => scope,
        check: (caller: Caller): Errno | undefined => (capable(caller, CAP_SYS_PTRACE) ? undefined : E.EPERM),
        range: () => ({
          min: scope === YAMA_SCOPE_NO_ATTACH ? YAMA_SCOPE_NO_ATTACH : YAMA_SCOPE_DISABLED,
          max: YAMA_SCOPE_NO_ATTACH,
        }),
        store: (value) => {
          scope = value;
        },
      },
    );
    return { hooks: {}, sysctls: new Map([['kernel/yama/ptrace_scope', node]]) };
  },
};
