/** Which process events the kernel queues on a socket of the proc connector. */
import { BPF_JEQ_K, BPF_LD_W_ABS, BPF_RET_K } from '../../linux/bpf.ts';
import type { Tgid } from '../../linux/ids.ts';
import {
  PROC_EVENT_COMM,
  PROC_EVENT_COREDUMP,
  PROC_EVENT_EXEC,
  PROC_EVENT_EXIT,
  PROC_EVENT_FORK,
  PROC_EVENT_GID,
  PROC_EVENT_UID,
} from '../../linux/netlink.ts';
import { encodeProgram, type Instruction } from '../bpf-program.ts';
import { EVENT_ACTOR, PROC_EVENT } from './process-event.ts';

/** Processes that are told from others; of more, the events of all are queued. */
export const MOST_PROCESSES = 256;
/** Those that are always heard. */
const LIFE: readonly number[] = [PROC_EVENT_FORK, PROC_EVENT_EXEC, PROC_EVENT_COREDUMP, PROC_EVENT_EXIT];
/** Changes of what a process is like. */
const CHANGES: readonly number[] = [PROC_EVENT_UID, PROC_EVENT_GID, PROC_EVENT_COMM];
/** Of the longest filter. */
export const FILTER_LENGTH = 4 + LIFE.length + CHANGES.length + 2 * MOST_PROCESSES;
const WHOLE = 0xffffffff;

/**
 * Lets pass forks, execs, core dumps and exits; with `processes` only what these did.
 * @param changes also changes of ids and names, which few need.
 */
export function eventFilter(processes?: readonly Tgid[], changes = false): Uint8Array {
  const drop: Instruction = { code: BPF_RET_K, jt: 0, jf: 0, k: 0 };
  const pass: Instruction = { code: BPF_RET_K, jt: 0, jf: 0, k: WHOLE };
  const kinds = changes ? [...LIFE, ...CHANGES] : LIFE;
  const program: Instruction[] = [
    load(PROC_EVENT),
    ...kinds.map((kind, index) => ({ code: BPF_JEQ_K, jt: kinds.length - index, jf: 0, k: loaded(kind) })),
    drop,
  ];
  if (processes === undefined || processes.length > MOST_PROCESSES) return encodeProgram([...program, pass]);
  program.push(load(EVENT_ACTOR));
  for (const tgid of processes) program.push({ code: BPF_JEQ_K, jt: 0, jf: 1, k: loaded(tgid) }, pass);
  return encodeProgram([...program, drop]);
}

function load(offset: number): Instruction {
  return { code: BPF_LD_W_ABS, jt: 0, jf: 0, k: offset };
}

/** What a load makes of a number: it takes the bytes to be in the order of the network. */
function loaded(number: number): number {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number >>> 0);
  return bytes.readUInt32BE();
}
