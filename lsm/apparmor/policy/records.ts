/** What policy changes and transitions report; the module adds subject, pid and comm, and prints. */
import type { Errno } from '../../../linux/errno.ts';
import type { Profile } from './namespace.ts';

/**
 * Loading and removing policy: `apparmor="STATUS"`. Fields print in the order operation, info, error, (subject), name, (pid, comm), ns,
 * then, when there is `unpack`, the name once more and, unless it is 0, the offset.
 */
export interface PolicyAudit {
  readonly kind: 'policy';
  readonly operation?: 'profile_load' | 'profile_replace' | 'profile_remove';
  readonly info?: string;
  readonly error?: Errno;
  readonly name?: string;
  readonly ns?: string;
  readonly unpack?: { readonly offset: number };
}

/**
 * A file access or a transition that was refused, or allowed only for learning or with a record: one per profile that
 * had an opinion. Class is always `file`.
 */
export interface FileRecord {
  readonly kind: 'file';
  readonly type: 'DENIED' | 'ALLOWED' | 'AUDIT' | 'KILLED';
  readonly operation: DomainOperation | FileOperation;
  readonly info?: string;
  readonly error?: Errno;
  /** Who it is about: prints as profile=, with namespace= in front when it is not in the root namespace. */
  readonly profile: Profile;
  readonly name?: string;
  /** Set when what was asked for are permissions of a file. Masks are letters (`rw`); `denied` may be empty. */
  readonly access?: {
    readonly requested: string;
    readonly denied: string;
    readonly fsuid: number;
    readonly ouid: number;
  };
  /** Printed as ` target=`. */
  readonly target?: string;
}

/** OP_* of security/apparmor/include/audit.h that a path decides. */
export type FileOperation =
  | 'open'
  | 'getattr'
  | 'mkdir'
  | 'rmdir'
  | 'mknod'
  | 'symlink'
  | 'unlink'
  | 'link'
  | 'rename_src'
  | 'rename_dest'
  | 'truncate'
  | 'chmod'
  | 'chown'
  | 'file_perm'
  | 'file_lock'
  | 'file_mmap'
  | 'file_mprotect'
  | 'file_receive'
  | 'file_inherit';

export type DomainOperation = 'change_profile' | 'change_onexec' | 'stack' | 'stack_onexec' | 'change_hat' | 'exec';

export type RecordWriter<Record> = (record: Record) => void;
