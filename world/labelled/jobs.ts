/**
 * What the threads of a labelled mount do for the thread that serves it: a few system calls on the backing directory.
 *
 * Each thread has memory that both see: struct statx of a result at STATX, its handle at HANDLE, content at DATA. Descriptors belong to the
 * process, so either thread may name and close them. Names are byte strings.
 */
import type { Credentials } from '../supervisor/caller/acting-as.ts';
import type { FileStat } from '../supervisor/uses/used-file.ts';

/** Layout of the shared memory. Room for the header of a reply is in front of the content. */
export const STATX = 0;
/** struct file_handle: u32 handle_bytes, i32 handle_type, the bytes; of what was found. 0 bytes: it has none. */
export const HANDLE = 512;
export const HANDLE_HEADER = 8;
export const DATA = 4096;
/** Longest content: 256 pages. */
export const MOST_DATA = 1 << 20;
export const MEMORY_SIZE = DATA + MOST_DATA;

/**
 * Of a file behind `fd` (O_PATH). Members of a change that are absent stay. Without any it is chown(2) of -1, -1, which sets the time of
 * change and takes set-user-ID bits away, or a write that takes them away and must not fail where chown(2) would.
 */
export interface AttributesJob {
  readonly op: 'setattr';
  readonly fd: number;
  /** Open for writing, where the change came by an open file. */
  readonly open?: number;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly size?: number;
  /** Seconds and nanoseconds, as utimensat(2) takes them. */
  readonly times?: readonly [atime: readonly [bigint, number], mtime: readonly [bigint, number]];
}

export type FileJob =
  | { readonly op: 'lookup'; readonly parent: number; readonly name: string }
  /** By a file handle. `mount`: a directory of the filesystem, open for reading. */
  | { readonly op: 'reopen'; readonly mount: number; readonly handle: Uint8Array }
  | { readonly op: 'getattr'; readonly fd: number }
  | AttributesJob
  | { readonly op: 'readlink'; readonly fd: number }
  /** `flags` as of open(2). `device`: the kernel is to read and write the file itself, if it will. */
  | { readonly op: 'open'; readonly fd: number; readonly flags: number; readonly device?: number | undefined }
  | {
      readonly op: 'create';
      readonly parent: number;
      readonly name: string;
      readonly flags: number;
      readonly mode: number;
      readonly device?: number | undefined;
    }
  | { readonly op: 'mkdir'; readonly parent: number; readonly name: string; readonly mode: number }
  | {
      readonly op: 'mknod';
      readonly parent: number;
      readonly name: string;
      readonly mode: number;
      readonly rdev: number;
    }
  | { readonly op: 'symlink'; readonly parent: number; readonly name: string; readonly target: string }
  | { readonly op: 'link'; readonly fd: number; readonly parent: number; readonly name: string }
  | { readonly op: 'unlink' | 'rmdir'; readonly parent: number; readonly name: string }
  | {
      readonly op: 'rename';
      readonly parent: number;
      readonly name: string;
      readonly newParent: number;
      readonly newName: string;
      readonly flags: number;
    }
  | { readonly op: 'read' | 'write'; readonly fd: number; readonly offset: number; readonly size: number }
  | { readonly op: 'readdir'; readonly fd: number; readonly offset: number; readonly size: number }
  | { readonly op: 'seek'; readonly fd: number; readonly offset: number; readonly whence: number }
  | { readonly op: 'sync'; readonly fd: number; readonly data: boolean }
  | { readonly op: 'flush'; readonly fd: number }
  | {
      readonly op: 'allocate';
      readonly fd: number;
      readonly mode: number;
      readonly offset: number;
      readonly length: number;
    }
  | { readonly op: 'ioctl'; readonly fd: number; readonly command: number }
  | { readonly op: 'statfs'; readonly fd: number }
  | { readonly op: 'getxattr'; readonly fd: number; readonly name: string }
  | { readonly op: 'listxattr'; readonly fd: number }
  /** The value is in the memory; `size` -1 = it is removed. */
  | {
      readonly op: 'setxattr';
      readonly fd: number;
      readonly name: string;
      readonly size: number;
      readonly flags: number;
    }
  /** Nothing else than looking. */
  | { readonly op: 'look' }
  | { readonly op: 'close'; readonly fds: readonly number[] }
  /** Of a `device`: `backing` is not used any more. */
  | { readonly op: 'unback'; readonly device: number; readonly backing: number };

/**
 * `as` absent: with our own rights. `look`: files that are looked at before, with their `generations` where these are asked for.
 * `content`: one whose content is used, the same.
 */
export type Job = FileJob & {
  readonly as?: Credentials | undefined;
  readonly look?: readonly number[] | undefined;
  readonly generations?: boolean;
  readonly content?: number | undefined;
};

/** Facts of one file, for decisions. */
export interface LookedFile {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly ino: number;
  readonly size: number;
  readonly nlink: number;
  readonly mtime: bigint;
  readonly ctime: bigint;
  /** Where it was asked for, and is known. */
  readonly generation?: number;
  readonly xattrs: Readonly<Record<string, string>>;
}

/** Facts of the content of a regular file (lsm/framework/files/file-use.ts). */
export interface LookedContent {
  readonly stat: FileStat;
  /** Is it open, not counting the request that asks: for writing; for reading alone? */
  readonly writers: boolean;
  readonly openers: boolean;
  readonly isElf: boolean;
}

export interface JobResult {
  /** What the system call returned: a negative errno, or a count, position or descriptor. */
  readonly result: number;
  /** Of what was found or made (O_PATH); its struct statx and file_handle are in the memory. */
  readonly found?: number;
  /** Of mkdir, mknod and symlink: what was found is what was made, and may be given labels. */
  readonly isNew?: boolean;
  readonly looked?: readonly (LookedFile | undefined)[];
  readonly used?: LookedContent | undefined;
  /** Of open and create with a `device`: the number of the file there, or a negative errno. */
  readonly backing?: number;
}
