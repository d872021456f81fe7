/**
 * What /proc/<tid>/status says of a caller, as far as the supervisor needs it.
 */
import type { CallerView } from './caller-view.ts';
import { AT_FDCWD } from './caller-view.ts';

export interface ProcessStatus {
  readonly tgid: number;
  readonly fsuid: number;
  readonly fsgid: number;
  readonly effectiveCapabilities: bigint;
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
  const capabilities = /^CapEff:\t([0-9a-f]+)$/m.exec(text)?.[1];
  if (tgid === undefined || fsuid === undefined || fsgid === undefined || capabilities === undefined) return undefined;
  return {
    tgid: Number(tgid),
    fsuid: Number(fsuid),
    fsgid: Number(fsgid),
    effectiveCapabilities: BigInt(`0x${capabilities}`),
    noNewPrivs: /^NoNewPrivs:\t1$/m.test(text),
    tracer: Number(/^TracerPid:\t(\d+)$/m.exec(text)?.[1] ?? 0),
  };
}
