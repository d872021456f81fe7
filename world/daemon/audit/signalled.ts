/** Whom a signal reaches. */
import { fileText } from '../../../host/files/file-text.ts';
import { statusNumbers } from '../../../host/procfs/status.ts';
import type { Tgid } from '../../../linux/ids.ts';
import type { Stack } from '../../../lsm/library/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { SignalReceivers } from '../../supervisor/protocol/backend.ts';
import { namespaceOf } from './container-view.ts';

/** Is the process among those that a signal is sent to? */
export function isReceiver(
  { stack }: { readonly stack: Pick<Stack, 'tasks'> },
  process: Tgid,
  to: SignalReceivers,
  { tid, tgid }: Pick<Caller, 'tid' | 'tgid'>,
): boolean {
  if (to === 'everybody') {
    return process !== tgid && namespaceOf(process, 'pid') === namespaceOf(tid, 'pid');
  }
  // The first number is that of the pid namespace of procfs, which is ours.
  if ('group' in to) return statusNumbers(fileText(`/proc/${process}/status`) ?? '', 'NSpgid')[0] === to.group;
  return stack.tasks.find(to.task)?.process.tgid === process && (to.process === undefined || to.process === process);
}
