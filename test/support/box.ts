/**
 * A killable box around one command: its own session, a marker in the environment, a time-out that first collects evidence and then
 * kills everything the command started, and a health check afterwards. Whatever a test does to mounts and processes, it does in here.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { leakedDescriptors, openDescriptors } from './box/descriptors.ts';
import { collectEvidence } from './box/evidence.ts';
import { leftoverMounts } from './box/mounts.ts';
import { type BoxIdentity, boxMembers, MARKER, readProc } from './box/processes.ts';

export interface BoxOptions {
  readonly timeoutMs: number;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  /** How long the command's own clean-up (its daemon, say) may take after it exits; default 15000. */
  readonly graceMs?: number;
}

/** What outlived the command. All lists empty: healthy. */
export interface Leftovers {
  readonly processes: readonly string[];
  readonly mounts: readonly string[];
  readonly descriptors: readonly string[];
}

export interface BoxResult {
  readonly id: string;
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** Process tree, kernel stacks and mounts at the time-out; empty otherwise. */
  readonly evidence: string;
  readonly leftovers: Leftovers;
}

/** Where processors are emulated every limit is so many times as long. */
export const SLOWNESS = Number(process.env.LSMFS_TEST_SLOWNESS ?? 1);
/** How often the box looks again while it waits for processes to go. */
const POLL_MS = 20;
/** How long SIGKILL may take; a process that survives it sleeps uninterruptibly in the kernel. */
const KILL_MS = 5000 * SLOWNESS;

export function isClean(leftovers: Leftovers): boolean {
  return leftovers.processes.length + leftovers.mounts.length + leftovers.descriptors.length === 0;
}

/** Processes and mounts of a box that exist now. */
export function boxRemains(box: BoxIdentity): Pick<Leftovers, 'processes' | 'mounts'> {
  const members = boxMembers(box);
  return {
    processes: members.map((info) => {
      const command = (readProc(`/proc/${info.pid}/cmdline`) ?? '').replaceAll('\0', ' ').trim();
      return `${info.pid} (${info.state}) ${info.name}: ${command.slice(0, 200)}`;
    }),
    mounts: leftoverMounts(members.map((info) => info.pid)),
  };
}

/** Waits until the check holds or the time is over. */
async function within(milliseconds: number, holds: () => boolean): Promise<boolean> {
  const end = Date.now() + milliseconds;
  while (!holds()) {
    if (Date.now() >= end) return false;
    await sleep(POLL_MS);
  }
  return true;
}

function killMembers(box: BoxIdentity): number {
  const members = boxMembers(box);
  for (const info of members) {
    try {
      process.kill(info.pid, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
  return members.length;
}

/** Kills the box when this process is told to end; answers how to stop watching. */
function killOnSignal(box: BoxIdentity): () => void {
  const handlers = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => {
    const handler = () => {
      killMembers(box);
      process.removeListener(signal, handler);
      process.kill(process.pid, signal);
    };
    process.on(signal, handler);
    return { signal, handler };
  });
  return () => {
    for (const { signal, handler } of handlers) process.removeListener(signal, handler);
  };
}

/** SIGKILLs every member, again and again while killed ones still fork. */
async function killBox(box: BoxIdentity): Promise<void> {
  await within(KILL_MS, () => killMembers(box) === 0);
}

export async function runInBox(argv: readonly string[], options: BoxOptions): Promise<BoxResult> {
  const [command, ...rest] = argv;
  if (command === undefined) throw new Error('runInBox: no command');
  const before = openDescriptors();
  // Names that are ours without being a world's, such as a checkout called lsmfs that is mounted somewhere.
  const mountsBefore = new Set(leftoverMounts([]));
  const id = randomUUID();
  const child = spawn(command, rest, {
    detached: true,
    cwd: options.cwd,
    env: { ...process.env, ...options.env, [MARKER]: id },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const box: BoxIdentity = { id, leader: child.pid ?? -1 };
  const stopWatching = killOnSignal(box);
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  // A command that does not read its input is no error of the box.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');

  let exited = false;
  let closed = false;
  child.once('close', () => {
    closed = true;
  });
  const ended = new Promise<{ status: number | null; signal: string | null }>((resolve, reject) => {
    child.once('error', (error) => {
      stopWatching();
      reject(error);
    });
    child.once('exit', (status, signal) => {
      exited = true;
      resolve({ status, signal });
    });
  });
  const timer = new AbortController();
  const finished = await Promise.race([
    ended,
    sleep(options.timeoutMs * SLOWNESS, undefined, { signal: timer.signal }).catch(() => undefined),
  ]).finally(() => timer.abort());

  const timedOut = !exited;
  const evidence = timedOut ? collectEvidence(box) : '';
  if (!timedOut) await within((options.graceMs ?? 15_000) * SLOWNESS, () => boxMembers(box).length === 0);
  const outlived = timedOut ? undefined : boxRemains(box);
  await killBox(box);
  // After SIGKILL a process that never exits is stuck in the kernel: report, do not wait for it.
  await within(KILL_MS, () => exited && closed);
  stopWatching();
  child.stdin.destroy();
  child.stdout.destroy();
  child.stderr.destroy();
  await within(1000 * SLOWNESS, () => leakedDescriptors(before).length === 0);
  const remaining = boxRemains(box);
  return {
    id,
    status: finished?.status ?? null,
    signal: finished?.signal ?? (timedOut ? 'SIGKILL' : null),
    stdout: Buffer.concat(output).toString('utf8'),
    stderr: Buffer.concat(errors).toString('utf8'),
    timedOut,
    evidence,
    leftovers: {
      processes: outlived?.processes ?? remaining.processes,
      mounts: [...new Set([...(outlived?.mounts ?? []), ...remaining.mounts])].filter(
        (line) => !mountsBefore.has(line),
      ),
      descriptors: leakedDescriptors(before),
    },
  };
}
