/** Filters of sockets in classic BPF: what a program returns 0 for is not queued (socket(7), SO_ATTACH_FILTER). */
import { SOCK_FILTER_SIZE, SOCK_FPROG_SIZE } from '../../linux/bpf.ts';
import { SO_ATTACH_FILTER, SOL_SOCKET } from '../../linux/socket.ts';
import { libcFunction } from '../libc.ts';
import { allocateNative, type NativeMemory } from '../memory/native-memory.ts';

const setsockopt = libcFunction('setsockopt', ['int', 'int', 'int', 'uint64', 'int']);

/** Room for programs, one after the other. */
export class SocketFilter {
  readonly #memory: NativeMemory;

  /** @param most instructions of a program */
  constructor(most: number) {
    this.#memory = allocateNative(SOCK_FPROG_SIZE + SOCK_FILTER_SIZE * most);
  }

  /** Takes the place of the filter that the socket has; what is queued stays. @returns 0 or a negative errno */
  attach(fd: number, program: Uint8Array): number {
    const { view, bytes, address } = this.#memory;
    view.setUint16(0, program.length / SOCK_FILTER_SIZE, true);
    view.setBigUint64(8, BigInt(address + SOCK_FPROG_SIZE), true);
    bytes.set(program, SOCK_FPROG_SIZE);
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, address, SOCK_FPROG_SIZE);
  }
}
