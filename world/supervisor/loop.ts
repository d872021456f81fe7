/**
 * The loop of one worker: receive a call, let its handler answer, until the last process under the filter is gone. A spare
 * (spares.ts) also ends when it is relieved.
 *
 * Model: the ioctl blocks, which is several times cheaper than poll(2) before each receive. Kernels before 6.11 do not
 * wake it when the last process ends, so there poll comes first. When a handler fails, the kernel continues with the
 * call, so the caller is never left waiting. It also does when reading an argument could block us (waiting-memory.ts).
 */
import { NR } from '../../host/libc.ts';
import { allocateNative } from '../../host/memory/native-memory.ts';
import { WaitingError } from '../../host/memory/remote-memory.ts';
import { rawSyscall } from '../../host/raw-syscall.ts';
import { ERRNO } from '../../linux/errno.ts';
import { tidOf } from '../../linux/ids.ts';
import { POLLERR, POLLHUP, POLLIN } from '../../linux/poll.ts';
import { takeRefused } from './access/inheritance.ts';
import { reachesHostAudit } from './caller/host-audit.ts';
import type { Handler, WorkerContext } from './context.ts';
import { LeftCalls } from './pending/left-calls.ts';
import { type CallClock, LAST_GONE, RELIEVED } from './protocol/call-clock.ts';
import type { Left } from './spares.ts';
import type { Urgency } from './urgency.ts';

/** Pause between two looks for a new file. */
const PAUSE_NS = 1_000_000n;
/** How soon a spare sees that it is relieved. */
const SPARE_LOOK_NS = 20_000_000n;
/** After these a root or a working directory may be elsewhere, and what is unmounted must not be open. */
const CHANGES_MOUNTS: ReadonlySet<number> = new Set([
  NR.chroot,
  NR.fsmount,
  NR.mount,
  NR.mount_setattr,
  NR.move_mount,
  NR.open_tree,
  NR.pivot_root,
  NR.setns,
  NR.umount2,
  NR.unshare,
]);
const NOTHING = new Uint8Array();
/** No thread has this id. */
const NOBODY = tidOf(-1);
const { EINTR, ENOBUFS, ENOENT, EPROTONOSUPPORT } = ERRNO;

/** struct pollfd: int fd, short events, short revents. */
class ListenerPoll {
  readonly #memory = allocateNative(8);
  /** struct timespec */
  readonly #pause = allocateNative(16);

  constructor(listener: number) {
    this.#memory.view.setInt32(0, listener, true);
    this.#memory.view.setInt16(4, POLLIN, true);
  }

  /** Waits for a call if `block`. @returns `false` when no process is left under the filter. */
  alive(block: boolean): boolean {
    const timeout = block ? 0 : this.#zeroTimeout.address;
    const result = rawSyscall(NR.ppoll, this.#memory.address, 1, timeout, 0, 0);
    if (result < 0) return result === -EINTR;
    return (this.#memory.view.getInt16(6, true) & (POLLHUP | POLLERR)) === 0;
  }

  /** Waits for a call, less than a second. @returns `false` when there was none; `true` also at the end. */
  within(nanoseconds: bigint): boolean {
    this.#pause.view.setBigInt64(8, nanoseconds, true);
    return rawSyscall(NR.ppoll, this.#memory.address, 1, this.#pause.address, 0, 0) !== 0;
  }

  /** Waits for less than a second. */
  pause(nanoseconds: bigint): void {
    this.#pause.view.setBigInt64(8, nanoseconds, true);
    rawSyscall(NR.ppoll, 0, 0, this.#pause.address, 0, 0);
  }

  readonly #zeroTimeout = allocateNative(16);
}

export interface Service {
  /** By system call number. */
  readonly table: readonly (Handler | undefined)[];
  /** {@link receiveWakesAtEnd} */
  readonly wakesAtEnd: boolean;
  readonly clock: Pick<CallClock, 'begin' | 'end' | 'relieved'>;
  /** Tells the main thread that a call has begun. */
  begun(): void;
  /** Absent = it is the first thread. */
  readonly spare?:
    | {
        readonly left: Left;
        /** Is the first thread still held? */
        isNeeded(): boolean;
      }
    | undefined;
  /** The fast path has decided otherwise than the handlers: the world ends. */
  differs?: boolean;
  /** Of the first thread; absent = it receives like any other thread does. */
  readonly urgency?: Pick<Urgency, 'raise' | 'lower'> | undefined;
}

/** @returns why it ended. */
export function serveCalls(context: WorkerContext, service: Service): string {
  if (service.spare === undefined) return serve(context, service);
  // What another thread remembers of callers does not hold for those whose label or rights change by calls that it does not see.
  context.epoch.move();
  try {
    return serve(context, service);
  } finally {
    context.epoch.move();
  }
}

function serve(context: WorkerContext, service: Service): string {
  const { call } = context;
  const { wakesAtEnd, clock, spare } = service;
  const poll = new ListenerPoll(call.listener);
  const { auditedCalls, deferredCalls, leftCalls, securePrograms } = context;
  const resume = (): void => answer(context, service);
  const { fastPath } = context;
  for (;;) {
    // Processes outside of the world can look at files at any time, so new and changed ones are completed without another call.
    const within = (pause: bigint): boolean =>
      auditedCalls.waits ? auditedCalls.wait(call.listener, pause) : poll.within(pause);
    for (let pause = pauseIn(context); pause !== undefined && !within(pause); pause = pauseIn(context)) {
      context.newLabels.complete(NOBODY);
      fastPath?.newFiles.complete(NOBODY);
      context.guard?.complete(NOBODY);
      context.fileUses?.completeNew(NOBODY);
      leftCalls?.resume(resume);
      deferredCalls.resume(resume);
      securePrograms.look();
    }
    securePrograms.look();
    leftCalls?.resume(resume);
    deferredCalls.resume(resume);
    if (spare !== undefined) {
      if (clock.relieved) return RELIEVED;
      if (!within(SPARE_LOOK_NS)) continue;
      if (!poll.alive(false)) return LAST_GONE;
      if (!spare.isNeeded()) {
        poll.pause(PAUSE_NS); // the first thread takes the call; it is relieved when the main thread sees that
        continue;
      }
    } else if (auditedCalls.waits) {
      if (!auditedCalls.wait(call.listener, undefined)) continue;
    } else if (!wakesAtEnd && !poll.alive(true)) return LAST_GONE;
    service.urgency?.raise();
    const received = call.receive();
    if (received === 0) answer(context, service);
    if (service.differs === true) return 'the fast path differs';
    if (received === 0) continue;
    if (received === -ENOENT && !poll.alive(false)) return LAST_GONE;
    else if (received !== -EINTR && received !== -ENOENT) return `receive failed: errno ${-received}`;
  }
}

/**
 * How long to wait for a call before something else is looked at; `undefined` = for ever. This and {@link answer} run once for each
 * supervised call: they make no objects.
 */
function pauseIn(context: WorkerContext): bigint | undefined {
  const { deferredCalls, fastPath, newLabels, fileUses, guard, leftCalls, securePrograms } = context;
  const turn = soonest(deferredCalls.pause, securePrograms.pause);
  const isFresh = newLabels.fresh || fastPath?.newFiles.fresh === true;
  if (isFresh || fileUses?.fresh === true || guard?.fresh === true) return sooner(PAUSE_NS, turn);
  return leftCalls?.any === true ? sooner(LeftCalls.LOOK_NS, turn) : turn;
}

function soonest(one: bigint | undefined, other: bigint | undefined): bigint | undefined {
  return one === undefined ? other : sooner(one, other);
}

function sooner(pause: bigint, turn: bigint | undefined): bigint {
  return turn !== undefined && turn < pause ? turn : pause;
}

function answer(context: WorkerContext, service: Service): void {
  const { call } = context;
  if (service.clock.begin(call.tid)) service.begun();
  context.tasks.forget();
  const verifies = context.fastPathMode === 'verify';
  const isFast = goesOnFast(context, service, verifies);
  if (isFast && !verifies) {
    if (!call.answered) call.proceed();
    service.clock.end();
    return;
  }
  service.urgency?.lower();
  try {
    context.view.forget(call.tid);
    context.memory.forget();
    if (context.mediator !== undefined) context.mediator.isSilent = true;
    if (!isLeft(context, service)) handle(context, service);
    if (isFast && differs(context)) service.differs = true;
  } catch (error) {
    if (error instanceof WaitingError) context.mediator?.unseen();
    else context.log(`system call ${call.number}: ${error instanceof Error ? error.stack : String(error)}`);
  }
  context.places.forget();
  context.view.forget();
  finish(context);
  service.clock.end();
}

/** A spare looks at each call: it stays for a few. */
function goesOnFast(context: WorkerContext, { spare }: Service, tries: boolean): boolean {
  const { call, fastPath, log } = context;
  if (fastPath === undefined || spare !== undefined) return false;
  if (CHANGES_MOUNTS.has(call.number)) fastPath.leave(call.tid);
  try {
    return fastPath.goesOn(tries);
  } catch (error) {
    log(`fast path, system call ${call.number}: ${error instanceof Error ? error.stack : String(error)}`);
    return false;
  }
}

/** Have the handlers decided otherwise than the fast path, or would they store another label? */
function differs({ call, fastPath, log, mediator, newLabels }: WorkerContext): boolean {
  const [stored] = newLabels.expected(call.tid);
  const expected = fastPath?.stores;
  const sameLabel =
    stored?.name === expected?.name && Buffer.compare(stored?.value ?? NOTHING, expected?.value ?? NOTHING) === 0;
  // Of attributes the handlers give what the host would give.
  const isGiven = call.answered && (call.result ?? 0) >= 0 && fastPath?.isOnAttributes === true;
  if ((!call.answered || isGiven) && mediator?.isSilent !== false && sameLabel) return false;
  const given = [0, 1, 2, 3].map((index) => call.low(index).toString(16)).join(' ');
  const found = call.answered ? `answered with ${call.result}` : mediator?.isSilent === false ? 'recorded' : 'labelled';
  log(`fast path: system call ${call.number} (${given}) of ${call.tid} is ${found} by the handlers`);
  return true;
}

/** Lets the kernel go on with a call that nobody has answered. */
function finish({ auditedCalls, call, hasAudit }: WorkerContext): void {
  // Not even where we had to leave the call alone: rules of a world would be rules of the host.
  if (!call.answered && reachesHostAudit(call)) call.fail(hasAudit ? ENOBUFS : EPROTONOSUPPORT);
  if (call.answered) auditedCalls.answered(call.result);
  else {
    auditedCalls.goesOn();
    call.proceed();
  }
}

function handle(context: WorkerContext, { table }: Service): void {
  const { auditedCalls, call } = context;
  try {
    context.newPrograms.complete(call.tid);
    if (context.newPrograms.isFirstCall(call.tid)) {
      takeRefused(context, call.tid);
      if (call.answered) return;
    }
    context.newMounts.complete(call.tid);
    context.changedData.complete(call.tid);
    context.newLabels.complete(call.tid);
    context.guard?.complete(call.tid);
    context.fileUses?.completeNew(call.tid);
    context.emulatedFsContexts.sweep();
    auditedCalls.begin();
    table[call.number]?.(context);
  } finally {
    if (!call.answered) reportUse(context);
  }
}

/** Is it a call that a spare leaves to the kernel? */
function isLeft({ call, view }: WorkerContext, { spare }: Service): boolean {
  if (spare?.left === undefined) return false;
  return spare.left === 'everybody' || view.status(call.tid)?.tgid === spare.left;
}

/** Reports the file uses of a call that no handler has answered. */
function reportUse({ fileUses, log }: WorkerContext): void {
  try {
    fileUses?.report();
  } catch (error) {
    if (!(error instanceof WaitingError)) log(`use of a file: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

/** Since 6.11 a blocked receive returns when the last process under the filter has ended. @param release as of uname(2). */
export function receiveWakesAtEnd(release: string): boolean {
  const [major = 0, minor = 0] = release.split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 11);
}
