/**
 * Entering and leaving hats: sub-profiles that a program changes between, keeping the way back with a secret
 * (aa_change_hat in domain.c).
 */
import { E, type Errno } from '../../../linux/errno.ts';
import { Label } from '../policy/label.ts';
import { findChild } from '../policy/lookup.ts';
import type { Profile } from '../policy/namespace.ts';
import { MAY, NO_PERMISSIONS } from '../policy/permissions.ts';
import { auditAll, auditFile, type FileAudit, type FileResult } from './file-audit.ts';
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

const WHAT: FileAudit = { operation: 'change_hat', request: MAY.CHANGE_HAT };

/** @param hats names to try in turn; none = go back to where the first hat was entered. */
export function changeHat(
  before: TaskLabels,
  hats: readonly string[],
  token: bigint,
  how: { readonly test: boolean },
  env: TransitionEnvironment,
): Transition {
  const labels = rememberNoNewPrivs({ ...before, label: before.label.newest() }, env);
  if (labels.label.unconfined) return refuse(labels, 'unconfined can not change_hat', E.EPERM, env);
  return hats.length > 0 ? enterHat(labels, hats, token, how.test, env) : leaveHat(labels, token, how.test, env);
}

function refuse(
  labels: TaskLabels,
  info: string,
  error: Errno,
  env: TransitionEnvironment,
  target?: Label,
): Transition {
  const verdict = auditAll(labels.label.inScope, { ...WHAT, info, error, target }, env.audit);
  return failedTransition(labels, { ...verdict, error });
}

function enterHat(
  labels: TaskLabels,
  hats: readonly string[],
  token: bigint,
  test: boolean,
  env: TransitionEnvironment,
): Transition {
  const hat = findHat(labels.label, hats, env);
  if (!(hat instanceof Label)) return failedTransition(labels, hat);
  if (tracerForbids(env, hat)) return refuse(labels, TRACER_INFO, E.EACCES, env);
  if (gainsPrivileges(labels, hat, env)) return { labels, error: E.EPERM };
  if (test) return { labels };
  const { onexec: _forgotten, ...kept } = labels;
  if (labels.previous === undefined) return { labels: { ...kept, label: hat, previous: labels.label, token } };
  return token === (labels.token ?? 0n) ? { labels: { ...kept, label: hat } } : wrongToken(labels, hat, env);
}

function leaveHat(labels: TaskLabels, token: bigint, test: boolean, env: TransitionEnvironment): Transition {
  const previous = labels.previous?.newest();
  if (previous === undefined || test) return { labels };
  if (gainsPrivileges(labels, previous, env)) return { labels, error: E.EPERM };
  if (token !== (labels.token ?? 0n)) return wrongToken(labels, previous, env);
  return { labels: { ...withoutTransition(labels), label: previous } };
}

/** Guessing is not given a second try. */
function wrongToken(labels: TaskLabels, target: Label, env: TransitionEnvironment): Transition {
  const permissions = { ...NO_PERMISSIONS, kill: MAY.CHANGE_HAT };
  const what = { ...WHAT, permissions, info: 'failed token match', error: E.EACCES, target };
  auditAll(labels.label.inScope, what, env.audit);
  return { labels, error: E.EACCES, kill: true };
}

/** The first hat that all profiles of the label's namespace have. */
function findHat(label: Label, hats: readonly string[], env: TransitionEnvironment): Label | FileResult {
  const sibling = (label.profiles.at(-1) ?? label.profiles[0]).isHat;
  for (const name of hats) {
    const found = lookForHat(label, name, sibling);
    if (found === 'usable') return buildHat(label, name, sibling, env);
    if (found !== 'missing') return reportMiss(label, hats.length, { ...WHAT, name, ...found }, env);
  }
  const error = label.inScope.some((profile) => profile.children.length > 0) ? E.ENOENT : E.ECHILD;
  const info = error === E.ENOENT ? 'hat not found' : 'no hats defined';
  return reportMiss(label, hats.length, { ...WHAT, info, error }, env);
}

type HatLookup = 'usable' | 'missing' | { readonly info: string; readonly error: Errno };

function lookForHat(label: Label, name: string, sibling: boolean): HatLookup {
  for (const profile of label.inScope) {
    const root = hatRoot(profile, sibling);
    if (root === undefined) return { info: 'conflicting targets types', error: E.EPERM };
    const hat = findChild(root.children, name);
    if (hat === undefined) {
      if (profile.mode !== 'complain') return 'missing';
    } else if (!hat.isHat) return { info: 'target not hat', error: E.EPERM };
  }
  return 'usable';
}

/** Where hats are looked for: hats are children, and from a hat, its siblings. */
function hatRoot(profile: Profile, sibling: boolean): Profile | undefined {
  if (sibling !== profile.isHat) return undefined;
  return sibling ? profile.parent : profile;
}

function buildHat(label: Label, name: string, sibling: boolean, env: TransitionEnvironment): Label {
  const parts = label.profiles.map((profile) => {
    if (profile.ns !== label.namespace) return Label.of(profile);
    const root = hatRoot(profile, sibling) ?? profile;
    const hat = findChild(root.children, name);
    const target = hat ?? learningProfile(profile, name);
    const error = hat === undefined ? E.ENOENT : undefined;
    auditFile(profile, { ...WHAT, name, target: Label.of(target), error }, env.audit);
    return Label.of(target);
  });
  return (labelOf(parts) ?? label).enlist();
}

/** Programs try hats to see which exist, so a single miss is not worth a record. */
function reportMiss(
  label: Label,
  tried: number,
  what: FileAudit & { error: Errno },
  env: TransitionEnvironment,
): FileResult {
  const heard = label.inScope.filter((profile) => tried > 1 || profile.mode === 'complain');
  return { ...auditAll(heard, what, env.audit), error: what.error };
}
