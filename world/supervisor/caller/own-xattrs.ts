/**
 * Extended attributes of files behind descriptors of ours, with our rights.
 *
 * Model: fgetxattr(2) refuses an O_PATH descriptor; attributes are read through its /proc/thread-self/fd link, which
 * leads to the file, even when that is a symbolic link. Names and values are latin-1. A failure is a negative errno.
 *
 * The kernel allocates as much memory as a caller offers for the answer, zeroed: so a label is asked for with little room first.
 */
import { NR } from '../../../host/libc.ts';
import { allocateNative, putString } from '../../../host/memory/native-memory.ts';
import { latin1 } from '../../../host/memory/remote-memory.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH } from '../../../linux/fcntl.ts';
import { XATTR_SIZE_MAX } from '../../../linux/fs.ts';

const { E2BIG, ENODATA, ENOSYS, EPERM, ERANGE } = ERRNO;
const NAME_SIZE = 256;
/** Room for most labels, and for most lists of names. */
const USUAL_SIZE = 512;
/** Scratch: a path, the name of an attribute (at most 255 bytes), struct xattr_args { u64 value; u32 size; u32 flags; }, the value. */
const NAME = 64;
const ARGUMENTS = NAME + NAME_SIZE;
const ARGUMENTS_SIZE = 16;
const SIZE = ARGUMENTS + 8;
const VALUE = ARGUMENTS + ARGUMENTS_SIZE;

/** Of the thread's descriptors. */
const LINKS = '/proc/thread-self/fd';

/** The system calls on attributes; unit tests give an imagined host. */
export type HostXattrs = Pick<OwnXattrs, keyof OwnXattrs>;

export class OwnXattrs {
  readonly #memory = allocateNative(VALUE + XATTR_SIZE_MAX);
  /** The links to our descriptors; opened by the thread that asks first, which is the only one. */
  #links = -1;
  /** getxattrat(2), since Linux 6.13, needs only the last name of such a link. */
  #hasGetxattrat = true;

  constructor() {
    this.#memory.view.setBigUint64(ARGUMENTS, BigInt(this.#memory.address + VALUE), true);
  }

  /** Names that are stored, as listxattr(2) gives them. */
  list(fd: number): string[] | number {
    const link = this.#link(fd);
    const address = this.#memory.address + VALUE;
    return this.#names(withRoom((size) => rawSyscall(NR.listxattr, link, address, size)));
  }

  /** The same of a directory, which listxattrat(2) (since Linux 6.13) reaches as `.`: that takes a third of the time. */
  listOfDirectory(fd: number): string[] | number {
    const address = this.#memory.address + VALUE;
    const here = putString(this.#memory, 0, '.');
    const count = withRoom((size) => rawSyscall(NR.listxattrat, fd, here, 0, address, size));
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
    const attribute = putString(memory, NAME, name);
    let count = this.#get(fd, attribute, USUAL_SIZE);
    if (count === -ERANGE) count = this.#get(fd, attribute, XATTR_SIZE_MAX);
    return count < 0 ? undefined : latin1(memory.bytes.subarray(VALUE), count);
  }

  #get(fd: number, attribute: number, size: number): number {
    const memory = this.#memory;
    const links = this.#hasGetxattrat ? this.#openLinks() : -1;
    if (links >= 0) {
      memory.view.setUint32(SIZE, size, true);
      const link = putString(memory, 0, String(fd));
      const count = rawSyscall(NR.getxattrat, links, link, 0, attribute, memory.address + ARGUMENTS, ARGUMENTS_SIZE);
      if (count >= 0 || count === -ENODATA || count === -ERANGE) return count;
      // EPERM: a container's filter does not know it.
      if (count === -ENOSYS || count === -EPERM) this.#hasGetxattrat = false;
    }
    return rawSyscall(NR.getxattr, this.#link(fd), attribute, memory.address + VALUE, size);
  }

  #openLinks(): number {
    const flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    if (this.#links < 0) this.#links = rawSyscall(NR.openat, AT_FDCWD, putString(this.#memory, 0, LINKS), flags);
    return this.#links;
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
    return putString(this.#memory, 0, `${LINKS}/${fd}`);
  }
}

/** @param ask for an answer of at most so many bytes. @returns its last result. */
function withRoom(ask: (size: number) => number): number {
  const count = ask(USUAL_SIZE);
  return count === -ERANGE ? ask(XATTR_SIZE_MAX) : count;
}
