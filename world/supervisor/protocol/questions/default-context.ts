import type { TaskId } from '../../../../lsm/framework/events.ts';
import type { FileFacts } from '../../../../lsm/framework/files/file-facts.ts';
import type { InodeClass } from '../../../../lsm/framework/files/inode.ts';
import type { SupervisorBackend } from '../backend.ts';

/** A file, or one to be made, with what file_contexts say of its path. */
export function withDefaultContext<T extends { readonly class: InodeClass }>(
  backend: Pick<SupervisorBackend, 'defaultContext'>,
  inode: T,
  path: string,
  caller: TaskId,
): T {
  const defaultContext = backend.defaultContext(path, inode.class, caller);
  return defaultContext === undefined ? inode : { ...inode, defaultContext };
}

/** The file with what is known of it here. */
export function completed(
  backend: Pick<SupervisorBackend, 'defaultContext' | 'superblocks'>,
  { inode, path, device, mode }: FileFacts,
  caller: TaskId,
): FileFacts {
  const complete = withDefaultContext(backend, backend.superblocks.complete(inode, device), path, caller);
  return { path, device, mode, inode: complete };
}
