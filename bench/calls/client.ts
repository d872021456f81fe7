/** The C program that makes calls (client.c), outside or in a new world, and the CPU time of the world's daemon meanwhile. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

const LSMFS = path.resolve(import.meta.dirname, '../../bin/lsmfs');
const ENFORCED = 'load_policy; echo 1 > /sys/fs/selinux/enforce; exec "$@"';
/** SECCOMP_IOCTL_NOTIF_RECV as /proc/PID/task/TID/syscall has it: where the supervisor's thread waits. */
const RECEIVING = '0xc0502100';

/** Of the calls from one mark to the next, microseconds for each. */
export interface Stretch {
  readonly wall: number;
  /** CPU time of the supervisor's thread, and of all threads of the daemon; 0 outside. */
  readonly supervisor: number;
  readonly daemon: number;
}

/** Where the client is started: `state` is the state directory of its world, absent = outside. */
export interface Place {
  readonly client: string;
  readonly directory: string;
  readonly state?: string;
}

/** @param between run at each mark, before the calls of the stretch that follows. @returns a stretch for each mark. */
export async function stretches(
  { client, directory, state }: Place,
  kind: string,
  marks: readonly number[],
  between: (stretch: number) => Promise<void> | void = () => undefined,
): Promise<Stretch[]> {
  const call = [client, directory, kind, ...marks.map(String)];
  const world = [LSMFS, 'run', '--name=calls', '--lsm=selinux', '--', 'sh', '-c', ENFORCED, 'sh'];
  const [program = '', ...argv] = state === undefined ? call : [...world, ...call];
  const env = state === undefined ? process.env : { ...process.env, LSMFS_STATE_DIR: state };
  const child = spawn(program, argv, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  try {
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    await nextLine(lines);
    const daemon = state === undefined ? undefined : daemonOf(state);
    const found: Stretch[] = [];
    for (const [index, mark] of marks.entries()) {
      await between(index);
      const before = cpuTimes(daemon);
      child.stdin.write('\n');
      const [, nanoseconds] = (await nextLine(lines)).split(' ').map(Number);
      const after = cpuTimes(daemon);
      const calls = mark - (marks[index - 1] ?? 0);
      const spent = (thread: string): number => ((after.get(thread) ?? 0) - (before.get(thread) ?? 0)) / calls / 1000;
      found.push({
        wall: (nanoseconds ?? Number.NaN) / calls / 1000,
        supervisor: daemon === undefined ? 0 : spent(daemon.supervisor),
        daemon: [...after.keys()].reduce((sum, thread) => sum + spent(thread), 0),
      });
    }
    return found;
  } finally {
    await finish(child, ended);
  }
}

/** @param ended of the same child: that it has ended. */
async function finish(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.stdin?.end('\n');
  await ended;
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next();
  if (done === true) throw new Error('the client has ended');
  return value;
}

interface Daemon {
  readonly pid: number;
  /** The id of its thread. */
  readonly supervisor: string;
}

function daemonOf(state: string): Daemon {
  const record = JSON.parse(readFileSync(path.join(state, 'calls/world.json'), 'utf8')) as { owner: { pid: number } };
  const { pid } = record.owner;
  for (;;) {
    const supervisor = readdirSync(`/proc/${pid}/task`).find(
      (thread) => readFileSync(`/proc/${pid}/task/${thread}/syscall`, 'latin1').split(' ')[2] === RECEIVING,
    );
    if (supervisor !== undefined) return { pid, supervisor };
  }
}

/** Nanoseconds by thread: /proc/PID/task/TID/schedstat (Documentation/scheduler/sched-stats.rst). */
function cpuTimes(daemon: Daemon | undefined): Map<string, number> {
  if (daemon === undefined) return new Map();
  return new Map(
    readdirSync(`/proc/${daemon.pid}/task`).map((thread) => [
      thread,
      Number(readFileSync(`/proc/${daemon.pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]),
    ]),
  );
}
