/**
 * The file `members` in a world's directory: its processes, written by the daemon, for commands that run after it was killed.
 *
 * Format: JSON, `{"boot": "ID", "pidNamespace": "pid:[N]", "members": [[pid, start time, since, inode]]}`. Pid and start time, or
 * the inode in pidfs where that is not null, identify a process until the machine starts again, when both are counted anew;
 * children that it made after `since`, in clock ticks like the start time, belong to the world.
 */

import { closeSync, readFileSync, readlinkSync, renameSync, writeFileSync } from 'node:fs';
import { uptime } from 'node:os';
import path from 'node:path';
import { systemCall } from '../../host/libc.ts';
import { openProcess } from '../../host/process/process.ts';
import { tgidOf } from '../../linux/ids.ts';
import { USER_HZ } from '../../linux/process.ts';
import { SIGKILL, SIGSTOP } from '../../linux/signal.ts';
import { allProcesses } from '../tracking/proc-tree.ts';
import type { WorldDirectory } from './directory.ts';
import { isAlive, type TrackedProcess, trackProcess } from './process-id.ts';

export interface Member extends TrackedProcess {
  readonly since: number;
}

const sendSignal = systemCall('pidfd_send_signal', ['int', 'int', 'void *', 'uint']);

export function ticksNow(): number {
  return Math.floor(uptime() * USER_HZ);
}

export function writeMembers({ path: directory }: WorldDirectory, members: readonly Member[]): void {
  const rows = members.map(({ pid, startTime, since, inode }) => [pid, startTime, since, inode ?? null]);
  const temporary = path.join(directory, 'members.new');
  writeFileSync(temporary, `${JSON.stringify({ ...here(), members: rows })}\n`, { mode: 0o600 });
  renameSync(temporary, path.join(directory, 'members'));
}

/** Where and when numbers of processes mean what they say. */
interface PidScope {
  /** random(4): boot_id. */
  readonly boot: string;
  readonly pidNamespace: string;
}

function here(): PidScope {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  return { boot, pidNamespace: readlinkSync('/proc/self/ns/pid') };
}

/** Empty when there is no file, or the ids are of another pid namespace than ours, or from before the machine started. */
export function readMembers(world: WorldDirectory): Member[] {
  try {
    return parseMembers(textOf(world), here());
  } catch {
    return [];
  }
}

/** Were they written by a daemon in our pid namespace? */
export function recordedHere(world: WorldDirectory): boolean {
  try {
    return listIn(textOf(world), here()) !== undefined;
  } catch {
    return false;
  }
}

const textOf = (world: WorldDirectory): string => world.readFile('members')?.toString('utf8') ?? '';

/** @throws SyntaxError */
function listIn(text: string, { boot, pidNamespace }: PidScope): { readonly members?: unknown } | undefined {
  const value = JSON.parse(text) as Partial<Record<'boot' | 'pidNamespace' | 'members', unknown>> | null;
  return value?.boot === boot && value.pidNamespace === pidNamespace ? value : undefined;
}

/** @throws SyntaxError */
export function parseMembers(text: string, scope: PidScope): Member[] {
  const value = listIn(text, scope);
  if (value === undefined || !Array.isArray(value.members)) return [];
  return value.members.flatMap((row: unknown) => {
    const [pid, startTime, since, inode] = Array.isArray(row) ? (row as unknown[]) : [];
    return isCount(pid) && isCount(startTime) && isCount(since) && pid > 1
      ? [{ pid: tgidOf(pid), startTime, since, inode: typeof inode === 'string' ? inode : undefined }]
      : [];
  });
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/**
 * Kills the members that still live and their descendants, and no other process. All are stopped before the first is
 * killed, so that none can fork meanwhile.
 */
export function killMembers(recorded: readonly Member[]): void {
  const living = recorded.filter((member) => isAlive(member));
  const found = new Map(living.map((member) => [member.pid, member]));
  for (let known = -1; known !== found.size; ) {
    known = found.size;
    for (const member of found.values()) signal(member, SIGSTOP);
    for (const child of childrenOf(found)) found.set(child.pid, child);
  }
  for (const member of found.values()) signal(member, SIGKILL);
}

function childrenOf(members: ReadonlyMap<number, Member>): Member[] {
  return allProcesses().flatMap(({ pid, parent }) => {
    const maker = members.get(parent);
    if (maker === undefined || members.has(pid)) return [];
    const child = trackProcess(pid);
    if (child === undefined) return [];
    // One whose start cannot be read is of the world when all that its maker made is.
    const isOlder = child.startTime === 0 ? maker.since > maker.startTime : child.startTime < maker.since;
    return isOlder ? [] : [{ ...child, since: child.startTime || ticksNow() }];
  });
}

/** By a pidfd, that it is this process and no later one with its number. One that has ended is no error. */
export function signal(process: TrackedProcess, number: number): void {
  const pidfd = openProcess(process.pid);
  if (pidfd < 0) return;
  if (isAlive(process)) sendSignal(pidfd, number, null, 0);
  closeSync(pidfd);
}
