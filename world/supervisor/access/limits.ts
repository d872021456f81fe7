/** Resource limits of a task, from /proc/<tid>/limits. */
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { CallerView } from '../caller/caller-view.ts';

/** By RLIMIT_*, as fs/proc/base.c names them. */
const NAMES = [
  ['Max cpu time', 'Max file size', 'Max data size', 'Max stack size', 'Max core file size', 'Max resident set'],
  ['Max processes', 'Max open files', 'Max locked memory', 'Max address space', 'Max file locks'],
  ['Max pending signals', 'Max msgqueue size', 'Max nice priority', 'Max realtime priority', 'Max realtime timeout'],
].flat();
/** Where the numbers begin in a line. */
const NUMBERS = 26;
const UNLIMITED = (1n << 64n) - 1n;

export interface Limits {
  readonly soft: bigint;
  readonly hard: bigint;
}

/** @param resource RLIMIT_* @returns `undefined`: it cannot be read. */
export function limitsOf(view: Pick<CallerView, 'readFile'>, tid: Tid, resource: number): Limits | undefined {
  const line = view
    .readFile(AT_FDCWD, `/proc/${tid}/limits`)
    ?.split('\n')
    .find((text) => text.startsWith(NAMES[resource] ?? '\n'));
  const [soft, hard] = line?.slice(NUMBERS).trim().split(/ +/) ?? [];
  return soft === undefined || hard === undefined ? undefined : { soft: numberOf(soft), hard: numberOf(hard) };
}

function numberOf(text: string): bigint {
  return text === 'unlimited' ? UNLIMITED : BigInt(text);
}
