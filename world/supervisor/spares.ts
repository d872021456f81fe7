/**
 * Who takes the calls of a listener while a call holds the thread that should (held-watch.ts).
 *
 * Model: a spare is a second reader of the same listener. It leaves calls of the process that holds the thread to the kernel, and knows
 * nothing of calls that were under way: label options and contexts of mounts that were begun are lost, files that were being made keep the
 * label that they have. It takes up calls that have waited for a decision (left-calls.ts), but new ones do not wait: they are refused.
 * When it is held, too, another one leaves all calls to the kernel, so nobody can hold that. When the first thread is free again, spares
 * take no more calls, which only that one knows all about (but one that comes between their look whether it is free and their taking it),
 * and end.
 */
import type { Tgid, Tid } from '../../linux/ids.ts';
import { type CallClock, type ClockedCall, LAST_GONE, RELIEVED } from './protocol/call-clock.ts';

/** The process whose calls a spare leaves to the kernel; `undefined` = it has ended. */
export type Left = Tgid | 'everybody' | undefined;

/** A thread that takes calls. */
export interface Taker {
  /** Serial of the call that holds it; `undefined` = none does. */
  readonly heldIn: number | undefined;
  readonly clock: Pick<CallClock, 'caller' | 'relieve' | 'relieved' | 'serial' | 'shared'>;
  /** With the reason. Never rejects. */
  readonly ended: Promise<string>;
}

export interface SparesHost {
  readonly first: () => Taker;
  /** Starts one. @param held the call that holds the first thread: until that is done with it the spare takes calls. */
  start(left: Left, held: ClockedCall): Taker;
  /** `undefined` when it is gone. */
  processOf(caller: Tid): Tgid | undefined;
  /** No process is left behind the listener. */
  lastGone(): void;
  /** After a moment, for what failed. */
  later(retry: () => void): void;
  log(text: string): void;
}

export class Spares {
  readonly #host: SparesHost;
  /** One looks at calls, one at none. */
  readonly #spares: { looking?: Taker | undefined; blind?: Taker | undefined } = {};
  #closed = false;

  constructor(host: SparesHost) {
    this.#host = host;
  }

  /** A call holds this thread now, or does so no more. */
  changed({ clock, heldIn }: Taker): void {
    const process = this.#host.processOf(clock.caller);
    const holder =
      heldIn === undefined || process === undefined || clock.serial !== heldIn ? '' : ` by process ${process}`;
    this.#host.log(
      heldIn === undefined ? 'supervisor: a thread is free again' : `supervisor: a thread is held${holder}`,
    );
    this.#arrange();
  }

  /** No further ones. */
  close(): void {
    this.#closed = true;
  }

  /** Sees to it that one thread takes calls, and looks at them if it can be had. */
  #arrange(): void {
    const { looking, blind } = this.#spares;
    if (this.#host.first().heldIn === undefined) for (const spare of [looking, blind]) spare?.clock.relieve();
    else if (this.#closed) return;
    else if (looking === undefined) this.#start('looking');
    else if (looking.heldIn === undefined) blind?.clock.relieve();
    else if (blind === undefined) this.#start('blind');
  }

  #start(kind: 'blind' | 'looking'): void {
    const { clock, heldIn = 0 } = this.#host.first();
    if (kind === 'blind') this.#host.log('supervisor: two threads are held: no call is supervised meanwhile');
    const left = kind === 'blind' ? 'everybody' : this.#host.processOf(clock.caller);
    const spare = this.#host.start(left, { clock: clock.shared, serial: heldIn });
    this.#spares[kind] = spare;
    void spare.ended.then((reason) => this.#ended(kind, reason));
  }

  #ended(kind: 'blind' | 'looking', reason: string): void {
    this.#spares[kind] = undefined;
    if (reason === LAST_GONE) this.#host.lastGone();
    else if (reason === RELIEVED) this.#arrange();
    else {
      this.#host.log(`supervisor: a spare thread ended: ${reason}`);
      this.#host.later(() => this.#arrange());
    }
  }
}
