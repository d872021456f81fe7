/** The calls that send signals: whom, and which. What the kernel itself refuses before it looks at the receivers is left to it. */
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { type Tid, tidOf } from '../../../linux/ids.ts';
import { LAST_SIGNAL, SI_TKILL } from '../../../linux/signal.ts';
import { taskGroup, taskNumber } from '../access/task-state.ts';
import type { Handler, WorkerContext } from '../context.ts';

/** struct siginfo: int si_signo, si_errno, si_code. */
const SIGINFO_CODE = 8;

/** What is done about a signal. Numbers of tasks and groups are those of our pid namespace. */
export interface SignalSink {
  /** @param process the one that the task is to be in; absent = any. */
  toTask(context: WorkerContext, signal: number, task: Tid, process?: Tid): void;
  /** A process group, whose members get it as far as the sender may. */
  toGroup(context: WorkerContext, signal: number, group: number): void;
  /** kill(-1) */
  toEverybody(context: WorkerContext, signal: number): void;
}

export type SignalCall = 'kill' | 'tkill' | 'tgkill' | 'rt_sigqueueinfo' | 'rt_tgsigqueueinfo' | 'pidfd_send_signal';

export function signalHandlers(sink: SignalSink): Readonly<Record<SignalCall, Handler>> {
  const toTask = (context: WorkerContext, signal: number, task: Tid | undefined, process?: Tid): void => {
    if (isSignal(signal) && task !== undefined) sink.toTask(context, signal, task, process);
  };
  const toNumber = (context: WorkerContext, number: number, signal: number): void => {
    if (number > 0) toTask(context, signal, taskNumber(context, number));
  };
  /** The first argument is a process, the second a thread of it, the third the signal. */
  const toThread = (context: WorkerContext): void => {
    const [group, number, signal] = [0, 1, 2].map((index) => context.call.int(index)) as [number, number, number];
    const process = group > 0 && number > 0 ? taskNumber(context, group) : undefined;
    if (process !== undefined) toTask(context, signal, taskNumber(context, number), process);
  };
  return {
    /** (pid, signal) */
    kill: (context) => {
      const { call, view } = context;
      const [number, signal] = [call.int(0), call.int(1)];
      if (number > 0 || !isSignal(signal)) toNumber(context, number, signal);
      else if (number === -1) sink.toEverybody(context, signal);
      else {
        const group = number === 0 ? taskGroup(view, call.tid)?.group : taskNumber(context, -number);
        if (group !== undefined) sink.toGroup(context, signal, group);
      }
    },
    /** (tid, signal) */
    tkill: (context) => toNumber(context, context.call.int(0), context.call.int(1)),
    /** (tgid, tid, signal) */
    tgkill: toThread,
    /** (pid, signal, siginfo) */
    rt_sigqueueinfo: (context) => {
      const { call } = context;
      if (fromUser(context, 2, () => taskNumber(context, call.int(0)))) toNumber(context, call.int(0), call.int(1));
    },
    /** (tgid, tid, signal, siginfo) */
    rt_tgsigqueueinfo: (context) => {
      if (fromUser(context, 3, () => taskNumber(context, context.call.int(1)))) toThread(context);
    },
    /** (pidfd, signal, siginfo, flags) */
    pidfd_send_signal: (context) => {
      const { call, view } = context;
      const info = view.readFile(AT_FDCWD, `/proc/${call.tid}/fdinfo/${call.fd(0)}`);
      // fdinfo of our procfs shows ids of our pid namespace: 0 = not in it, -1 = the process has ended.
      const target = Number(info === undefined ? undefined : /^Pid:\t(-?\d+)$/m.exec(info)?.[1]);
      if (target > 0 && (call.isNull(2) || fromUser(context, 2, () => tidOf(target))))
        toTask(context, call.int(1), tidOf(target));
    },
  };
}

const isSignal = (signal: number): boolean => signal >= 0 && signal <= LAST_SIGNAL;

/**
 * SI_FROMUSER(), and no si_code that rt_sigqueueinfo(2) refuses for another process.
 * @param target who gets the signal, by the number of our pid namespace.
 */
function fromUser({ call, memory }: WorkerContext, argument: number, target: () => Tid | undefined): boolean {
  const size = SIGINFO_CODE + 4;
  if (memory.read(call.tid, call.low(argument), call.high(argument), size) < size) return false;
  const code = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, size).getInt32(SIGINFO_CODE, true);
  if (code > 0) return false;
  return (code !== 0 && code !== SI_TKILL) || target() === call.tid;
}
