/**
 * Clocks that wake the machine: alarm_timer_create() and alarm_timer_nsleep() of kernel/time/alarmtimer.c, and fs/timerfd.c, Linux 6.12.
 * timerfd_settime(2) asks, too, but cannot be told from that of other timers by its arguments.
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { CAP } from '../../../linux/capability.ts';
import {
  CLOCK_BOOTTIME_ALARM,
  CLOCK_REALTIME_ALARM,
  SIGEV_NONE,
  SIGEV_SIGNAL,
  SIGEV_THREAD,
  SIGEV_THREAD_ID,
  SIGEVENT,
  TIME_SIZE,
  TIMER_ABSTIME,
} from '../../../linux/clock.ts';
import { O_CLOEXEC, O_NONBLOCK } from '../../../linux/fcntl.ts';
import { LAST_SIGNAL } from '../../../linux/signal.ts';
import type { SyscallName } from '../../../linux/syscall-numbers.ts';
import { capabilityCheck, refuse } from '../access/calls.ts';
import type { Handler, WorkerContext } from '../context.ts';
import type { SupervisedCall } from './supervised-call.ts';

const NOTIFICATIONS: readonly number[] = [SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD, SIGEV_THREAD_ID];

function asks(context: WorkerContext): void {
  const { call, view } = context;
  if (view.isInOurUserNamespace(call.tid)) refuse(context, capabilityCheck(context, CAP.WAKE_ALARM));
}

/** alarmtimer_get_rtcdev(): without a clock that can wake the machine such timers are EOPNOTSUPP. */
const canWake = (): boolean => rawSyscall(NR.clock_getres, CLOCK_REALTIME_ALARM, 0) === 0;

/** (clock, struct sigevent, place for the number) */
const timer_create: Handler = (context) => {
  const { call, memory } = context;
  if (!call.isNull(1)) {
    const size = memory.read(call.tid, call.low(1), call.high(1), SIGEVENT.SIZE);
    if (size < SIGEVENT.SIZE) return; // EFAULT
    const event = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, size);
    const [signal, notify] = [SIGEVENT.SIGNAL, SIGEVENT.NOTIFY].map((at) => event.getInt32(at, true)) as [
      number,
      number,
    ];
    const isSignal = signal > 0 && signal <= LAST_SIGNAL;
    if (!NOTIFICATIONS.includes(notify) || (notify !== SIGEV_NONE && !isSignal)) return; // EINVAL
  }
  if (memory.read(call.tid, call.low(2), call.high(2), 4) === 4 && canWake()) asks(context);
};

/** (clock, flags, time, place for what remains) */
const clock_nanosleep: Handler = (context) => {
  const { call, memory } = context;
  if (memory.read(call.tid, call.low(2), call.high(2), TIME_SIZE) < TIME_SIZE) return;
  const time = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, TIME_SIZE);
  const [seconds, fraction] = [time.getBigInt64(0, true), time.getBigInt64(8, true)];
  const isValid = seconds >= 0n && fraction >= 0n && fraction < 1_000_000_000n;
  if (isValid && (call.low(1) & ~TIMER_ABSTIME) === 0 && canWake()) asks(context);
};

/** (clock, flags) */
const timerfd_create: Handler = (context) => {
  if ((context.call.low(1) & ~(O_CLOEXEC | O_NONBLOCK)) === 0) asks(context);
};

const handlers = { timer_create, clock_nanosleep, timerfd_create } satisfies Partial<Record<SyscallName, Handler>>;

export const calls: readonly SupervisedCall[] = Object.entries(handlers).flatMap(([name, handle]) =>
  [CLOCK_REALTIME_ALARM, CLOCK_BOOTTIME_ALARM].map((clock) => ({
    name: name as SyscallName,
    when: 'mediate-capabilities' as const,
    rule: [{ argument: 0, is: clock }],
    handle,
  })),
);
