/**
 * Descriptors, limits and signal settings that this process inherited at its exec, to be restored for the command.
 *
 * Node changes much of it before any JavaScript runs: it marks inherited descriptors close-on-exec, raises the soft limit on open files,
 * ignores SIGPIPE and SIGXFSZ and forgets which signals were ignored. Descriptors can be told from Node's own by what they are. The
 * other two are lost, so the `lsmfs` start script notes them in LSMFS_INHERITED ("<soft limit> <SigIgn of /proc/self/status>"); without
 * it the parent's limit is taken, and no signal counts as ignored.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import { getLimit, isCloseOnExec } from '../../host/process/process.ts';
import { RLIMIT_NOFILE } from '../../linux/process.ts';
import { WorldError } from '../errors.ts';
import { restoreVariables } from './node-variables.ts';

export interface InheritedState {
  /** Descriptors to pass on. */
  readonly descriptors: readonly number[];
  readonly ignoredSignals: readonly number[];
  /** Soft limit on open files; absent = leave it. */
  readonly openFiles: bigint | undefined;
  /** Not one of {@link descriptors}: who starts the world for the next run waits at its other end for a byte (launch.pl). */
  readonly readyFd?: number;
}

export interface OpenDescriptor {
  readonly fd: number;
  /** As readlink(2) of /proc/self/fd/<fd> shows it. */
  readonly target: string;
  readonly closeOnExec: boolean;
}

const STANDARD = 2;
const NODE_KIND = /^anon_inode:\[(eventpoll|eventfd|io_uring|timerfd|inotify)\]$/;

/** `--jobserver-auth=3,4` of a parent make: a pipe of which we hold both ends, as Node does of its own. */
export function jobserverDescriptors(makeFlags: string | undefined): number[] {
  const match = /--jobserver-(?:auth|fds)=(\d+),(\d+)/.exec(makeFlags ?? '');
  return match === null ? [] : [Number(match[1]), Number(match[2])];
}

/** Those of `open` that came from our parent. A descriptor without close-on-exec cannot be Node's. */
export function inheritedDescriptors(open: readonly OpenDescriptor[], kept: readonly number[]): number[] {
  const ends = new Map<string, number>();
  for (const { target } of open) ends.set(target, (ends.get(target) ?? 0) + 1);
  const ofNode = ({ target }: OpenDescriptor): boolean =>
    NODE_KIND.test(target) ||
    /^\/proc\/\d+\/fd$/.test(target) ||
    (target.startsWith('pipe:') && (ends.get(target) ?? 0) > 1);
  return open.filter((d) => d.fd <= STANDARD || !d.closeOnExec || kept.includes(d.fd) || !ofNode(d)).map((d) => d.fd);
}

export interface StartNote {
  readonly openFiles: bigint | undefined;
  readonly ignoredSignals: readonly number[];
}

/** Reads LSMFS_INHERITED; `unlimited` leaves the limit as it is. */
export function parseStartNote(text: string | undefined): StartNote | undefined {
  const match = /^(\d{1,18}|unlimited) ([0-9a-f]{1,16})$/.exec(text ?? '');
  if (match === null) return undefined;
  const mask = BigInt(`0x${match[2]}`);
  const ignoredSignals: number[] = [];
  for (let signal = 1; signal <= 64; signal++) {
    if ((mask >> BigInt(signal - 1)) % 2n === 1n) ignoredSignals.push(signal);
  }
  return { openFiles: match[1] === 'unlimited' ? undefined : BigInt(match[1] ?? 0), ignoredSignals };
}

function parseReady(text: string | undefined): number | undefined {
  return /^\d{1,6}$/.test(text ?? '') ? Number(text) : undefined;
}

function descriptorNames(): string[] {
  try {
    return readdirSync('/proc/self/fd');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new WorldError(
      'unsupported-host',
      `/proc/self/fd cannot be read: ${code}.`,
      'Mount it: mount -t proc proc /proc',
    );
  }
}

function openDescriptors(): OpenDescriptor[] {
  const found: OpenDescriptor[] = [];
  for (const name of descriptorNames()) {
    const fd = Number(name);
    try {
      found.push({ fd, target: readlinkSync(`/proc/self/fd/${fd}`), closeOnExec: isCloseOnExec(fd) });
    } catch {
      // The descriptor with which the directory was read.
    }
  }
  return found;
}

function parentsLimit(): bigint | undefined {
  const ours = getLimit(0, RLIMIT_NOFILE);
  const parents = getLimit(process.ppid, RLIMIT_NOFILE);
  return ours !== undefined && parents?.hard === ours.hard ? parents.soft : undefined;
}

/** Descriptors to pass on. Must run before this program opens anything that outlives the call. */
export function passedOn(): number[] {
  return inheritedDescriptors(openDescriptors(), jobserverDescriptors(process.env.MAKEFLAGS));
}

/** For a process of this program that is started instead of this one, before {@link captureInheritedState}. */
export function environmentOfChild(): NodeJS.ProcessEnv {
  const { LSMFS_INHERITED = `${parentsLimit() ?? 'unlimited'} 0` } = process.env;
  return { ...process.env, LSMFS_INHERITED };
}

/** Must run before this program opens anything that outlives the call. */
export function captureInheritedState(): InheritedState {
  const note = parseStartNote(process.env.LSMFS_INHERITED);
  const ready = parseReady(process.env.LSMFS_READY_FD);
  delete process.env.LSMFS_INHERITED;
  delete process.env.LSMFS_READY_FD;
  restoreVariables(process.env);
  return {
    descriptors: passedOn().filter((fd) => fd !== ready),
    ...(ready === undefined ? {} : { readyFd: ready }),
    ignoredSignals: note?.ignoredSignals ?? [],
    openFiles: note === undefined ? parentsLimit() : note.openFiles,
  };
}
