/**
 * Calls that the worker leaves to the main thread, which answers them later: syslog(2) reading a log without new
 * messages; calls whose files are read first.
 *
 * With WAIT_KILLABLE_RECV only a fatal signal ends a received notification (host/seccomp/seccomp.ts), so after a moment
 * syslog(2) is answered as if a signal had interrupted it: readers of the log call again.
 */

import { NR } from '../../../host/libc.ts';
import { allocateNative } from '../../../host/memory/native-memory.ts';
import { RemoteMemory, WaitingError } from '../../../host/memory/remote-memory.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import type { Tid } from '../../../linux/ids.ts';
import { SECCOMP_IOCTL_NOTIF_ID_VALID, SECCOMP_IOCTL_NOTIF_SEND } from '../../../linux/ioctl.ts';
import { SECCOMP_USER_NOTIF_FLAG_CONTINUE } from '../../../linux/seccomp.ts';
import type { SyslogAnswer, SyslogRequest } from '../../kernel-files/kmsg/syslog.ts';
import { Hazards } from '../caller/hazards.ts';
import { HostAudit } from '../caller/host-audit.ts';
import { WaitingMemory } from '../caller/waiting-memory.ts';

const PATIENCE_MS = 1000;
/** struct seccomp_notif_resp: u64 id, s64 val, s32 error, u32 flags. */
const RESPONSE_SIZE = 24;

/** Memory of a caller that waits. */
export interface WaitingBuffer {
  readonly tid: Tid;
  /** Of the notification. */
  readonly id: bigint;
  /** Address, low and high 32 bits. */
  readonly low: number;
  readonly high: number;
  readonly size: number;
}

export interface WaitingRead extends Omit<WaitingBuffer, 'size'> {
  readonly request: SyslogRequest;
}

export interface LogSource {
  /** EAGAIN = nothing new. */
  read(waiting: WaitingRead): Result<SyslogAnswer>;
  /** `wake` is called once, when there may be something. @returns a function that ends the wait. */
  whenMore(wake: () => void): () => void;
}

export class LateAnswers {
  readonly #listener: number;
  readonly #source: LogSource;
  readonly #response = allocateNative(RESPONSE_SIZE);
  /** Id of the notification that is being answered. */
  #answered = 0n;
  readonly #hazards = new Hazards(undefined, new HostAudit());
  readonly #memory = new RemoteMemory(() => this.isWaiting(this.#answered), new WaitingMemory(this.#hazards));
  readonly #waiting = new Set<() => void>();
  /** No answers any more: the descriptor's number may be reused. */
  #closed = false;

  constructor(listener: number, source: LogSource) {
    this.#listener = listener;
    this.#source = source;
  }

  add(waiting: WaitingRead): void {
    let stopListening = (): void => undefined;
    const end = (): void => {
      stopListening();
      clearTimeout(timer);
      this.#waiting.delete(end);
    };
    const look = (): void => {
      const gone = !this.isWaiting(waiting.id);
      const answer = gone ? E.ESRCH : this.#source.read(waiting);
      if (answer === E.EAGAIN) {
        stopListening = this.#source.whenMore(look);
        return;
      }
      end();
      if (!gone) this.#answer(waiting, answer);
    };
    const timer = setTimeout(() => {
      end();
      this.#send(waiting.id, 0, E.EINTR);
    }, PATIENCE_MS);
    this.#waiting.add(end);
    look();
  }

  /** Answers a call with an errno; 0 = the kernel continues with it. */
  finish(id: bigint, errno: number): void {
    if (!this.#closed) this.#respond(id, 0, -errno, errno === 0 ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0);
  }

  /** Answers getxattr(2) or listxattr(2). */
  give({ id, tid, low, high, size }: WaitingBuffer, data: Result<Uint8Array>): void {
    if (this.#closed || !this.isWaiting(id)) return;
    if (failed(data)) this.#send(id, 0, data);
    else if (size === 0) this.#send(id, data.length);
    else if (size < data.length) this.#send(id, 0, E.ERANGE);
    else this.#deliver({ id, tid, low, high }, data, data.length);
  }

  /** To be called when no process of the world is left. */
  close(): void {
    this.#closed = true;
    for (const end of [...this.#waiting]) end();
  }

  #answer({ id, tid, low, high }: WaitingRead, answer: Result<SyslogAnswer>): void {
    if (failed(answer)) {
      this.#send(id, 0, answer);
      return;
    }
    this.#deliver({ id, tid, low, high }, Buffer.from(answer.data ?? '', 'latin1'), answer.value);
  }

  #deliver({ id, tid, low, high }: Omit<WaitingBuffer, 'size'>, data: Uint8Array, value: number): void {
    this.#answered = id;
    this.#hazards.forget();
    if (this.#write(tid, low, high, data)) this.#send(id, value);
    else this.#send(id, 0, E.EFAULT);
  }

  #write(tid: Tid, low: number, high: number, data: Uint8Array): boolean {
    try {
      return this.#memory.write(tid, low, high, data);
    } catch (error) {
      if (error instanceof WaitingError) return false;
      throw error;
    }
  }

  /** Is the caller still in this call? */
  isWaiting(id: bigint): boolean {
    this.#response.view.setBigUint64(0, id, true);
    return rawSyscall(NR.ioctl, this.#listener, SECCOMP_IOCTL_NOTIF_ID_VALID, this.#response.address) === 0;
  }

  /** An answer to a caller that has ended is no error. */
  #send(id: bigint, value: number, error?: Errno): void {
    this.#respond(id, value, error === undefined ? 0 : -error.number, 0);
  }

  #respond(id: bigint, value: number, error: number, flags: number): void {
    const { view, address } = this.#response;
    view.setBigUint64(0, id, true);
    view.setBigInt64(8, BigInt(value), true);
    view.setInt32(16, error, true);
    view.setUint32(20, flags, true);
    rawSyscall(NR.ioctl, this.#listener, SECCOMP_IOCTL_NOTIF_SEND, address);
  }
}
