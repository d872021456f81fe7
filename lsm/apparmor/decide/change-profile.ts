/** Transitions that a task asks for: changeprofile, stack and exec of /proc/<pid>/attr (aa_change_profile in domain.c). */
import { E, type Errno, failed } from '../../../linux/errno.ts';
import { Label } from '../policy/label.ts';
import { parseLabel } from '../policy/label-text.ts';
import type { Profile } from '../policy/namespace.ts';
import { MAY, NO_PERMISSIONS, type Permissions } from '../policy/permissions.ts';
import type { DomainOperation } from '../policy/records.ts';
import { auditAll, auditFile, combine, type FileAudit, type FileResult } from './file-audit.ts';
import { matchLabel } from './label-match.ts';
import { type TaskLabels, withoutTransition } from './task-labels.ts';
import {
  failedTransition,
  gainsPrivileges,
  labelOf,
  learningProfile,
  rememberNoNewPrivs,
  TRACER_INFO,
  type Transition,
  type TransitionEnvironment,
  tracerForbids,
} from './transition.ts';

export interface ChangeProfile {
  /** At the next exec instead of now. */
  readonly onexec: boolean;
  /** Add the label to the one in force; so does a leading `&` of the name. */
  readonly stack: boolean;
  /** Only ask whether it would be allowed. */
  readonly test: boolean;
  /**
   * The sysctl apparmor_restrict_unprivileged_unconfined is set, and the task lacks CAP_MAC_OVERRIDE: unconfined can
   * only add to itself.
   */
  readonly restricted?: boolean;
}

const RESTRICTED_INFO = 'change_profile unprivileged unconfined converted to stacking';

const OPERATIONS: { readonly [How in 'now' | 'onexec']: readonly [DomainOperation, DomainOperation] } = {
  now: ['change_profile', 'stack'],
  onexec: ['change_onexec', 'stack_onexec'],
};

export function changeProfile(
  before: TaskLabels,
  name: string,
  how: ChangeProfile,
  env: TransitionEnvironment,
): Transition {
  const labels = rememberNoNewPrivs({ ...before, label: before.label.newest() }, env);
  if (name === '') return { labels, error: E.EINVAL };
  const request = how.onexec ? MAY.ONEXEC : MAY.CHANGE_PROFILE;
  const operation = OPERATIONS[how.onexec ? 'onexec' : 'now'][how.stack ? 1 : 0];
  const what: FileAudit = { operation, request, name };
  const { label } = labels;
  const converted = how.restricted === true && !how.stack && !label.stacked && label.profiles[0].isNamespaceUnconfined;
  if (converted) {
    const permissions = { ...NO_PERMISSIONS, audit: request };
    auditAll(label.inScope, { ...what, info: RESTRICTED_INFO, permissions }, env.audit);
  }
  const stack = how.stack || converted || name.startsWith('&');
  const text = name.startsWith('&') ? name.slice(1) : name;
  const found = findTarget(label, text, how.test);
  if ('error' in found) {
    const verdict = auditAll(label.inScope, { ...what, info: 'label not found', error: found.error }, env.audit);
    return failedTransition(labels, verdict);
  }
  const { target } = found;
  let permissions = NO_PERMISSIONS;
  if (!found.learning) {
    const permits = label.inScope.map((profile) => permit(profile, target, stack, what, env));
    const verdict = combine(permits);
    if (verdict.error !== undefined || verdict.kill) return failedTransition(labels, verdict);
    // All profiles are heard about what comes of it with the permissions that the last of them gave.
    permissions = permits.at(-1)?.permissions ?? NO_PERMISSIONS;
  }
  const forbidden = tracerForbids(env, target) ? { info: TRACER_INFO, error: E.EACCES } : undefined;
  if (forbidden !== undefined && !label.inScope.some((profile) => profile.mode === 'complain')) {
    return failedTransition(labels, auditAll(label.inScope, { ...what, permissions, ...forbidden, target }, env.audit));
  }
  if (how.test) return { labels };
  const next = (stack ? label.merge(target) : replaceInScope(label, target)).enlist();
  if (!stack && gainsPrivileges(labels, next, env)) return { labels, error: E.EPERM };
  const info = forbidden?.info ?? (found.learning ? 'label not found' : undefined);
  const done = { ...what, permissions, info };
  if (how.onexec) {
    // A learning profile goes on where its tracer may not follow; only the plan for exec is an error all the same.
    const verdict = auditAll(label.inScope, { ...done, error: forbidden?.error, target }, env.audit);
    return failedTransition({ ...labels, onexec: target, token: stack ? 1n : 0n }, verdict);
  }
  auditAll(label.inScope, { ...done, target: next }, env.audit);
  return { labels: enter(labels, next) };
}

type Target = { readonly target: Label; readonly learning: boolean } | { readonly error: Errno };

function findTarget(label: Label, text: string, test: boolean): Target {
  const target = parseLabel(label, text);
  if (!failed(target)) return { target: target.enlist(), learning: false };
  const last = label.profiles.at(-1) ?? label.profiles[0];
  if (test || last.mode !== 'complain') return { error: target };
  return { target: Label.of(learningProfile(last, text)), learning: true };
}

function permit(
  profile: Profile,
  target: Label,
  stack: boolean,
  what: FileAudit,
  env: TransitionEnvironment,
): FileResult & { readonly permissions: Permissions } {
  const state = profile.rules.file?.fileStart ?? 0;
  const { allowed, permissions } = matchLabel(profile, target, { stack, request: what.request, state });
  if (allowed) return { kill: false, permissions };
  return { ...auditFile(profile, { ...what, permissions, error: E.EACCES, target }, env.audit), permissions };
}

/** Profiles of other namespaces stay. */
function replaceInScope(label: Label, target: Label): Label {
  const parts = label.profiles.map((profile) => (profile.ns === label.namespace ? target : Label.of(profile)));
  return labelOf(parts) ?? target;
}

/** The task's label from now on. What was planned for the old one is forgotten when it means nothing to the new one. */
function enter(labels: TaskLabels, label: Label): TaskLabels {
  if (label.equals(labels.label)) return labels;
  const forget = label.unconfined || label.namespace !== labels.label.namespace;
  return { ...(forget ? withoutTransition(labels) : labels), label };
}
