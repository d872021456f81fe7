/**
 * Receives a notified system call, gives access to its arguments, and answers it; one at a time.
 *
 * Model: struct seccomp_notif, seccomp_notif_resp and seccomp_notif_addfd (include/uapi/linux/seccomp.h) in native memory, reused for every
 * call. The caller stays blocked until it is answered or killed. Exactly one answer per call; ENOENT (the caller was killed) is no error.
 */
import { NR } from '../../host/libc.ts';
import { allocateNative } from '../../host/memory/native-memory.ts';
import { rawSyscall } from '../../host/raw-syscall.ts';
import { ERRNO } from '../../linux/errno.ts';
import { O_CLOEXEC } from '../../linux/fcntl.ts';
import { type CallerFd, callerFd, tidOf } from '../../linux/ids.ts';
import {
  SECCOMP_IOCTL_NOTIF_ADDFD,
  SECCOMP_IOCTL_NOTIF_ID_VALID,
  SECCOMP_IOCTL_NOTIF_RECV,
  SECCOMP_IOCTL_NOTIF_SEND,
  SECCOMP_IOCTL_NOTIF_SET_FLAGS,
} from '../../linux/ioctl.ts';
import {
  SECCOMP_ADDFD_FLAG_SEND,
  SECCOMP_ADDFD_FLAG_SETFD,
  SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP,
  SECCOMP_USER_NOTIF_FLAG_CONTINUE,
} from '../../linux/seccomp.ts';

const NOTIF_SIZE = 80;
const PID = 8;
const SYSCALL_NUMBER = 16;
const ARGUMENTS = 32;
const RESPONSE = NOTIF_SIZE;
const VALUE = RESPONSE + 8;
const ERROR = RESPONSE + 16;
const FLAGS = RESPONSE + 20;
const ADDFD = RESPONSE + 24;

export class Notification {
  readonly listener: number;
  readonly #memory = allocateNative(ADDFD + 24);
  readonly #request: number;
  readonly #view: DataView;
  #answered = true;
  #result: number | undefined;
  /** Caches ask for it several times in a call. */
  #id: bigint | undefined;
  /** Thread id of the caller in our pid namespace; 0 when it is not visible there. */
  tid = tidOf(0);
  /** Number of the system call. */
  number = 0;
  /** Called before the caller goes on. */
  beforeAnswer: () => void = () => {};

  constructor(listener: number) {
    this.listener = listener;
    this.#request = this.#memory.address;
    this.#view = this.#memory.view;
  }

  /** Replies switch to the caller on the same CPU. Absent before 6.6. */
  preferSynchronousWakeUp(): boolean {
    return rawSyscall(NR.ioctl, this.listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) === 0;
  }

  /** Waits for a call. @returns 0 or a negative errno. */
  receive(): number {
    this.#memory.bytes.fill(0, 0, NOTIF_SIZE); // the kernel refuses anything but zeroes
    const result = rawSyscall(NR.ioctl, this.listener, SECCOMP_IOCTL_NOTIF_RECV, this.#request);
    if (result < 0) return result;
    this.#begin();
    return 0;
  }

  #begin(): void {
    this.tid = tidOf(this.#view.getUint32(PID, true));
    this.number = this.#view.getInt32(SYSCALL_NUMBER, true);
    this.#answered = false;
    this.#result = undefined;
    this.#id = undefined;
  }

  /** SECCOMP_IOCTL_NOTIF_ID_VALID: the caller still waits, so {@link tid} was not reused. The id is the first field of the request. */
  get waiting(): boolean {
    return rawSyscall(NR.ioctl, this.listener, SECCOMP_IOCTL_NOTIF_ID_VALID, this.#request) === 0;
  }

  /** Id of the notification, for a late answer. */
  get id(): bigint {
    this.#id ??= this.#view.getBigUint64(0, true);
    return this.#id;
  }

  /** Leaves the call unanswered here: a late answer follows. */
  leave(): void {
    this.#answered = true;
  }

  /** The call, to be {@link restore}d. */
  copy(): Uint8Array {
    return this.#memory.bytes.slice(0, NOTIF_SIZE);
  }

  /** One that was left becomes the current call again. */
  restore(request: Uint8Array): void {
    this.#memory.bytes.set(request, 0);
    this.#begin();
  }

  get answered(): boolean {
    return this.#answered;
  }

  /** What an answered call returns: a value or a negative errno; `undefined` = the kernel goes on with it, or an answer follows. */
  get result(): number | undefined {
    return this.#result;
  }

  /** Argument as a C `int`. */
  int(index: number): number {
    return this.#view.getInt32(ARGUMENTS + 8 * index, true);
  }

  /** Argument that is a descriptor of the caller. */
  fd(index: number): CallerFd {
    return callerFd(this.int(index));
  }

  low(index: number): number {
    return this.#view.getUint32(ARGUMENTS + 8 * index, true);
  }

  high(index: number): number {
    return this.#view.getUint32(ARGUMENTS + 8 * index + 4, true);
  }

  isNull(index: number): boolean {
    return this.low(index) === 0 && this.high(index) === 0;
  }

  /** SECCOMP_USER_NOTIF_FLAG_CONTINUE: the kernel continues with the call. */
  proceed(): void {
    this.#answer(0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
  }

  succeed(value: number): void {
    this.#answer(value, 0, 0);
  }

  /** @param errno positive */
  fail(errno: number): void {
    this.#answer(0, -errno, 0);
  }

  /** The call returns a new descriptor of the caller for our open file `fd`. @returns 0 or a negative errno; then nothing was answered. */
  handOut(fd: number, closeOnExec: boolean): number {
    const view = this.#view;
    view.setUint32(ADDFD, view.getUint32(0, true), true);
    view.setUint32(ADDFD + 4, view.getUint32(4, true), true);
    view.setUint32(ADDFD + 8, SECCOMP_ADDFD_FLAG_SEND, true);
    view.setUint32(ADDFD + 12, fd, true);
    view.setUint32(ADDFD + 16, 0, true);
    view.setUint32(ADDFD + 20, closeOnExec ? O_CLOEXEC : 0, true);
    this.beforeAnswer();
    const result = rawSyscall(NR.ioctl, this.listener, SECCOMP_IOCTL_NOTIF_ADDFD, this.#request + ADDFD);
    if (result < 0 && result !== -ENOENT) return result;
    this.#answered = true;
    if (result >= 0) this.#result = result;
    return 0;
  }

  /** Descriptor `number` of the caller becomes our open file `fd`; the call is not answered. @returns 0 or a negative errno. */
  replace(number: number, fd: number, closeOnExec = false): number {
    const view = this.#view;
    view.setUint32(ADDFD, view.getUint32(0, true), true);
    view.setUint32(ADDFD + 4, view.getUint32(4, true), true);
    view.setUint32(ADDFD + 8, SECCOMP_ADDFD_FLAG_SETFD, true);
    view.setUint32(ADDFD + 12, fd, true);
    view.setUint32(ADDFD + 16, number, true);
    view.setUint32(ADDFD + 20, closeOnExec ? O_CLOEXEC : 0, true);
    const result = rawSyscall(NR.ioctl, this.listener, SECCOMP_IOCTL_NOTIF_ADDFD, this.#request + ADDFD);
    return Math.min(result, 0);
  }

  #answer(value: number, error: number, flags: number): void {
    const view = this.#view;
    view.setUint32(RESPONSE, view.getUint32(0, true), true);
    view.setUint32(RESPONSE + 4, view.getUint32(4, true), true);
    view.setInt32(VALUE, value, true);
    view.setInt32(VALUE + 4, value < 0 ? -1 : 0, true);
    view.setInt32(ERROR, error, true);
    view.setUint32(FLAGS, flags, true);
    this.#answered = true;
    if ((flags & SECCOMP_USER_NOTIF_FLAG_CONTINUE) === 0) this.#result = error === 0 ? value : error;
    this.beforeAnswer();
    rawSyscall(NR.ioctl, this.listener, SECCOMP_IOCTL_NOTIF_SEND, this.#request + RESPONSE);
  }
}

const { ENOENT } = ERRNO;
