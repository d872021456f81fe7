/**
 * Facts of ordinary files by which modules label them or decide about them. world/ reads them from the host; they are
 * plain values, so that an event that carries them can be replayed.
 */
import type { Tid } from '../../../linux/ids.ts';
import { S_IFMT } from '../../../linux/stat.ts';
import type { SocketProtocol } from '../access/socket-access.ts';

/** The kernel's object classes of files (inode_mode_to_security_class), and that of anonymous inodes. */
export type InodeClass =
  | 'file'
  | 'dir'
  | 'lnk_file'
  | 'chr_file'
  | 'blk_file'
  | 'sock_file'
  | 'fifo_file'
  | 'anon_inode';

const CLASSES: ReadonlyMap<number, InodeClass> = new Map([
  [0o010000, 'fifo_file'],
  [0o020000, 'chr_file'],
  [0o040000, 'dir'],
  [0o060000, 'blk_file'],
  [0o100000, 'file'],
  [0o120000, 'lnk_file'],
  [0o140000, 'sock_file'],
]);

/** @param mode `st_mode` */
export function inodeClass(mode: number): InodeClass {
  return CLASSES.get(mode & S_IFMT) ?? 'file';
}

/**
 * Names of mount options that a module consumes: those with a value, and flags (`seclabel`), which are ignored as input.
 */
export interface MountOptionNames {
  readonly valued: readonly string[];
  readonly flags: readonly string[];
}

/** Label options of a mount, by their names in mount(2) data. */
export type MountLabels = Readonly<Record<string, string>>;

/** Filesystem types whose files modules label by the path from the root of the filesystem (genfscon). */
export const KNOWN_BY_PATH: ReadonlySet<string> = new Set([
  'proc',
  'sysfs',
  'debugfs',
  'tracefs',
  'securityfs',
  'cgroup',
  'cgroup2',
  'bpf',
  'pstore',
  'binder',
]);

export interface FilesystemFacts {
  /** As in /proc/filesystems; empty = {@link UNKNOWN_FILESYSTEM}. */
  readonly type: string;
  /** Name of the superblock (`s_id`): block device, or the type. */
  readonly id: string;
  readonly labels?: MountLabels;
}

export interface InodeFacts {
  readonly class: InodeClass;
  readonly filesystem: FilesystemFacts;
  /** From the root of its filesystem if that is {@link KNOWN_BY_PATH}, of the mounts otherwise; `/` first. */
  readonly path: string;
  /** From the root of its filesystem in any case; absent = it is `path`. */
  readonly entry?: string;
  readonly ino: number;
  readonly uid: number;
  /** `st_uid`, where `uid` is 0 because the owner stands for root. */
  readonly owner?: number;
  readonly gid: number;
  /**
   * Security attributes that are stored with it, name where it is stored to value (latin-1). Of a file that is
   * executed, all attributes.
   */
  readonly xattrs: Readonly<Record<string, string>>;
  /** An entry of /proc that belongs to this thread, or a pipe, socket, file in memory or anonymous inode that it made. */
  readonly process?: Tid;
  /** Of an anonymous inode that is labelled when it is made: its kind, as `[io_uring]`. */
  readonly anonymous?: string;
  /** It is the null device that takes the place of a descriptor which a program may not have. */
  readonly substitute?: boolean;
  /** No directory has a name of it: it was removed, or is one of the kernel's own (a pipe, a socket, memory). */
  readonly unlisted?: boolean;
  /** It is that of a socket: its kind, with the numbers of socket(2). */
  readonly socket?: SocketProtocol;
  /** What is known of it besides while a module guards metadata (metadata.ts): `st_mode`, `i_generation`, the UUID of its filesystem. */
  readonly metadata?: { readonly mode: number; readonly generation?: number; readonly uuid?: string };
  /** Default label by the host's file_contexts, for files without a stored label. */
  readonly defaultContext?: string;
}

/** Of an inode whose mount no readable mountinfo lists. */
export const UNKNOWN_FILESYSTEM: FilesystemFacts = { type: '', id: '' };

/** May it be asked about by the label that it has on its filesystem? */
export function hasKnownFilesystem({ filesystem }: InodeFacts): boolean {
  return filesystem.type !== UNKNOWN_FILESYSTEM.type;
}

/** Is it one of those that no module is asked about (S_PRIVATE)? */
export function isPrivate({ class: objectClass, anonymous }: InodeFacts): boolean {
  return objectClass === 'anon_inode' && anonymous === undefined;
}

/** A file that is about to be made. */
export interface NewInode {
  readonly class: InodeClass;
  readonly name: string;
  /** Made by the kernel on behalf of the task (a terminal, a message queue): fscreate does not apply. */
  readonly byKernel?: boolean;
  /** It is the root of its filesystem: the task mounts it. The directory is itself, without a label. */
  readonly isRoot?: boolean;
  /** As of {@link InodeFacts}. */
  readonly defaultContext?: string;
}

/** An attribute that a new file is to get. */
export interface SecurityXattr {
  readonly name: string;
  readonly value: Uint8Array;
}

/** What is to be stored with a new file. */
export interface NewSecurity {
  readonly xattrs: readonly SecurityXattr[];
  /**
   * Names with a possibly different result; for all other names it is the same while task, class, directory and the
   * directory's attributes are, even when the directory is moved. Absent = it depends on more: the path, or the log.
   */
  readonly apart?: readonly string[];
  /** The result also depends on the default label that the new file has by its path (`defaultContext` of NewInode). */
  readonly byDefault?: true;
}

export function isPipe({ class: objectClass, filesystem }: InodeFacts): boolean {
  return objectClass === 'fifo_file' && filesystem.type === 'pipefs';
}
