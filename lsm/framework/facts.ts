/**
 * Facts about the host that the stack asks for but never reads itself. world/ answers from /proc, tests from a table.
 */
import type { Tgid, Tid } from '../../linux/ids.ts';
import { type Caller, KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import type { SocketPair } from './events.ts';
import type { TaskTable } from './task.ts';

export interface ProcessFacts {
  /** Seconds since the epoch, for what modules date. Absent: it is always boot time. */
  now?(): number;
  /** Present state of a thread, `undefined` when there is none. Only used to show attributes and to refuse dead tasks. */
  thread(tid: Tid): ThreadFacts | undefined;
  /** Thread ids of a process in the order of /proc/<tgid>/task; empty when it has ended. */
  threads(tgid: Tgid): readonly Tid[];
  /** Has it made processes that are not reaped? `undefined`: that is not known, but for those in the task table. */
  hasChildren?(tgid: Tgid): boolean | undefined;
  /** Inode number of its network namespace. Absent: it is not known. */
  networkNamespace?(tid: Tid): number | undefined;
  /** The identity that a thread acts with at this moment. */
  caller(tid: Tid): Caller | undefined;
  /**
   * What the key of type `encrypted` with this description decrypts to, as request_key(9) finds it among the keys of
   * this thread. Absent: nobody has such keys.
   */
  encryptedKey?(description: string, tid: Tid): Uint8Array | undefined;
  /** Sockets that the thread has open. Absent: it is not known. */
  sockets?(tid: Tid): readonly SocketPair[];
  /** What a UNIX socket is connected to, by inode number; 0 = not known. @param tid thread whose network namespace it is in. */
  socketPeer?(socket: number, tid: Tid): number;
  /** What a UNIX socket is bound to, as in {@link SocketPair}. @param tid thread whose network namespace it is in. */
  socketAddress?(socket: number, tid: Tid): string | undefined;
}

export interface ThreadFacts {
  readonly tgid: Tgid;
  /** Effective ids: the owner of /proc/<pid>/attr directories. */
  readonly uid: number;
  readonly gid: number;
  /**
   * Owner of the *files* in /proc/<pid>: root while the process is not dumpable (after setuid(2), for instance). Absent = `uid`, `gid`.
   */
  readonly fileUid?: number;
  readonly fileGid?: number;
  /** Real, effective, saved, filesystem. Absent = the effective ones are all that is known. */
  readonly uids?: readonly number[];
  readonly gids?: readonly number[];
  /** Command name. */
  readonly comm?: string;
  /** Parent process. */
  readonly parent?: Tgid;
  /** Thread that traces this one. */
  readonly tracer?: Tid;
}

/** The Zstandard compressor of Linux 6.12 (zstd 1.5.2): its sizes show in interfaces. */
export interface Zstd {
  /** One frame that tells its content's size. Levels -131072 to 22. */
  compress(data: Uint8Array, level: number): Uint8Array;
  /** @param size of the content. */
  decompress(frame: Uint8Array, size: number): Uint8Array;
}

/** The hashes of a kernel's crypto API, by its names: `sha1`, `sha256`, ... */
export interface Digests {
  /** Of the parts one after the other; `undefined` = the kernel has no such algorithm. */
  compute(algorithm: string, parts: readonly Uint8Array[]): Uint8Array | undefined;
}

/** printk levels, include/linux/kern_levels.h. */
export const KERN_ERR = 3;
export const KERN_WARNING = 4;
export const KERN_NOTICE = 5;
export const KERN_INFO = 6;

/** Where the emulated kernel's log and audit records go. */
export interface KernelLog {
  /** A printk line without time stamp, e.g. `SELinux:  policy capability open_perms=1`. Default level: KERN_INFO. */
  print(text: string, level?: number): void;
  /** An audit record: type number (1400 AVC, 1403 MAC_POLICY_LOAD, ...) and body. */
  audit(type: number, body: string): void;
  /** A record that the module keeps in a file of its own, for the log of the world. Absent = the log does not take it. */
  own?(module: string, text: string): void;
}

/** The same for the receiver of the log. Records come with their stamps. */
export interface KernelLogWriter {
  print(text: string, level?: number): void;
  /** @param stamp `audit(SECONDS.MILLISECONDS:SERIAL)` */
  audit(type: number, body: string, stamp: string): void;
  /** No audit daemon takes the record, so a kernel prints it. Absent = it is not printed. */
  unheard?(type: number, body: string, stamp: string): void;
  /** Under printk_ratelimit(), which all such messages share. @param by function of the kernel that prints it. Absent = without a limit. */
  printLimited?(text: string, level: number, by: string): void;
  /** As of {@link KernelLog}. */
  own?(module: string, text: string): void;
}

/**
 * Facts for replaying a log, from the task table alone: a task exists from its first event to its last, and acts as root, because
 * operations that were refused by ownership are not in the log.
 */
export function taskFacts(tasks: TaskTable): ProcessFacts {
  return {
    thread: (tid) => {
      const task = tasks.findOrZombie(tid);
      return task && { tgid: task.process.tgid, uid: 0, gid: 0 };
    },
    threads: (tgid) => [...(tasks.process(tgid)?.threads.keys() ?? [])],
    caller: (tid) => {
      const task = tasks.find(tid);
      return task && { ...KERNEL_CALLER, tid, tgid: task.process.tgid };
    },
  };
}
