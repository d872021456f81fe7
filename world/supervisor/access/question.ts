/**
 * May a system call do to files what it is about to do: the question of a supervisor's thread, and the daemon's answer.
 */
import type { AccessCheck, AccessVerdict, NewName } from '../../../lsm/framework/access/access.ts';
import type { TaskId } from '../../../lsm/framework/events.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { InodeClass, InodeFacts } from '../../../lsm/framework/files/inode.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Answer } from '../protocol/questions.ts';

export interface AccessQuestion {
  readonly kind: 'access';
  readonly tid: number;
  readonly checks: readonly AccessCheck[];
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
  const known = new Map<FileFacts, FileFacts>();
  const labelled = <T extends { readonly class: InodeClass }>(inode: T, path: string): T => {
    const defaultContext = host.defaultContext(path, inode.class, caller);
    return defaultContext === undefined ? inode : { ...inode, defaultContext };
  };
  const complete = (file: FileFacts): FileFacts => {
    let found = known.get(file);
    if (found === undefined) {
      found = { ...file, inode: labelled(host.superblocks.complete(file.inode, file.device), file.path) };
      known.set(file, found);
    }
    return found;
  };
  const completed = ({ about, ...rest }: AccessCheck): AccessCheck => {
    const files = Object.entries(about).flatMap(([name, value]) => (isFile(value) ? [[name, complete(value)]] : []));
    const { directory, made } = about as Partial<NewName>;
    const name = directory && made && labelled(made, `${directory.path.replace(/\/$/, '')}/${made.name}`);
    return { ...rest, about: { ...about, ...Object.fromEntries(files), ...(name && { made: name }) } } as AccessCheck;
  };
  const { refused, silent, subject } = host.access.decide(checks.map(completed), caller);
  if (refused !== undefined) return { errno: refused.number, value: 0 };
  if (!silent || subject === undefined) return { errno: 0, value: 0 };
  return { errno: 0, value: 0, subject: host.access.subjectNumber(subject) };
}

function isFile(value: unknown): value is FileFacts {
  return typeof value === 'object' && value !== null && 'device' in value && 'inode' in value;
}
