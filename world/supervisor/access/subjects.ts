/**
 * Cache of what the main thread says about callers: by what they are judged (access-subject.ts).
 *
 * Model: valid for a thread in its program (task-stamps.ts) until the epoch moves, or its label or credentials change.
 * While all tasks of the world are judged by the same (`alike`) nobody is asked about a new one with the same credentials;
 * the main thread moves the generation (program-announcements.ts) when that may end.
 */
import type { Tid } from '../../../linux/ids.ts';
import type { LabelScope } from '../../../lsm/framework/access/access-scope.ts';
import { NO_STAMP, type TaskStamps } from '../caller/task-stamps.ts';
import type { Notification } from '../notification.ts';
import type { Epoch } from '../protocol/epoch.ts';
import type { ProgramAnnouncements } from '../protocol/program-announcements.ts';
import type { KnownSubject } from '../protocol/questions/access-subject.ts';
import type { Ask } from '../protocol/questions/index.ts';

const REMEMBERED = 8192;

export interface Subject extends Omit<KnownSubject, 'alike'> {
  /** When it was asked for. */
  readonly epoch: number;
  /** It is in our user namespace, which a thread leaves by calls that are notified; `false` also where that is not known. */
  readonly inOurUserNamespace: boolean;
  /** In how many calls it was asked about. */
  calls: number;
}

/** What a subject that all have depends on. To be made before the main thread is asked. */
interface Circumstances {
  readonly epoch: number;
  readonly generation: number;
  readonly credentials: string;
}

export interface SubjectsHost {
  readonly tasks: Pick<TaskStamps, 'of'>;
  readonly epoch: Pick<Epoch, 'now'>;
  readonly announcements: Pick<ProgramAnnouncements, 'generation'>;
  readonly ask: Ask;
  readonly call: Pick<Notification, 'id'>;
  /** By which the modules may judge a thread besides; `undefined` = it has others in its user namespace. */
  credentials(tid: Tid): string | undefined;
}

export class Subjects {
  readonly #host: SubjectsHost;
  /** The call that changes something about its caller: what is asked during it does not hold after it. */
  #changing: bigint | undefined;
  /** How often callers have changed what they are judged by. */
  changes = 0;
  /** What was found last, and for which call. */
  #last: { readonly call: bigint; readonly tid: Tid; readonly subject: Subject } | undefined;
  /** By stamp. */
  readonly #known = new Map<number, Subject>();
  /** The one that all have. */
  #alike: (Circumstances & { readonly value: KnownSubject }) | undefined;

  constructor(host: SubjectsHost) {
    this.#host = host;
  }

  /** Of a thread that waits in a call; `undefined` = not known: no answer about it may be cached. */
  of(tid: Tid): Subject | undefined {
    const call = this.#host.call.id;
    if (this.#changing === call) return undefined;
    const epoch = this.#host.epoch.now;
    const last = this.#last;
    if (last?.call === call && last.tid === tid && last.subject.epoch === epoch) return last.subject;
    const subject = this.#find(tid, epoch);
    if (subject !== undefined) subject.calls++;
    this.#last = subject && { call, tid, subject };
    return subject;
  }

  #find(tid: Tid, epoch: number): Subject | undefined {
    const stamp = this.#host.tasks.of(tid);
    if (stamp === NO_STAMP) return undefined;
    const known = this.#known.get(stamp);
    if (known?.epoch === epoch) return known;
    // Before the main thread is asked.
    const { generation } = this.#host.announcements;
    const credentials = this.#host.credentials(tid);
    const found = this.#alikeOr(tid, epoch, generation, credentials);
    if (found === undefined) return undefined;
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    // Each with the same fields in the same order, whoever it is: what V8 compiles for one holds for all.
    const { number, scope, noted, kept } = found;
    const inOurUserNamespace = credentials !== undefined;
    const subject: Subject = { number, scope, noted, kept, epoch, inOurUserNamespace, calls: 0 };
    this.#known.set(stamp, subject);
    return subject;
  }

  #alikeOr(tid: Tid, epoch: number, generation: number, credentials: string | undefined): KnownSubject | undefined {
    const { ask } = this.#host;
    const alike = this.#alike;
    const holds = alike?.epoch === epoch && alike.generation === generation && alike.credentials === credentials;
    if (holds) return alike.value;
    const value = ask({ kind: 'access-subject', tid })?.value;
    if (value?.alike === true && credentials !== undefined) this.#alike = { epoch, generation, credentials, value };
    return value;
  }

  /** Do the modules judge each thread with the credentials of this one as this one? {@link of} has met it in this call. */
  isLikeAll(tid: Tid): boolean {
    const { announcements, credentials, epoch } = this.#host;
    const alike = this.#alike;
    if (alike?.epoch !== epoch.now || alike.generation !== announcements.generation) return false;
    return alike.credentials === credentials(tid) && alike.value.number === this.of(tid)?.number;
  }

  /** To be called before the call changes its thread's label or credentials. */
  forget(tid: Tid): void {
    this.changes++;
    this.#changing = this.#host.call.id;
    this.#known.delete(this.#host.tasks.of(tid));
  }
}

type ByLabels = Subject & { readonly scope: LabelScope };

/** `undefined` = its modules judge files by more than labels, or not at all. */
export function judgedByLabels(subject: Subject | undefined): ByLabels | undefined {
  return typeof subject?.scope === 'object' ? (subject as ByLabels) : undefined;
}
