import type { TaskId } from '../../../../lsm/framework/events.ts';
import type { FileFacts } from '../../../../lsm/framework/files/file-facts.ts';
import type { InodeClass } from '../../../../lsm/framework/files/inode.ts';
import type { SupervisorBackend } from '../backend.ts';

/** Adds the default label of the path (file_contexts) to a file, existing or new. */
export function withDefaultContext<T extends { readonly class: InodeClass }>(
  backend: Pick<SupervisorBackend, 'defaultContext'>,
  inode: T,
  path: string,
  caller: TaskId,
): T {
  const defaultContext = backend.defaultContext(path, inode.class, caller);
  return defaultContext === undefined ? inode : { ...inode, defaultContext };
}

/** Adds the daemon's facts: label options of the mount, kept attributes, the owner as modules see it, the default label. */
export function completed(
  backend: Pick<SupervisorBackend, 'defaultContext' | 'superblocks' | 'ownerFor'>,
  { inode, ...file }: FileFacts,
  caller: TaskId,
): FileFacts {
  const owned = ownedFor(backend, backend.superblocks.complete(inode, file.device), caller);
  return { ...file, inode: withDefaultContext(backend, owned, file.shownAt ?? file.path, caller) };
}

/** Replaces the owner by the one that the modules of the caller are to see. */
export function ownedFor<T extends { readonly uid: number; readonly owner?: number }>(
  backend: Pick<SupervisorBackend, 'ownerFor'>,
  file: T,
  { tid }: TaskId,
): T {
  const uid = backend.ownerFor(file.uid, tid);
  return uid === file.uid ? file : { ...file, uid, owner: file.uid };
}
