/**
 * What workers ask the daemon's main thread, and how it answers from the backend.
 */
import type { GetSelfAttrInput, ListModulesInput, SetSelfAttrInput, SyscallAnswer } from '../../lsm/core/syscalls.ts';
import { E, failed, type Result } from '../../vfs/errno.ts';
import type { ProcessCall } from '../tracking/tracker.ts';
import type { SupervisorBackend } from './backend.ts';

export type Question =
  | { readonly kind: 'mount'; readonly tid: number; readonly type: string }
  | { readonly kind: 'list-modules'; readonly tid: number; readonly input: ListModulesInput }
  | { readonly kind: 'get-self-attr'; readonly tid: number; readonly input: GetSelfAttrInput }
  | { readonly kind: 'set-self-attr'; readonly tid: number; readonly input: SetSelfAttrInput }
  | { readonly kind: 'peer-label'; readonly tid: number; readonly peer: number }
  | { readonly kind: 'process-call'; readonly tid: number; readonly call: ProcessCall }
  | { readonly kind: 'log'; readonly text: string };

export interface Answer {
  /** Positive errno; 0 = success. */
  readonly errno: number;
  /** Return value of the system call, or a descriptor. */
  readonly value: number;
  /** New value of a `*size` argument. */
  readonly size?: number;
  readonly data?: Uint8Array;
}

/** Never throws: a bug in the stack becomes EIO and a line in the log. */
export function answerQuestion(backend: SupervisorBackend, question: Question): Answer {
  try {
    return answer(backend, question);
  } catch (error) {
    backend.log(`supervisor: ${question.kind}: ${error instanceof Error ? error.stack : String(error)}`);
    return plain(E.EIO);
  }
}

function answer(backend: SupervisorBackend, question: Question): Answer {
  if (question.kind === 'log') {
    backend.log(`supervisor: ${question.text}`);
    return plain(0);
  }
  backend.drain();
  if (question.kind === 'process-call') {
    backend.processCall(question.call, question.tid);
    return plain(0);
  }
  if (question.kind === 'list-modules') return stored(backend.syscalls.listModules(question.input));
  const caller = backend.identify(question.tid);
  if (caller === undefined) return plain(E.ESRCH);
  switch (question.kind) {
    case 'mount':
      return plain(backend.detachedMount(question.type, caller));
    case 'get-self-attr':
      return stored(backend.syscalls.getSelfAttr(question.input, caller));
    case 'set-self-attr': {
      const { attr, size, flags, ctx } = question.input;
      const text = ctx === undefined ? {} : { ctx: Buffer.from(ctx).toString('base64') };
      return plain(backend.apply({ kind: 'lsm_set_self_attr', attr, size, flags, caller, ...text }));
    }
    case 'peer-label': {
      const label = backend.peerLabel(question.peer);
      return failed(label) ? plain(label) : { errno: 0, value: 0, data: label };
    }
  }
}

function plain(result: Result<number>): Answer {
  return failed(result) ? { errno: result.number, value: 0 } : { errno: 0, value: result };
}

function stored({ result, size, data }: SyscallAnswer): Answer {
  return { ...plain(result), ...(size !== undefined && { size }), ...(data && { data }) };
}
