/**
 * Uses of ordinary files in which modules look at the content: opening, executing, mapping, reading by the kernel.
 *
 * Model: the kernel's hooks that come after a file was opened and before its content is used (file_post_open, bprm_check, mmap_file,
 * kernel_read_file, ...). No content is read here: the reporter of a use first asks which digests are needed
 * (`useNeeds`), computes them, and then reports the use with all facts in it, so that the event can be replayed.
 */

import type { Caller } from '../../../vfs/tree/caller.ts';
import type { FileFacts } from './file-facts.ts';

/** The kernel's hook: `open` is file_post_open, `creds` the second half of bprm_check, `mmap-requested` asks by what the program wanted. */
export type UseHook =
  | 'open'
  | 'exec'
  | 'creds'
  | 'mmap-requested'
  | 'mmap'
  | 'mprotect'
  | 'module'
  | 'firmware'
  | 'kexec-kernel'
  | 'kexec-initramfs'
  | 'policy'
  /** Before a read of an attribute that depends on the content: ima_update_xattr() is due. */
  | 'update-xattr'
  /** The file exists now; before, it was reported under the key `was`. */
  | 'made';

/** A file whose content is used. Of its attributes, all are known. */
export interface UsedFile<Content = FileContent> extends FileFacts {
  readonly superblock: {
    /** `f_type` of statfs(2) */
    readonly magic: number;
    /** Absent = it has none. */
    readonly uuid?: string;
  };
  readonly content: Content;
}

/** What identifies the content of a file, and who has it open. */
export interface ContentFacts {
  /** Identifies the file as long as it exists, independent of its names. */
  readonly key: string;
  /** `i_generation`; absent = not known. */
  readonly generation?: number;
  readonly size: number;
  /** The digest that fs-verity has of it; absent = none. Algorithm by the kernel's name, digest in hexadecimal. */
  readonly verity?: { readonly algorithm: string; readonly digest: string };
  /** Nanoseconds since the epoch, in decimal. */
  readonly mtime: string;
  readonly ctime: string;
  /** Is it open elsewhere: for writing; for reading alone? Not known = false, as the latter is of a file that is being written. */
  readonly writers: boolean;
  readonly openers: boolean;
}

export interface FileContent extends ContentFacts {
  /** The signature at its end; absent = it has none, or nobody asked. */
  readonly appended?: AppendedContent;
  /** By the kernel's names of algorithms, in hexadecimal; a requested digest that is missing could not be computed. */
  readonly digests: Readonly<Record<string, string>>;
}

/** What a signature at the end of a file signs. */
export interface AppendedContent {
  /** PKCS#7, in base64. */
  readonly message: string;
  /** Of the content before it, by the algorithms that its signers name, in hexadecimal. */
  readonly digests: Readonly<Record<string, string>>;
}

/** Ids in the initial user namespace. */
export interface TaskIds {
  readonly uid: number;
  readonly euid: number;
  readonly suid: number;
  readonly fsuid: number;
  readonly gid: number;
  readonly egid: number;
  readonly sgid: number;
  readonly fsgid: number;
}

/** Fields of audit_log_task_info() that Caller does not have. */
export interface AuditTask {
  readonly ids: TaskIds;
  readonly ppid: number;
  /** `(none)` */
  readonly tty: string;
  readonly exe: string;
}

/** The task that uses files. */
export interface UseContext {
  readonly caller: Caller;
  readonly task: AuditTask;
}

export interface FileUse {
  readonly hook: UseHook;
  /** MAY_EXEC 1, MAY_WRITE 2, MAY_READ 4, MAY_APPEND 8 */
  readonly mask: number;
  /** For writing, by open(2). */
  readonly writes?: boolean;
  /** Made by this open: reported before it exists, under a temporary key. */
  readonly created?: boolean;
  readonly was?: string;
  /** O_DIRECT */
  readonly direct?: boolean;
  /** comm and program of the task after the exec in progress. */
  readonly program?: { readonly comm: string; readonly exe: string };
  /** Whose rights count: the caller's own where absent. */
  readonly ids?: TaskIds;
  readonly file: UsedFile;
}

/**
 * Does deciding about the same use again refuse, record and change nothing? Always, or as long as nobody has the file open for
 * writing; in either case until another use of the file is decided, or rules, labels or attributes change.
 */
export type UseSettled = 'no' | 'unwritten' | 'always';

/** Facts that are needed to decide about a use. */
export interface UseNeeds {
  /** Digests of the content, by the kernel's names of algorithms. */
  readonly digests: readonly string[];
  /** The signature at the end of the content, if it has one. */
  readonly appended?: boolean;
  /** Attributes of the file may have to be stored when it is decided. */
  readonly stores?: boolean;
}
