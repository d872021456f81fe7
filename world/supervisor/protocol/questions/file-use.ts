import { bytesOf } from '../../../../linux/bytes.ts';
import { CAP } from '../../../../linux/capability.ts';
import { E, type Result } from '../../../../linux/errno.ts';
import { MAY_EXEC } from '../../../../linux/fs.ts';
import { type Caller, capable } from '../../../../vfs/tree/caller.ts';
import type { FileUseQuestion, LateVerdict, ReportedUse, Settlement } from '../../uses/reported-use.ts';
import type { SupervisorBackend } from '../backend.ts';
import { type Answering, type ErrnoAnswer, ofCaller } from './question.ts';

interface FileUseAnswer extends ErrnoAnswer {
  /** The caller is answered by the main thread once its files have been read. */
  readonly later?: boolean;
  readonly settlements?: readonly (Settlement | undefined)[];
}

/** The modules' decision about files that are about to be used. */
export const fileUse: Answering<FileUseQuestion, FileUseAnswer> = ofCaller(({ backend, late }, question, caller) => {
  const { id, tid, asked } = question;
  const verdict = backend.fileUse(question, caller);
  if (!(verdict instanceof Promise)) return verdict;
  const executesAgain = question.uses.some(isOfExec) ? backend.executionAgain(caller) : undefined;
  const answer = ({ errno, file }: LateVerdict): void => {
    // Another thread of the process may have announced another program meanwhile.
    if (executesAgain !== undefined && errno === 0 && late.isWaiting(id)) executesAgain();
    const given = asked === undefined || errno !== 0 ? undefined : attributes(backend, asked.name, file, caller);
    if (asked === undefined || given === undefined) late.finish(id, errno);
    else late.give({ id, tid, ...asked }, given);
  };
  void verdict.then(answer).catch(() => late.finish(id, 0));
  return { errno: 0, later: true };
});

/** Does execve(2) use the file so? */
function isOfExec({ hook, mask, program }: ReportedUse): boolean {
  return program !== undefined || hook === 'exec' || hook === 'creds' || (hook === 'open' && mask === MAY_EXEC);
}

/** What the caller reads of them; `undefined` = what the host says. */
function attributes(
  { files }: SupervisorBackend,
  name: string | undefined,
  { inode }: LateVerdict['file'],
  caller: Caller,
): Result<Uint8Array> | undefined {
  if (name !== undefined) {
    const { given } = files.readXattr(inode, name, caller);
    return given === E.EOPNOTSUPP ? undefined : given;
  }
  const stored = Object.keys(inode.xattrs);
  const visible = files.visibleNames(stored, caller);
  if (visible.join() === stored.join()) return undefined;
  const trusted = capable(caller, CAP.SYS_ADMIN);
  const names = [...visible.filter((seen) => trusted || !seen.startsWith('trusted.')), ...files.listXattr(caller)];
  return bytesOf([...new Set(names)].map((seen) => `${seen}\0`).join(''));
}
