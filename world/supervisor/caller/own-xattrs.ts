/**
 * Extended attributes of files behind descriptors of ours, with our rights.
 *
 * Model: fgetxattr(2) refuses an O_PATH descriptor; attributes are read through its /proc/thread-self/fd link, which
 * leads to the file, even when that is a symbolic link. Names and values are latin-1. A failure is a negative errno.
 */
import { NR } from '../../../host/libc.ts';
import { allocateNative, putString } from '../../../host/memory/native-memory.ts';
import { latin1 } from '../../../host/memory/remote-memory.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { XATTR_SIZE_MAX } from '../../../linux/fs.ts';

const { E2BIG } = ERRNO;
const NAME_SIZE = 256;
/** Scratch: a path, the name of an attribute (at most 255 bytes), its value. */
const NAME = 64;
const VALUE = NAME + NAME_SIZE;

/** The system calls on attributes; unit tests give an imagined host. */
export type HostXattrs = Pick<OwnXattrs, keyof OwnXattrs>;

export class OwnXattrs {
  readonly #memory = allocateNative(VALUE + XATTR_SIZE_MAX);

  /** Names that are stored, as listxattr(2) gives them. */
  list(fd: number): string[] | number {
    return this.#names(rawSyscall(NR.listxattr, this.#link(fd), this.#memory.address + VALUE, XATTR_SIZE_MAX));
  }

  /** The same of a directory, which listxattrat(2) (since Linux 6.13) reaches as `.`: that takes a third of the time. */
  listOfDirectory(fd: number): string[] | number {
    const { address } = this.#memory;
    const count = rawSyscall(NR.listxattrat, fd, putString(this.#memory, 0, '.'), 0, address + VALUE, XATTR_SIZE_MAX);
    // Older kernels lack it, and a user's daemon may lack the right to search the directory.
    return count < 0 ? this.list(fd) : this.#names(count);
  }

  /** @param count of bytes, or a negative errno. */
  #names(count: number): string[] | number {
    if (count <= 0) return count < 0 ? count : [];
    return latin1(this.#memory.bytes.subarray(VALUE), count)
      .split('\0')
      .filter((name) => name !== '');
  }

  /** `undefined` when there is none, or it cannot be read. */
  get(fd: number, name: string): string | undefined {
    const memory = this.#memory;
    const path = this.#link(fd);
    const attribute = putString(memory, NAME, name);
    const count = rawSyscall(NR.getxattr, path, attribute, memory.address + VALUE, XATTR_SIZE_MAX);
    return count < 0 ? undefined : latin1(memory.bytes.subarray(VALUE), count);
  }

  /** setxattr(2). @returns 0 or a negative errno. */
  set(fd: number, name: string, value: Uint8Array, flags: number): number {
    if (value.length > XATTR_SIZE_MAX || name.length >= NAME_SIZE) return -E2BIG;
    const memory = this.#memory;
    memory.bytes.set(value, VALUE);
    const path = this.#link(fd);
    const attribute = putString(memory, NAME, name);
    return rawSyscall(NR.setxattr, path, attribute, memory.address + VALUE, value.length, flags);
  }

  /** removexattr(2). @returns 0 or a negative errno. */
  remove(fd: number, name: string): number {
    return rawSyscall(NR.removexattr, this.#link(fd), putString(this.#memory, NAME, name));
  }

  #link(fd: number): number {
    return putString(this.#memory, 0, `/proc/thread-self/fd/${fd}`);
  }
}
