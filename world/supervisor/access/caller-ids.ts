/** Ids that a caller names, in our user namespace. */
import type { Tid } from '../../../linux/ids.ts';
import { idHere } from '../caller/id-map.ts';
import type { WorkerContext } from '../context.ts';

/** `undefined` where the kernel says EINVAL (make_kuid()), or the caller has ended. */
export function callersId(
  { call, mediator, view }: WorkerContext,
  kind: 'uid' | 'gid',
  id: number,
): number | undefined {
  const reader = {
    isInOurUserNamespace: (tid: Tid) => (mediator ?? view).isInOurUserNamespace(tid),
    ownIdMap: (of: 'uid' | 'gid') => view.ownIdMap(of),
    readFile: (directory: number, path: string) => view.readFile(directory, path),
  };
  return idHere(reader, call.tid, kind, id >>> 0);
}
