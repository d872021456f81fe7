/** Programs of classic BPF as the kernel takes them: an array of struct sock_filter { u16 code; u8 jt; u8 jf; u32 k }. */
import { SOCK_FILTER_SIZE } from '../linux/bpf.ts';

export interface Instruction {
  readonly code: number;
  /** How many instructions to leave out where a test holds, and where it does not. */
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

export function encodeProgram(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(SOCK_FILTER_SIZE * program.length);
  const view = new DataView(bytes.buffer);
  program.forEach(({ code, jt, jf, k }, index) => {
    const at = SOCK_FILTER_SIZE * index;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, jt);
    view.setUint8(at + 3, jf);
    view.setUint32(at + 4, k >>> 0, true);
  });
  return bytes;
}
