/**
 * Sends notifications to the kernel, one at a time and never from the serving thread itself.
 *
 * A notification can have to wait inside write(2) for a page or directory that is locked until we answer some request: sent synchronously
 * that is a deadlock which not even SIGKILL ends. So they go through `fs.write` (libuv's thread pool), and one by one, because each one
 * that waits holds a pool thread. What is still queued is replaced by a newer message with the same key, which bounds the queue.
 * A request that must not be answered before the notification (a write that changed the tree) waits with `whenSent`, for a limited time: if
 * the notification waits for the lock of a directory whose holder waits for that very writer, only the answer resolves the deadlock. On a
 * busy machine a notification also waits for a processor, which does not count: its writer would see what was before (send-patience.ts).
 * The descriptor is a duplicate of its own, so that it cannot be closed (and its number reused) under a write in the pool.
 */
import { closeSync, write } from 'node:fs';
import { duplicate } from '../../host/files/descriptors.ts';
import { NR } from '../../host/libc.ts';
import { isWaitedIn } from '../../host/process/thread-calls.ts';
import { LOOKS, SendPatience } from './send-patience.ts';

/**
 * ENOENT: the kernel has no such node or name cached, so there is nothing to correct. ENOTDIR, ENOTEMPTY, EBUSY: a name
 * that was to be deleted is no directory any more, still in use or mounted on; it has been voided all the same. The
 * rest: the connection has ended.
 */
const EXPECTED: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EBUSY', 'ENODEV', 'ENOTCONN']);
/** Sending takes some 50 microseconds; what takes this long is blocked. */
const PATIENCE_MS = 50;

export class Notifier {
  /** Ours until the end. */
  readonly fd: number;
  readonly #onTrace: (text: string) => void;
  readonly #patienceMs: number;
  readonly #queue = new Map<string, Buffer>();
  #sending = false;
  /** Serial of the last message that was sent. */
  #message = 0;
  #closing = false;
  #closed = false;
  readonly #whenClosed: (() => void)[] = [];
  readonly #whenSent = new Set<() => void>();
  /** performance.now() */
  #heldUntil = 0;
  #removing = false;

  /** @param patienceMs how long {@link whenSent} waits for a message that is blocked. */
  constructor(deviceFd: number, onTrace: (text: string) => void, patienceMs = PATIENCE_MS) {
    this.fd = duplicate(deviceFd);
    this.#onTrace = onTrace;
    this.#patienceMs = patienceMs;
  }

  /** `key` names what the message is about: a later message with the same key makes a waiting one superfluous. */
  send(key: string, message: Buffer): void {
    if (this.#closing) return;
    this.#queue.delete(key);
    this.#queue.set(key, message);
    this.#next();
  }

  /**
   * Something was removed. What the kernel was told of it may count until then, as performance.now(): `whenSent` waits for that, too.
   */
  holdUntil(time: number): void {
    this.#removing = true;
    this.#heldUntil = Math.max(this.#heldUntil, time);
  }

  /** Has who removed something no answer yet? */
  get removing(): boolean {
    return this.#removing && this.busy;
  }

  /** Is a message waiting or under way, or has what was told before not ended yet? */
  get busy(): boolean {
    return this.#sending || this.#queue.size > 0 || this.#heldUntil > performance.now();
  }

  /** Runs `callback` once when nothing is waiting or under way any more, or what is under way is blocked. */
  whenSent(callback: () => void): void {
    const once = () => {
      clearInterval(timer);
      if (this.#whenSent.delete(once)) callback();
    };
    const patience = new SendPatience(this.#message);
    const timer = setInterval(() => {
      if (patience.isOver(this.#message, () => this.#isBlocked())) once();
    }, this.#patienceMs / LOOKS);
    this.#whenSent.add(once);
    this.#next();
  }

  /** Drops what waits, and closes the descriptor as soon as nothing is under way; then `whenClosed` runs. */
  close(whenClosed: () => void): void {
    this.#queue.clear();
    this.#whenClosed.push(whenClosed);
    this.#closing = true;
    if (!this.#sending) this.#finish();
  }

  /** Where that cannot be said it counts as blocked. */
  #isBlocked(): boolean {
    return isWaitedIn(NR.write, this.fd) ?? true;
  }

  #releaseWaiting(): void {
    this.#removing = false;
    for (const once of [...this.#whenSent]) once();
  }

  #finish(): void {
    this.#releaseWaiting();
    if (!this.#closed) closeSync(this.fd);
    this.#closed = true;
    for (const callback of this.#whenClosed.splice(0)) callback();
  }

  #next(): void {
    if (this.#sending) return;
    const first = this.#queue.entries().next();
    if (first.done) {
      const held = this.#heldUntil - performance.now();
      if (held <= 0) this.#releaseWaiting();
      else if (this.#whenSent.size > 0) setTimeout(() => this.#next(), Math.ceil(held));
      return;
    }
    const [key, message] = first.value;
    this.#queue.delete(key);
    this.#sending = true;
    this.#message++;
    write(this.fd, message, (error) => {
      this.#sending = false;
      if (error !== null && !EXPECTED.has(error.code ?? '')) {
        this.#onTrace(`notification ${key}: ${error.message}`);
      }
      if (this.#closing) this.#finish();
      else this.#next();
    });
  }
}
