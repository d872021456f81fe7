/**
 * Who takes the calls of a listener while a call holds the thread that should. That must not happen but where we know that
 * it can (docs/background/security.md).
 *
 * Model: a deputy is a second reader of the same listener. It does not look at calls of who holds a thread (culprits.ts):
 * the kernel continues with them. It knows nothing of calls that were under way: label options and contexts of mounts that
 * were begun are lost, files that were being made keep the label that they have. It takes up calls that have waited for a
 * decision (left-calls.ts), but new ones do not wait: they are refused. When a deputy is held,
 * too, another one follows; the last one looks at no call at all, so nobody can hold it. When the first thread is free
 * again its deputies take no more calls, which only that one knows all about (but one that comes between their look
 * whether it is free and their taking it), and end.
 */
import type { Tid } from '../../linux/ids.ts';
import type { Culprit } from './culprits.ts';
import { type CallClock, type ClockedCall, LAST_GONE, RELIEVED } from './protocol/call-clock.ts';

/** Deputies of one listener. */
const MOST_DEPUTIES = 7;

/** A thread that takes calls. */
export interface Taker {
  /** Serial of the call that holds it; `undefined` = none does. */
  readonly heldIn: number | undefined;
  readonly clock: Pick<CallClock, 'caller' | 'relieve' | 'relieved' | 'serial' | 'shared'>;
  /** With the reason. Never rejects. */
  readonly ended: Promise<string>;
}

export interface DeputiesHost {
  readonly first: () => Taker;
  /** Starts one. @param held the call that holds the first thread: until that is done with it the deputy takes calls. */
  start(culprits: readonly Culprit[] | 'everybody', held: ClockedCall): Taker;
  /** `undefined` when it is gone. */
  culpritOf(caller: Tid): Pick<Culprit, 'fsuid' | 'tgid'> | undefined;
  /** No process is left behind the listener. */
  lastGone(): void;
  /** After a moment, for what failed. */
  later(retry: () => void): void;
  log(text: string): void;
}

export class Deputies {
  readonly #host: DeputiesHost;
  readonly #deputies = new Set<Taker>();
  /** The one that looks at no call. */
  #blind: Taker | undefined;
  /** By the thread that each holds. */
  readonly #culprits = new Map<Taker, Culprit>();
  #closed = false;

  constructor(host: DeputiesHost) {
    this.#host = host;
  }

  /** A call holds this thread now, or does so no more. */
  changed(taker: Taker): void {
    const culprit = this.#culpritOf(taker);
    if (culprit === undefined) this.#culprits.delete(taker);
    else this.#culprits.set(taker, culprit);
    const who = culprit === undefined ? '' : ` by process ${culprit.tgid} of user ${culprit.fsuid}`;
    const isFree = taker.heldIn === undefined;
    this.#host.log(isFree ? 'supervisor: a thread is free again' : `supervisor: a thread is held${who}`);
    this.#arrange();
  }

  #culpritOf({ clock, heldIn }: Taker): Culprit | undefined {
    const found = heldIn === undefined ? undefined : this.#host.culpritOf(clock.caller);
    // Whose call it is can be read as long as the serial stays.
    if (found === undefined || heldIn === undefined || clock.serial !== heldIn) return undefined;
    return { tgid: found.tgid, fsuid: found.fsuid, clock: clock.shared, serial: heldIn };
  }

  /** No further ones. */
  close(): void {
    this.#closed = true;
  }

  /** Sees to it that one thread takes calls, and looks at them if it can be had. */
  #arrange(): void {
    const { clock, heldIn } = this.#host.first();
    if (heldIn === undefined) {
      for (const deputy of this.#deputies) deputy.clock.relieve();
      return;
    }
    const taking = [...this.#deputies].filter((deputy) => deputy.heldIn === undefined && !deputy.clock.relieved);
    if (taking.some((deputy) => deputy !== this.#blind)) this.#blind?.clock.relieve();
    else if (taking.length === 0 && this.#deputies.size < MOST_DEPUTIES && !this.#closed)
      this.#start({ clock: clock.shared, serial: heldIn });
  }

  #start(held: ClockedCall): void {
    const isLast = this.#deputies.size === MOST_DEPUTIES - 1;
    if (isLast) this.#host.log('supervisor: too many threads are held: no call is supervised meanwhile');
    const deputy = this.#host.start(isLast ? 'everybody' : [...this.#culprits.values()], held);
    this.#deputies.add(deputy);
    if (isLast) this.#blind = deputy;
    void deputy.ended.then((reason) => this.#ended(deputy, reason));
  }

  #ended(deputy: Taker, reason: string): void {
    this.#deputies.delete(deputy);
    this.#culprits.delete(deputy);
    if (this.#blind === deputy) this.#blind = undefined;
    if (reason === LAST_GONE) this.#host.lastGone();
    else if (reason === RELIEVED) this.#arrange();
    else {
      this.#host.log(`supervisor: a deputy ended: ${reason}`);
      this.#host.later(() => this.#arrange());
    }
  }
}
