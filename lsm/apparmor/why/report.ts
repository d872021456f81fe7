/**
 * The answer to "why": plain data with everything in words, the same for people and for programs.
 *
 * Permissions that share their reasons share an answer. Compiled policy has no rule text, so what is told is what its
 * automaton gives: which permissions, how they are logged, where a program goes, and how far into a name the rules
 * follow.
 */
import type { ProfileMode } from '../policy/index.ts';

export interface WhyReport {
  /** As the root namespace shows it, with its mode. */
  readonly label: string;
  /** `file`, `capability`, `network`, `signal`, `ptrace`, `mount`, `umount`, `pivot_root`, `userns`, `change_profile`, `change_hat`. */
  readonly class: string;
  readonly object: string;
  /** Do the rules allow all that was asked for? */
  readonly allowed: boolean;
  readonly answers: readonly WhyAnswer[];
  /** Label of a program that is executed; absent when that was not asked for, or is not allowed. */
  readonly after?: string;
}

export interface WhyAnswer {
  readonly permissions: readonly string[];
  /** By all profiles of the label. */
  readonly allowed: boolean;
  /** It is denied and granted: the profiles that deny it are in complain mode. */
  readonly forgiven: boolean;
  readonly profiles: readonly WhyProfile[];
  /** Rules to add, each to the profile it names. */
  readonly remedies: readonly WhyRemedy[];
}

export interface WhyProfile {
  /** As the root namespace shows it, without its mode. */
  readonly profile: string;
  readonly mode: ProfileMode;
  readonly verdict: WhyVerdict;
  /** Type of the record that is logged; absent when there is none. */
  readonly logged?: 'AUDIT' | 'ALLOWED' | 'DENIED' | 'KILLED';
  /** What the rules give for this object besides, or instead. */
  readonly gives: readonly string[];
  /** Beginning of the object's name after which no rule can match any more; absent when some still could. */
  readonly matched?: string;
  /** Only the owner of the file has it. */
  readonly ownerOnly?: true;
  readonly exec?: WhyExec;
  /** What else stands in the way, in words. */
  readonly note?: string;
}

/**
 * `unconfined`: rules are not looked at. `not-mediated`: the profile has no rules about this class at all. `deny-rule`:
 * an explicit one, which is in force in complain mode too; one with `audit` cannot be told from `no-rule` in policy
 * without a permission table.
 */
export type WhyVerdict = 'unconfined' | 'not-mediated' | 'allow-rule' | 'deny-rule' | 'no-rule';

export interface WhyExec {
  /** Qualifier as in the profile language: `ix`, `Pix`, `cx`, `ux`, ... */
  readonly rule: string;
  /** The name that the rule gives after `->`. */
  readonly named?: string;
  /** What the profile becomes; absent when there is nothing to go to. */
  readonly target?: string;
  /** AT_SECURE is set: the loader does not trust the environment. */
  readonly secure: boolean;
}

export interface WhyRemedy {
  readonly profile: string;
  readonly rule: string;
}
