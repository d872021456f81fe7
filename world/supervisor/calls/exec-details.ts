/**
 * Facts of an execve(2) that only some modules use: the symbolic link by which the program was called, and its arguments.
 */

import { O_NOFOLLOW } from '../../../linux/fcntl.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import type { WorkerContext } from '../context.ts';

/** More arguments than these are not read. */
const ARGUMENTS = 64;
const POINTER = 8;

export interface ExecDetails {
  readonly linkPath?: string;
  readonly argv?: readonly string[];
}

/**
 * @param path of the program, links followed.
 * @param argument which of the call's arguments is `argv`.
 */
export function execDetails(
  context: WorkerContext,
  dirfd: CallerFd,
  name: string,
  path: string,
  argument: number,
): ExecDetails {
  const argv = readArguments(context, argument);
  const linkPath = calledBy(context, dirfd, name, path);
  return { ...(argv && { argv }), ...(linkPath !== undefined && { linkPath }) };
}

/** `undefined` where the program was called by its own name. */
function calledBy(
  { call, files, view }: WorkerContext,
  dirfd: CallerFd,
  name: string,
  path: string,
): string | undefined {
  const last = (text: string): string => text.slice(text.lastIndexOf('/') + 1);
  if (name === '' || last(name) === last(path)) return undefined;
  const link = view.resolveForCaller(call.tid, dirfd, name, O_NOFOLLOW);
  if (link < 0) return undefined;
  const linkPath = files.pathOf(link);
  view.close(link);
  return linkPath === path ? undefined : linkPath;
}

/** `undefined` when they cannot be read: execve(2) fails then, too. */
function readArguments({ call, memory }: WorkerContext, argument: number): readonly string[] | undefined {
  const [low, high] = [call.low(argument), call.high(argument)];
  if (low === 0 && high === 0) return [];
  const count = memory.read(call.tid, low, high, ARGUMENTS * POINTER);
  if (count <= 0) return undefined;
  // The buffer is reused by the next read.
  const pointers = Buffer.from(memory.bytes.subarray(0, count - (count % POINTER)));
  const argv: string[] = [];
  for (let at = 0; at < pointers.length; at += POINTER) {
    const pointer = [pointers.readUInt32LE(at), pointers.readUInt32LE(at + 4)] as const;
    if (pointer[0] === 0 && pointer[1] === 0) return argv;
    const text = memory.readString(call.tid, ...pointer);
    if (typeof text === 'number') return undefined;
    argv.push(text);
  }
  return argv;
}
