/**
 * What /proc/<tid>/status says of a caller, as far as the supervisor needs it.
 */

import { AT_FDCWD } from '../sys/mount.ts';
import type { CallerView } from './caller-view.ts';

export interface ProcessStatus {
  readonly tgid: number;
  readonly fsuid: number;
  readonly fsgid: number;
  readonly groups: readonly number[];
  readonly effectiveCapabilities: bigint;
  readonly permittedCapabilities: bigint;
  readonly inheritableCapabilities: bigint;
  readonly noNewPrivs: boolean;
  /** 0 = nobody traces it. */
  readonly tracer: number;
}

export function processStatus(view: CallerView, tid: number): ProcessStatus | undefined {
  const text = view.readFile(AT_FDCWD, `/proc/${tid}/status`);
  return text === undefined ? undefined : parseStatus(text);
}

export function parseStatus(text: string): ProcessStatus | undefined {
  const tgid = /^Tgid:\t(\d+)$/m.exec(text)?.[1];
  const fsuid = /^Uid:(?:\t\d+){3}\t(\d+)$/m.exec(text)?.[1];
  const fsgid = /^Gid:(?:\t\d+){3}\t(\d+)$/m.exec(text)?.[1];
  const groups = /^Groups:\t([\d ]*)$/m.exec(text)?.[1];
  const capabilities = (set: string): bigint | undefined => {
    const digits = new RegExp(`^Cap${set}:\\t([0-9a-f]+)$`, 'm').exec(text)?.[1];
    return digits === undefined ? undefined : BigInt(`0x${digits}`);
  };
  const [effective, permitted, inheritable] = ['Eff', 'Prm', 'Inh'].map(capabilities);
  if (tgid === undefined || fsuid === undefined || fsgid === undefined || groups === undefined) return undefined;
  if (effective === undefined || permitted === undefined || inheritable === undefined) return undefined;
  return {
    tgid: Number(tgid),
    fsuid: Number(fsuid),
    fsgid: Number(fsgid),
    groups: groups.split(' ').filter(Boolean).map(Number),
    effectiveCapabilities: effective,
    permittedCapabilities: permitted,
    inheritableCapabilities: inheritable,
    noNewPrivs: /^NoNewPrivs:\t1$/m.test(text),
    tracer: Number(/^TracerPid:\t(\d+)$/m.exec(text)?.[1] ?? 0),
  };
}
