/**
 * Random system calls about what no path leads to, for `calls` steps: POSIX queues (%o), files in memory (%m), an io_uring; and what is
 * above a new root folder.
 *
 * Left out: what is below a mount that was detached while it was open, which lsmfs takes for connected (docs/reference/mediation.md).
 */
import fc from 'fast-check';
import { type Call, type Calls, call, values } from './mediation-file-calls.ts';

const opening = values('O_RDONLY', 'O_WRONLY', 'O_RDWR');
/** Made before a process is confined. */
export const QUEUE: readonly Call[] = [['-y=mq_open', '/orc1', 'O_RDWR|O_CREAT']];
/** One that its maker may not open is left behind in a kernel only, so it is removed at once. */
const newQueue: Calls = fc.constantFrom<Call[]>([['mq_open', '/orcN', 'O_RDWR|O_CREAT'], ['-mqclean']]);

export const namelessCalls: Calls = fc.oneof(
  { weight: 4, arbitrary: call('o=mq_open', values('/orc1'), opening) },
  { weight: 1, arbitrary: newQueue },
  { weight: 1, arbitrary: call('mq_getattr', values('%o')) },
  { weight: 1, arbitrary: call('fstat', values('%o', '%m')) },
  { weight: 1, arbitrary: call('fchmod', values('%o', '%m'), values('600', '666')) },
  { weight: 3, arbitrary: call('m=memfd', values('one', 'two')) },
  { weight: 2, arbitrary: call('reopen', values('%m'), values('O_RDONLY', 'O_RDWR')) },
  { weight: 2, arbitrary: call('mmap', values('%m'), values('r', 'rw', 'rx'), values('private', 'shared')) },
  { weight: 1, arbitrary: call('ftruncate', values('%m'), values(0, 8)) },
  { weight: 1, arbitrary: call('write', values('%m'), values('x')) },
  { weight: 1, arbitrary: call('flock', values('%m'), values('LOCK_EX|LOCK_NB')) },
  // IORING_SETUP_SQPOLL
  { weight: 3, arbitrary: call('io_uring', values(0, 2, 2)) },
);

/** The last calls of a process. */
export const underground: Calls = fc
  .tuple(fc.constantFrom('@C/b', '@C/b/s', '@C/c'), fc.constantFrom('f', 'g', 'n1', 's/f', '../a/f'))
  .map(([root, name]): Call[] => [
    ['chroot', root],
    ['open', '/f', 'O_RDWR'],
    ['open', name, 'O_RDWR'],
    ['mkdir', 'n2'],
    ['list', '.'],
    ['chmod', 'g', '600'],
    ['chdir', '/'],
    ['open', 'g', 'O_RDONLY|O_NONBLOCK'],
  ]);
