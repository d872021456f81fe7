/**
 * Cache of what the main thread says about callers: by what they are judged (access-subject.ts).
 *
 * Model: valid for a thread in its program (task-stamps.ts) until the epoch moves, or its label or credentials change.
 */
import type { Tid } from '../../../linux/ids.ts';
import { NO_STAMP, type TaskStamps } from '../caller/task-stamps.ts';
import type { Notification } from '../notification.ts';
import type { Epoch } from '../protocol/epoch.ts';
import type { KnownSubject } from '../protocol/questions/access-subject.ts';
import type { Ask } from '../protocol/questions/index.ts';

const REMEMBERED = 8192;

export interface Subject extends KnownSubject {
  /** When it was asked for. */
  readonly epoch: number;
}

export class Subjects {
  readonly #tasks: Pick<TaskStamps, 'of'>;
  readonly #epoch: Pick<Epoch, 'now'>;
  readonly #ask: Ask;
  readonly #call: Pick<Notification, 'id'>;
  /** The call that changes something about its caller: what is asked during it does not hold after it. */
  #changing: bigint | undefined;
  /** What was found last, and for which call. */
  #last: { readonly call: bigint; readonly tid: Tid; readonly subject: Subject } | undefined;
  /** By stamp. */
  readonly #known = new Map<number, Subject>();

  constructor(tasks: Pick<TaskStamps, 'of'>, epoch: Pick<Epoch, 'now'>, ask: Ask, call: Pick<Notification, 'id'>) {
    this.#tasks = tasks;
    this.#epoch = epoch;
    this.#ask = ask;
    this.#call = call;
  }

  /** Of a thread that waits in a call; `undefined` = not known: no answer about it may be cached. */
  of(tid: Tid): Subject | undefined {
    const call = this.#call.id;
    if (this.#changing === call) return undefined;
    const epoch = this.#epoch.now;
    const last = this.#last;
    if (last?.call === call && last.tid === tid && last.subject.epoch === epoch) return last.subject;
    const subject = this.#find(tid, epoch);
    this.#last = subject && { call, tid, subject };
    return subject;
  }

  #find(tid: Tid, epoch: number): Subject | undefined {
    const stamp = this.#tasks.of(tid);
    if (stamp === NO_STAMP) return undefined;
    const known = this.#known.get(stamp);
    if (known?.epoch === epoch) return known;
    const found = this.#ask({ kind: 'access-subject', tid })?.value;
    if (found === undefined) return undefined;
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    const subject = { ...found, epoch };
    this.#known.set(stamp, subject);
    return subject;
  }

  /** To be called before the call changes its thread's label or credentials. */
  forget(tid: Tid): void {
    this.#changing = this.#call.id;
    this.#known.delete(this.#tasks.of(tid));
  }
}
