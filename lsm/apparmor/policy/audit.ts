/** What policy changes and transitions report; the module adds subject, pid and comm, and prints. */
import type { Errno } from '../../../vfs/errno.ts';
import type { Label } from './label.ts';
import type { Profile } from './profile.ts';

/**
 * Loading and removing policy: `apparmor="STATUS"`. Fields print in the order operation, info, error, (subject), name, (pid, comm), ns,
 * then those of `unpack`: name, offset.
 */
export interface PolicyAudit {
  readonly kind: 'policy';
  readonly operation?: 'profile_load' | 'profile_replace' | 'profile_remove';
  readonly info?: string;
  readonly error?: Errno;
  readonly name?: string;
  readonly ns?: string;
  readonly unpack?: { readonly name?: string; readonly offset: number };
}

/** A transition that was refused, or allowed only for learning: one record per profile that had an opinion. */
export interface DomainAudit {
  readonly kind: 'domain';
  readonly type: 'DENIED' | 'ALLOWED' | 'AUDIT' | 'KILLED';
  readonly operation: 'change_profile' | 'change_onexec' | 'stack' | 'stack_onexec' | 'change_hat' | 'exec';
  readonly info?: string;
  readonly error?: Errno;
  /** Who it is about: prints as profile=, with namespace= in front when it is not in the root namespace. */
  readonly profile: Profile;
  readonly name?: string;
  /** `x` for exec: printed as requested_mask and denied_mask, with fsuid and ouid. */
  readonly mask?: string;
  readonly fsuid?: number;
  readonly ouid?: number;
  /** Printed as ` target=`: text, or the label in the root namespace's view. */
  readonly target?: string | Label;
}

export type Audit<Record> = (record: Record) => void;
