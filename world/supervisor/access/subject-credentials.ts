/**
 * Credentials of tasks for files. Where capabilities are mediated each call that changes them is notified, so they are read once for a
 * program.
 */
import type { Tid } from '../../../linux/ids.ts';
import type { Credentials } from '../caller/acting-as.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { Subject } from './subjects.ts';

interface Known {
  readonly own: Credentials;
  /** Where they are others. */
  readonly real: Credentials | undefined;
}

export class SubjectCredentials {
  /** Dropped with the subjects. */
  readonly #known = new WeakMap<Subject, Known>();
  readonly #view: Pick<CallerView, 'callCredentials'>;
  readonly #subject: (tid: Tid) => Subject | undefined;

  /** @param subject `undefined` = its credentials may change unseen. */
  constructor(view: Pick<CallerView, 'callCredentials'>, subject: (tid: Tid) => Subject | undefined) {
    this.#view = view;
    this.#subject = subject;
  }

  /** `undefined` = it has ended. */
  of(tid: Tid): Credentials | undefined {
    const { callCredentials } = this.#view;
    return callCredentials.areOthers(tid) ? callCredentials.of(tid) : this.#find(tid)?.own;
  }

  /**
   * Runs `act` with the thread judged by its real ids, as access(2) does: access_override_creds() of fs/open.c.
   * @param act is told whether these are others than its own.
   */
  byRealIds(tid: Tid, act: (others: boolean) => void): void {
    const real = this.#find(tid)?.real;
    if (real === undefined) act(false);
    else this.#view.callCredentials.judgedBy(tid, real, () => act(true));
  }

  #find(tid: Tid): Known | undefined {
    const subject = this.#subject(tid);
    const known = subject && this.#known.get(subject);
    if (known !== undefined) return known;
    const { callCredentials } = this.#view;
    const own = callCredentials.of(tid);
    if (own === undefined) return undefined;
    const found = { own, real: callCredentials.otherReal(tid) };
    if (subject !== undefined) this.#known.set(subject, found);
    return found;
  }
}
