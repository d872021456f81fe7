/** Which process events the kernel queues on a socket of the proc connector. */
import { BPF_JEQ_K, BPF_LD_W_ABS, BPF_RET_K } from '../../linux/bpf.ts';
import type { Tgid } from '../../linux/ids.ts';
import { PROC_EVENT_EXEC, PROC_EVENT_EXIT, PROC_EVENT_FORK } from '../../linux/netlink.ts';
import { encodeProgram, type Instruction } from '../bpf-program.ts';
import { EVENT_ACTOR, PROC_EVENT } from './process-event.ts';

/** Processes that are told from others; of more, the events of all are queued. */
export const MOST_PROCESSES = 256;
/** Of the longest filter. */
export const FILTER_LENGTH = 7 + 2 * MOST_PROCESSES;
const WHOLE = 0xffffffff;

/** Lets pass forks, execs and exits; with `processes` only what these did. Other events (uid, comm, ...) nobody needs. */
export function eventFilter(processes?: readonly Tgid[]): Uint8Array {
  const drop: Instruction = { code: BPF_RET_K, jt: 0, jf: 0, k: 0 };
  const pass: Instruction = { code: BPF_RET_K, jt: 0, jf: 0, k: WHOLE };
  const program: Instruction[] = [
    load(PROC_EVENT),
    { code: BPF_JEQ_K, jt: 3, jf: 0, k: loaded(PROC_EVENT_FORK) },
    { code: BPF_JEQ_K, jt: 2, jf: 0, k: loaded(PROC_EVENT_EXEC) },
    { code: BPF_JEQ_K, jt: 1, jf: 0, k: loaded(PROC_EVENT_EXIT) },
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
