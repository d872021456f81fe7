/** Mediation of one system call: the checks of all its objects. */
import type { Tid } from '../../../../linux/ids.ts';
import type { AccessCheck } from '../../../../lsm/framework/access/access.ts';
import type { NewName } from '../../../../lsm/framework/access/file-access.ts';
import type { FileFacts } from '../../../../lsm/framework/files/file-facts.ts';
import { completed, ownedFor, withDefaultContext } from './default-context.ts';
import { type Answering, DONE, type ErrnoAnswer, errnoAnswer, ofCaller } from './question.ts';

interface AccessQuestion {
  readonly tid: Tid;
  readonly checks: readonly AccessCheck[];
}

interface AccessAnswer extends ErrnoAnswer {
  /** All is allowed to tasks with an equal subject (access-subject.ts) until the epoch moves. Absent = it is not, or is recorded. */
  readonly silent?: boolean;
}

export const access: Answering<AccessQuestion, AccessAnswer> = ofCaller(({ backend }, { checks }, caller) => {
  const known = new Map<FileFacts, FileFacts>();
  const complete = (file: FileFacts): FileFacts => {
    let found = known.get(file);
    if (found === undefined) {
      found = completed(backend, file, caller);
      known.set(file, found);
    }
    return found;
  };
  const completeCheck = ({ about, otherwise, ...rest }: AccessCheck): AccessCheck => {
    const seen = (value: unknown): unknown => {
      if (isFile(value)) return complete(value);
      return isNewFile(value) ? ownedFor(backend, value, caller) : value;
    };
    const files = Object.entries(about).map(([name, value]): [string, unknown] => [name, seen(value)]);
    const { directory, made } = about as Partial<NewName>;
    const path = directory && made && `${directory.path.replace(/\/$/, '')}/${made.name}`;
    const name = path !== undefined && made && withDefaultContext(backend, made, path, caller);
    const instead = otherwise && { otherwise: otherwise.map(completeCheck) };
    return {
      ...rest,
      ...instead,
      about: { ...about, ...Object.fromEntries(files), ...(name && { made: name }) },
    } as AccessCheck;
  };
  const { refused, silent } = backend.access.decide(checks.map(completeCheck), caller);
  if (refused !== undefined) return errnoAnswer(refused);
  return silent ? { errno: 0, silent } : DONE;
});

/** A file that is about to be made. */
function isNewFile(value: unknown): value is { readonly path: string; readonly uid: number } {
  return typeof value === 'object' && value !== null && 'path' in value && 'uid' in value;
}

function isFile(value: unknown): value is FileFacts {
  return typeof value === 'object' && value !== null && 'device' in value && 'inode' in value;
}
