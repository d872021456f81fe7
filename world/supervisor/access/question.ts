/**
 * May a system call do to files what it is about to do: the question of a supervisor's thread, and the daemon's answer.
 */
import type { AccessCheck, AccessedFile, AccessVerdict, NewName } from '../../../lsm/framework/access/access.ts';
import type { TaskId } from '../../../lsm/framework/events.ts';
import type { InodeClass, InodeFacts } from '../../../lsm/framework/files/inode.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { FileFacts, UnlistedFile } from '../caller/file-facts.ts';
import type { Answer } from '../protocol/questions.ts';

/** A file as the supervisor sees it. */
export type SeenFile = FileFacts & Pick<UnlistedFile, 'mode' | 'uid'>;
export type SeenCheck = AccessCheck<SeenFile>;

export interface AccessQuestion {
  readonly kind: 'access';
  readonly tid: number;
  readonly checks: readonly SeenCheck[];
}

export interface AccessAnswer extends Answer {
  /** Number of who asks: who has the same is answered the same, until the epoch moves. Absent = this answer is for once. */
  readonly subject?: number;
}

export interface AccessBackend {
  decide(checks: readonly AccessCheck[], caller: Caller): AccessVerdict;
  /** The number of what decides of a task, as long as the world exists. */
  subjectNumber(subject: string): number;
}

export interface AccessHost {
  readonly access: AccessBackend;
  readonly superblocks: { complete(inode: InodeFacts, device: string): InodeFacts };
  defaultContext(path: string, objectClass: InodeClass, caller: TaskId): string | undefined;
}

export function answerAccess(host: AccessHost, { checks }: AccessQuestion, caller: Caller): AccessAnswer {
  const known = new Map<SeenFile, AccessedFile>();
  const labelled = <T extends { readonly class: InodeClass }>(inode: T, path: string): T => {
    const defaultContext = host.defaultContext(path, inode.class, caller);
    return defaultContext === undefined ? inode : { ...inode, defaultContext };
  };
  const complete = (file: SeenFile): AccessedFile => {
    let found = known.get(file);
    if (found === undefined) {
      const { path, mode, uid } = file;
      found = { path, mode, uid, inode: labelled(host.superblocks.complete(file.inode, file.device), path) };
      known.set(file, found);
    }
    return found;
  };
  const completed = ({ about, ...rest }: SeenCheck): AccessCheck => {
    const files = Object.entries(about).flatMap(([name, value]) => (isSeen(value) ? [[name, complete(value)]] : []));
    const { directory, made } = about as Partial<NewName<SeenFile>>;
    const name = directory && made && labelled(made, `${directory.path.replace(/\/$/, '')}/${made.name}`);
    return { ...rest, about: { ...about, ...Object.fromEntries(files), ...(name && { made: name }) } } as AccessCheck;
  };
  const { refused, silent, subject } = host.access.decide(checks.map(completed), caller);
  if (refused !== undefined) return { errno: refused.number, value: 0 };
  if (!silent || subject === undefined) return { errno: 0, value: 0 };
  return { errno: 0, value: 0, subject: host.access.subjectNumber(subject) };
}

function isSeen(value: unknown): value is SeenFile {
  return typeof value === 'object' && value !== null && 'device' in value && 'inode' in value;
}
