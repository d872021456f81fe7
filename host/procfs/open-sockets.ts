/**
 * Inode numbers of the sockets that a thread has open: links in /proc/<tid>/fd, which are read and not followed.
 *
 * By system calls on memory of our own: this is done before each execve(2) of a world, and Node's functions would take
 * several times as long.
 */
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY } from '../../linux/fcntl.ts';
import { NR } from '../libc.ts';
import { allocateNative, type NativeMemory, putString } from '../memory/native-memory.ts';
import { latin1 } from '../memory/remote-memory.ts';
import { rawSyscall } from '../raw-syscall.ts';

/**
 * Layout of the memory: a path, the text of a link, struct linux_dirent64 { u64 ino; s64 off; u16 reclen; u8 type;
 * char name[]; }.
 */
const LINK = 64;
const LINK_SIZE = 64;
const ENTRIES = LINK + LINK_SIZE;
const ENTRIES_SIZE = 32768;
const ENTRY = { length: 16, name: 19 } as const;
const DOT = 0x2e;

export class OpenSockets {
  #allocated: NativeMemory | undefined;

  /** None when the thread has ended. */
  of(tid: number): number[] {
    this.#allocated ??= allocateNative(ENTRIES + ENTRIES_SIZE);
    const memory = this.#allocated;
    const path = putString(memory, 0, `/proc/${tid}/fd`);
    const directory = rawSyscall(NR.openat, AT_FDCWD, path, O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return [];
    const sockets: number[] = [];
    const entries = memory.address + ENTRIES;
    for (;;) {
      const count = rawSyscall(NR.getdents64, directory, entries, ENTRIES_SIZE);
      if (count <= 0) break;
      for (let at = 0; at < count; at += memory.view.getUint16(ENTRIES + at + ENTRY.length, true)) {
        if (memory.bytes[ENTRIES + at + ENTRY.name] === DOT) continue;
        const socket = socketOf(memory, directory, entries + at + ENTRY.name);
        if (socket !== undefined) sockets.push(socket);
      }
    }
    rawSyscall(NR.close, directory);
    return sockets;
  }
}

/** @param name address. `undefined`: it is something else, or closed meanwhile. */
function socketOf(memory: NativeMemory, directory: number, name: number): number | undefined {
  const length = rawSyscall(NR.readlinkat, directory, name, memory.address + LINK, LINK_SIZE);
  if (length <= 0 || memory.bytes[LINK] !== 's'.charCodeAt(0)) return undefined;
  const match = /^socket:\[(\d+)\]$/.exec(latin1(memory.bytes.subarray(LINK), length));
  return match === null ? undefined : Number(match[1]);
}
