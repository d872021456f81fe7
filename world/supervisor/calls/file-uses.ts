/**
 * Calls that use the content of files. They go on when modules have seen them: uses/report.ts, called by loop.ts after
 * the handlers of the same calls.
 */

import { MAP_ANONYMOUS, PROT_EXEC } from '../../../linux/mman.ts';
import type { SyscallName } from '../../../linux/syscall-numbers.ts';
import type { SupervisedCall } from './supervised-call.ts';

const used = (name: SyscallName): SupervisedCall => ({ name, when: 'file-uses' });

export const calls: readonly SupervisedCall[] = [
  ...(['open', 'openat', 'openat2', 'creat', 'execve', 'execveat'] as const).map(used),
  ...(['truncate', 'finit_module', 'kexec_file_load'] as const).map(used),
  {
    name: 'mmap',
    when: 'file-uses',
    rule: [
      { argument: 2, has: PROT_EXEC },
      { argument: 3, lacks: MAP_ANONYMOUS },
    ],
  },
  ...(['mprotect', 'pkey_mprotect'] as const).map(
    (name): SupervisedCall => ({ name, when: 'file-uses', rule: [{ argument: 2, has: PROT_EXEC }] }),
  ),
];
