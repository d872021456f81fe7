/**
 * Reads and writes memory of other processes, and the files of /proc that tell of it, in a time that they cannot extend.
 *
 * Model: the kernel takes `mmap_lock` of the memory for that, and `exec_update_lock` of the process to open such a file.
 * Each can be held while the holder waits for a filesystem that its user serves: in mmap(2), mremap(2) and munmap(2) of
 * a file with pages to be written (fuse_file_mmap(), fuse_vma_close()), in execve(2) when it closes files (fuse_flush()).
 * Which files of /proc/PID wait is in host/process/process-files.ts.
 * process_vm_readv(2) and move_pages(2) wait for `mmap_lock` uninterruptibly; opening and reading files of /proc/PID does
 * so until SIGKILL (proc_mem_open(), access_remote_vm()), so helpers use these.
 *
 * Every method throws WaitingError when it would take too long.
 */
import { AT_FDCWD, O_RDONLY, O_RDWR } from '../../linux/fcntl.ts';
import type { Tid } from '../../linux/ids.ts';
import { NR } from '../libc.ts';
import { BoundedCalls } from '../process/helper/bounded-calls.ts';
import { HELPER_DATA_SIZE, MOST_CALLS, type PreparedCall } from '../process/helper/helper.ts';

/** seq_read() gives no more at a time. */
const READ_SIZE = 4096;
const FIRST_FILE = 0;
/** For readlinkat(2): a path, then what it leads to. */
const NAME_SIZE = 256;
const LINK_SIZE = NAME_SIZE + 4096;
const MOST_LINKS = Math.min(MOST_CALLS, Math.floor(HELPER_DATA_SIZE / LINK_SIZE));
const CLOSE: PreparedCall = [NR.close, FIRST_FILE];

export class BoundedAccess {
  readonly #calls: BoundedCalls;

  constructor(calls = new BoundedCalls()) {
    this.#calls = calls;
  }

  /** Fills `into` from memory. @returns the number of bytes that could be read, or a negative errno. */
  read(tid: Tid, address: bigint, into: Uint8Array): number {
    return this.readAt(tid, 'mem', address, into);
  }

  /** Fills `into` from the file /proc/<tid>/<name>. @returns the number of bytes, or a negative errno. */
  readAt(tid: Tid, name: string, offset: bigint, into: Uint8Array): number {
    return this.#calls.use(tid, (helper, run) => {
      const count = Math.min(into.length, HELPER_DATA_SIZE);
      run([
        [NR.openat, AT_FDCWD, helper.path(`/proc/${tid}/${name}`), O_RDONLY],
        [NR.pread64, FIRST_FILE, helper.dataAddress, count, offset],
        CLOSE,
      ]);
      const opened = helper.result(0);
      const read = opened < 0 ? opened : helper.result(1);
      if (read > 0) into.set(helper.data.subarray(0, read));
      return read;
    });
  }

  /** ioctl(2) on /proc/<tid>/<name>; `argument` is passed by address. @returns its result. */
  control(tid: Tid, name: string, request: number, argument: Uint8Array): number {
    return this.#calls.use(tid, (helper, run) => {
      helper.data.set(argument);
      run([
        [NR.openat, AT_FDCWD, helper.path(`/proc/${tid}/${name}`), O_RDONLY],
        [NR.ioctl, FIRST_FILE, request, helper.dataAddress],
        CLOSE,
      ]);
      argument.set(helper.data.subarray(0, argument.length));
      const opened = helper.result(0);
      return opened < 0 ? opened : helper.result(1);
    });
  }

  /** The whole file /proc/<tid>/<name>, or a negative errno. */
  readFile(tid: Tid, name: string): Buffer | number {
    return this.#calls.use(tid, (helper, run) => {
      run([[NR.openat, AT_FDCWD, helper.path(`/proc/${tid}/${name}`), O_RDONLY]]);
      const opened = helper.result(0);
      if (opened < 0) return opened;
      const parts: Buffer[] = [];
      const reads = Array.from(
        { length: MOST_CALLS },
        (_, i): PreparedCall => [NR.read, FIRST_FILE, helper.dataAddress + i * READ_SIZE, READ_SIZE],
      );
      for (let last = 1; last > 0; last = helper.result(reads.length - 1)) {
        run(reads);
        for (let i = 0; i < reads.length; i++) {
          const start = i * READ_SIZE;
          parts.push(Buffer.from(helper.data.subarray(start, start + Math.max(helper.result(i), 0))));
        }
      }
      run([CLOSE]);
      return Buffer.concat(parts);
    });
  }

  /** Targets (latin-1) of links /proc/<tid>/<name>, or negative errnos. */
  readlinks(tid: Tid, names: readonly string[]): (string | number)[] {
    return this.#calls.use(tid, (helper, run) => {
      const targets: (string | number)[] = [];
      while (targets.length < names.length) {
        const some = names.slice(targets.length, targets.length + MOST_LINKS);
        run(
          some.map((name, index): PreparedCall => {
            const at = index * LINK_SIZE;
            const path = Buffer.from(`/proc/${tid}/${name}\0`, 'latin1');
            helper.data.set(path.subarray(0, NAME_SIZE), at);
            const address = helper.dataAddress + at;
            return [NR.readlinkat, AT_FDCWD, address, address + NAME_SIZE, LINK_SIZE - NAME_SIZE];
          }),
        );
        for (let index = 0; index < some.length; index++) {
          const start = index * LINK_SIZE + NAME_SIZE;
          const length = helper.result(index);
          targets.push(length < 0 ? length : textOf(helper.data.subarray(start, start + length)));
        }
      }
      return targets;
    });
  }

  /** Opens /proc/<tid>/<name>. @returns a descriptor of ours, close-on-exec, or a negative errno. */
  open(tid: Tid, name: string, flags: number): number {
    return this.#calls.use(tid, (helper, run) => {
      run([[NR.openat, AT_FDCWD, helper.path(`/proc/${tid}/${name}`), flags]]);
      const opened = helper.result(0);
      if (opened < 0) return opened;
      const taken = helper.take(opened);
      run([CLOSE]);
      return taken;
    });
  }

  /**
   * Writes to memory. @param isSame asked after the memory was opened and before it is written to: is it still that of the thread meant?
   * @returns `false` when not all of it could be written.
   */
  write(tid: Tid, address: bigint, data: Uint8Array, isSame: () => boolean): boolean {
    return this.#calls.use(tid, (helper, run) => {
      run([[NR.openat, AT_FDCWD, helper.path(`/proc/${tid}/mem`), O_RDWR]]);
      if (helper.result(0) < 0) return false;
      let written = isSame();
      for (let done = 0; written && done < data.length; done += HELPER_DATA_SIZE) {
        const part = data.subarray(done, done + HELPER_DATA_SIZE);
        helper.data.set(part);
        run([[NR.pwrite64, FIRST_FILE, helper.dataAddress, part.length, address + BigInt(done)]], true);
        written = helper.result(0) === part.length;
      }
      run([CLOSE]);
      return written;
    });
  }

  /** `false` where there can be no helpers. */
  get available(): boolean {
    return this.#calls.available;
  }

  /** Ends the helpers. */
  close(): void {
    this.#calls.close();
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
