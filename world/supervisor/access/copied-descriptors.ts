/**
 * Descriptors that are copies (dup(2), F_DUPFD) of one that was noted before a label changed: the same open file, which whoever
 * opened that one has opened. The kernel tells it (kcmp(2)) as long as the other one is open.
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import type { Tid } from '../../../linux/ids.ts';
import { KCMP_FILE } from '../../../linux/process.ts';
import { descriptorKey, type OpenDescriptor } from '../../../lsm/framework/files/open-descriptor.ts';
import type { WorkerContext } from '../context.ts';
import type { Mediator } from './mediator.ts';

/** Are two descriptors of a thread the same open file? */
export type IsSameFile = (tid: Tid, one: number, other: number) => boolean;

/** So many are compared for each; a caller can have noted a thousand of one file, and as many that are none of them. */
const MOST_COMPARED = 16;

const isSameFile: IsSameFile = (tid, one, other) => rawSyscall(NR.kcmp, tid, tid, KCMP_FILE, one, other) === 0;

/** A descriptor of the caller, with the number of the noted one that it is a copy of. */
export function withCopied<Open extends OpenDescriptor>(
  { call, mediator }: Pick<WorkerContext, 'call' | 'mediator'>,
  open: Open,
  isSame: IsSameFile = isSameFile,
): Open {
  const numbers = mediator === undefined ? [] : candidates(mediator, call.tid, open);
  if (numbers.length === 0) return open;
  const copyOf = numbers.slice(0, MOST_COMPARED).find((number) => isSame(call.tid, open.descriptor, number));
  if (copyOf !== undefined) return { ...open, copyOf };
  if (numbers.length > MOST_COMPARED) mediator?.unseen();
  return open;
}

/** Numbers of noted descriptors of the same file with the same access mode, where it was not noted itself. */
function candidates(mediator: Mediator, tid: Tid, open: OpenDescriptor): readonly number[] {
  const noted = mediator.subjects.of(tid)?.noted ?? [];
  if (noted.length === 0 || noted.includes(descriptorKey(open))) return [];
  return noted.flatMap((key) => {
    const number = Number.parseInt(key, 10);
    return descriptorKey({ descriptor: number, identity: open.identity }) === key ? [number] : [];
  });
}
