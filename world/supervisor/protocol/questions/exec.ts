/** A thread is about to execute a file. */
import type { Tid } from '../../../../linux/ids.ts';
import type { ExecCall, LoaderFacts } from '../../../../lsm/framework/events.ts';
import type { FileFacts } from '../../../../lsm/framework/files/file-facts.ts';
import { hasKnownFilesystem } from '../../../../lsm/framework/files/inode.ts';
import { WaitingDecision, withoutWaiting } from '../../../../lsm/framework/waiting-decision.ts';
import type { Doubts } from '../exec-in-doubt.ts';
import { completed, ownedFor } from './default-context.ts';
import { doubtsOf } from './failed-exec.ts';
import { type Answering, type ErrnoAnswer, errnoAnswer, ofCaller } from './question.ts';

export interface ExecQuestion {
  readonly tid: Tid;
  /** Of the notification. */
  readonly id: bigint;
  /** All of it, if the call can wait for a decision. */
  readonly request?: Uint8Array;
  /** With all of its security and other xattrs: modules may attach domains by any. */
  readonly file: FileFacts;
  /** Path of the file; see `deleted` and `disconnected`. */
  readonly path: string;
  /** As the caller named it. */
  readonly filename: string;
  readonly deleted: boolean;
  readonly disconnected: boolean;
  readonly nosuid: boolean;
  readonly linkPath?: string;
  readonly argv?: readonly string[];
  /** Of a script: the interpreters, in the order in which they are opened. */
  readonly interpreters: readonly FileFacts[];
  readonly noNewPrivs: boolean;
  /** TracerPid; 0 = not traced. */
  readonly tracer: Tid;
  /** As ExecCall has it. */
  readonly mapped?: readonly number[];
  readonly loader?: LoaderFacts;
}

interface ExecAnswer extends ErrnoAnswer, Doubts {
  /** The program may have another label. */
  readonly changes?: true;
  /** The program must not trust its environment (AT_SECURE). */
  readonly secure?: true;
  /** The same need not be asked again: the number by which it is announced (program-announcements.ts). */
  readonly repeatable?: number;
  /** The call is to be left (left-calls.ts), and asked about once more when it is settled. */
  readonly later?: true;
}

export const exec: Answering<ExecQuestion, ExecAnswer> = ofCaller(
  ({ backend, waiting }, question: ExecQuestion, caller) => {
    const { tid, id, request } = question;
    const { file, path, filename, deleted, disconnected, nosuid, linkPath, argv, noNewPrivs, tracer, mapped, loader } =
      question;
    const call: ExecCall = {
      ...{ filename, deleted, disconnected, nosuid, noNewPrivs, fsuid: caller.uid },
      interpreters: question.interpreters.map((interpreter) => completed(backend, interpreter, caller)),
      ...(linkPath !== undefined && { linkPath }),
      ...(argv && { argv }),
      ...(tracer > 0 && { tracer }),
      ...(mapped && { mapped }),
      ...(loader && { loader: { ...loader, file: completed(backend, loader.file, caller) } }),
    };
    const facts = hasKnownFilesystem(file.inode)
      ? completed(backend, file, caller)
      : { ...file, inode: ownedFor(backend, file.inode, caller) };
    const program = { ...facts, path, call };
    const waited = waiting.take(id, program);
    const decision = backend.execution(program, caller, waited);
    if (decision instanceof WaitingDecision && request !== undefined) {
      const call = { id, tid, user: backend.userFor(caller), request, file: program, decision };
      if (waiting.add(call)) return { errno: 0, later: true };
    }
    // What would have to be waited for is refused, as nobody answers.
    const refused = withoutWaiting(decision);
    if (refused !== undefined) return errnoAnswer(refused);
    const changes = backend.files.execMayChangeLabel(program, caller);
    const secure = backend.files.execIsSecure(program, caller);
    const repeatable = backend.repeatable(program, caller, changes || secure);
    return {
      errno: 0,
      ...(changes && { changes }),
      ...(secure && { secure }),
      ...(repeatable === undefined ? doubtsOf(backend) : { repeatable }),
    };
  },
);
