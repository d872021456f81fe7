/** What the ways into another label have in common (domain.c). */
import { E, type Errno } from '../../../vfs/errno.ts';
import type { Audit, DomainAudit, DomainOperation } from './audit.ts';
import { Label } from './label.ts';
import { formatLabel } from './label-text.ts';
import { NO_PERMISSIONS, type Permissions } from './permissions.ts';
import { Profile } from './profile.ts';
import type { TaskLabels } from './task-labels.ts';

/** What a transition comes to. With an `error`, `labels` differ at most in `nnp`. */
export interface Transition {
  readonly error?: Errno;
  readonly labels: TaskLabels;
  /** The task is sent SIGKILL. */
  readonly kill?: boolean;
}

export interface TransitionEnvironment {
  readonly noNewPrivs: boolean;
  /** May the task's tracer go on tracing it with this label? Absent: there is no tracer, or an unconfined one. */
  readonly tracerAllows?: (label: Label) => boolean;
  readonly audit: Audit<DomainAudit>;
}

export const TRACER_INFO = 'ptrace prevents transition';

export function tracerForbids(env: TransitionEnvironment, label: Label): boolean {
  return env.tracerAllows?.(label) === false;
}

/** Under no_new_privs, the label at the first attempt is what later labels are measured by. */
export function rememberNoNewPrivs(labels: TaskLabels, env: TransitionEnvironment): TaskLabels {
  const tracked = env.noNewPrivs && !labels.label.unconfined && labels.nnp === undefined;
  return tracked ? { ...labels, nnp: labels.label } : labels;
}

/** Would this label give a task under no_new_privs rights that it did not have? */
export function gainsPrivileges(labels: TaskLabels, target: Label, env: TransitionEnvironment): boolean {
  if (!env.noNewPrivs || labels.label.unconfined) return false;
  return labels.nnp !== undefined && !target.includesConfined(labels.nnp.newest());
}

export interface FileAudit {
  readonly operation: DomainOperation;
  /** The bit of `permissions` that was asked for. */
  readonly request: number;
  readonly permissions?: Permissions;
  readonly info?: string | undefined;
  readonly error?: Errno | undefined;
  readonly name?: string | undefined;
  readonly target?: Label | string | undefined;
  readonly exec?: { readonly fsuid: number; readonly ouid: number };
}

/** What is left of an error once the mode of the profile has been heard. */
export interface Verdict {
  readonly error?: Errno;
  readonly kill: boolean;
}

/** Reports as much as rules and mode of the profile say (aa_audit_file, aa_audit). */
export function auditFile(profile: Profile, what: FileAudit, sink: Audit<DomainAudit>): Verdict {
  const permissions = what.permissions ?? NO_PERMISSIONS;
  if (what.error === undefined) {
    const audited = profile.rules.auditAll ? 0xffff : permissions.audit;
    if ((what.request & audited) !== 0) sink(record(profile, 'AUDIT', what));
    return { kill: false };
  }
  const denied = what.request & ~permissions.allow;
  const killed = (denied & permissions.kill) !== 0;
  const quiet = profile.rules.auditAll ? 0 : permissions.quiet;
  if ((denied & ~quiet) === 0) return { error: what.error, kill: false };
  if (profile.mode === 'complain' && !killed) {
    sink(record(profile, 'ALLOWED', what));
    const forgiven = what.error === E.EPERM || what.error === E.EACCES;
    return forgiven ? { kill: false } : { error: what.error, kill: false };
  }
  const kill = killed || profile.mode === 'kill';
  sink(record(profile, kill ? 'KILLED' : 'DENIED', what));
  return { error: what.error, kill };
}

function record(profile: Profile, type: DomainAudit['type'], what: FileAudit): DomainAudit {
  const { operation, info, error, name, target, exec } = what;
  const shown = target instanceof Label ? formatLabel(profile.ns, target, { mode: false }) : target;
  return {
    kind: 'domain',
    type,
    operation,
    profile,
    ...(info === undefined ? {} : { info }),
    ...(error === undefined ? {} : { error }),
    ...(name === undefined ? {} : { name }),
    ...(shown === undefined ? {} : { target: shown }),
    ...(exec === undefined ? {} : { exec: { ...exec, denied: error !== undefined } }),
  };
}

/** Reports the same for several profiles; the last error stands. */
export function auditAll(profiles: readonly Profile[], what: FileAudit, sink: Audit<DomainAudit>): Verdict {
  return combine(profiles.map((profile) => auditFile(profile, what, sink)));
}

export function combine(verdicts: readonly Verdict[]): Verdict {
  const error = verdicts.findLast((verdict) => verdict.error !== undefined)?.error;
  const kill = verdicts.some((verdict) => verdict.kill);
  return error === undefined ? { kill } : { error, kill };
}

export function failedTransition(labels: TaskLabels, verdict: Verdict): Transition {
  const { error, kill } = verdict;
  return { labels, ...(error === undefined ? {} : { error }), ...(kill ? { kill } : {}) };
}

/**
 * The profile in which a profile in complain mode goes on when there is none to go to: a child that allows nothing, and so reports all that is
 * done. It is made once, and stays in the table of its parent.
 */
export function learningProfile(parent: Profile, base: string): Profile {
  const hname = `${parent.hname}//null-${base}`;
  const created = new Profile({ hname, ns: parent.ns, mode: 'complain', isNull: true });
  const existing = parent.children.find((child) => child.name === created.name);
  if (existing !== undefined) return existing;
  created.parent = parent;
  parent.children.unshift(created);
  return created;
}

/** A label made of what each profile becomes. */
export function labelOf(profiles: readonly Label[]): Label | undefined {
  const [first, ...rest] = profiles.flatMap((label) => label.profiles);
  return first && Label.of(first, ...rest);
}
