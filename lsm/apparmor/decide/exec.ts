/** Transitions at exec (apparmor_bprm_creds_for_exec in domain.c). */
import { E, type Errno, failed } from '../../../linux/errno.ts';
import type { ExecFile } from '../../framework/events.ts';
import { NO_STATE } from '../policy/dfa.ts';
import { Label } from '../policy/label.ts';
import { parseLabel } from '../policy/label-text.ts';
import { findChild } from '../policy/lookup.ts';
import type { Profile } from '../policy/namespace.ts';
import { MAY, NO_PERMISSIONS, type Permissions, X } from '../policy/permissions.ts';
import { type Attachment, type Executable, findAttachment } from './attachment.ts';
import { connectPath, DELETED_INFO, DISCONNECTED_INFO, PATH } from './file.ts';
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

export interface ExecTransition extends Transition {
  /** AT_SECURE: the loader must not trust the environment. */
  readonly secure: boolean;
}

/** What one profile of the label becomes. */
interface Step {
  readonly label?: Label;
  readonly verdict: FileResult;
  readonly secure: boolean;
}

/** @param file absent = its path could not be found out. */
export function exec(before: TaskLabels, file: ExecFile | undefined, env: TransitionEnvironment): ExecTransition {
  const labels = rememberNoNewPrivs({ ...before, label: before.label.newest() }, env);
  const steps = new Steps(file, env);
  const result = steps.label(labels);
  if (!(result instanceof Label)) return { ...failedTransition(labels, result), secure: false };
  const blocked = blockedBy(labels, result, env);
  if (blocked !== undefined) {
    const verdict = auditAll(labels.label.profiles, { ...steps.what, ...blocked, target: result }, env.audit);
    if (verdict.error !== undefined) return { ...failedTransition(labels, verdict), secure: false };
    // In complain mode the exec goes on, with the label as it was.
    return { labels: withoutTransition(labels), secure: false };
  }
  return { labels: { ...withoutTransition(labels), label: result }, secure: steps.secure };
}

function blockedBy(labels: TaskLabels, target: Label, env: TransitionEnvironment) {
  if (gainsPrivileges(labels, target, env)) return { info: 'no new privs', error: E.EPERM };
  return tracerForbids(env, target) ? { info: TRACER_INFO, error: E.EACCES } : undefined;
}

class Steps {
  readonly what: FileAudit;
  readonly #file: ExecFile | undefined;
  readonly #env: TransitionEnvironment;
  readonly #owner: boolean;
  secure = false;

  constructor(file: ExecFile | undefined, env: TransitionEnvironment) {
    const fsuid = file?.call?.fsuid ?? 0;
    const ouid = file?.inode?.uid ?? 0;
    this.#file = file;
    this.#env = env;
    this.#owner = fsuid === ouid;
    const name = file?.call?.filename ?? file?.path;
    this.what = { operation: 'exec', request: MAY.EXEC, name, owners: { fsuid, ouid } };
  }

  /** The label after the exec, or what stands against it. */
  label(labels: TaskLabels): Label | FileResult {
    const { label } = labels;
    const onexec = labels.onexec?.newest();
    if (onexec === undefined) return this.#all(label, (profile) => this.#transition(profile));
    const stack = (labels.token ?? 0n) !== 0n;
    const allowed = combine(label.inScope.map((profile) => this.#permitOnexec(profile, onexec, stack)));
    if (allowed.error !== undefined || allowed.kill) return allowed;
    return this.#all(label, (profile) => {
      if (profile.ns !== label.namespace) return this.#transition(profile);
      return passed(stack ? Label.of(profile).merge(onexec) : onexec);
    });
  }

  #all(label: Label, step: (profile: Profile) => Step): Label | FileResult {
    const parts: Label[] = [];
    for (const profile of label.profiles) {
      const { label: part, verdict, secure } = step(profile);
      if (part === undefined) return { ...verdict, error: verdict.error ?? E.EACCES };
      if (secure) this.secure = true;
      parts.push(part);
    }
    const [only] = parts;
    return ((parts.length === 1 ? only : labelOf(parts)) ?? label).enlist();
  }

  /** The program with its path as this profile has it (aa_path_name). */
  #lookUp({ rules }: Profile): Executable | { readonly error: Errno; readonly info?: string } {
    if (this.#file === undefined) return { error: E.ENOENT };
    const { path, inode, call } = this.#file;
    if (call?.deleted === true && (rules.pathFlags & PATH.ANY_DELETED) === 0) {
      return { error: E.ENOENT, info: DELETED_INFO };
    }
    const name = call?.disconnected === true ? connectPath(rules, path) : path;
    if (failed(name)) return { error: name, info: DISCONNECTED_INFO };
    return { path: name, ...(inode && { xattrs: inode.xattrs }) };
  }

  #transition(profile: Profile): Step {
    const file = this.#lookUp(profile);
    if (profile.unconfined) {
      const found = 'error' in file ? undefined : findAttachment(profile.ns.profiles, file).profile;
      return passed(Label.of(found ?? profile));
    }
    if ('error' in file) return this.#fail(profile, NO_PERMISSIONS, { info: file.info }, file.error);
    const name = file.path;
    const { permissions } = this.#pathPermissions(profile, file.path);
    if ((permissions.allow & MAY.EXEC) === 0) {
      return profile.mode === 'complain'
        ? this.#learn(profile, file, permissions)
        : this.#fail(profile, permissions, { name }, E.EACCES);
    }
    const found = findTarget(profile, file, permissions.xindex);
    const fields = { name, info: found.info, target: found.name };
    if (found.label === undefined) {
      const refused = { ...permissions, allow: (permissions.allow & ~MAY.EXEC) >>> 0 };
      return this.#fail(profile, refused, { ...fields, info: 'profile transition not found' }, E.EACCES);
    }
    found.label.enlist();
    auditFile(profile, { ...this.what, permissions, ...fields, target: found.label }, this.#env.audit);
    const stays =
      found.info !== undefined && found.label.profiles.length === 1 && found.label.profiles[0] === profile.newest();
    return { label: found.label, verdict: { kill: false }, secure: !stays && (permissions.xindex & X.UNSAFE) === 0 };
  }

  #learn(profile: Profile, file: Executable, permissions: Permissions): Step {
    const label = Label.of(learningProfile(profile, file.path));
    const what = { ...this.what, name: file.path, permissions, target: label, error: E.EACCES };
    return { label, verdict: auditFile(profile, what, this.#env.audit), secure: false };
  }

  #fail(profile: Profile, permissions: Permissions, fields: Partial<FileAudit>, error: Errno): Step {
    const { kill } = auditFile(profile, { ...this.what, permissions, ...fields, error }, this.#env.audit);
    // Whatever the mode of the profile, there is nothing to go on with.
    return { verdict: { error, kill }, secure: false };
  }

  #pathPermissions(profile: Profile, path: string): { readonly state: number; readonly permissions: Permissions } {
    const { file } = profile.rules;
    if (file === undefined) return { state: NO_STATE, permissions: NO_PERMISSIONS };
    const state = file.dfa.matchText(file.fileStart, path);
    return { state, permissions: file.filePermissions(state, this.#owner) };
  }

  /** Where rules about changes at exec name this executable, one must go on with the name of the label (profile_onexec). */
  #permitOnexec(profile: Profile, onexec: Label, stack: boolean): FileResult {
    if (profile.unconfined) return { kill: false };
    const unnamed: FileAudit = { ...this.what, request: MAY.ONEXEC, target: onexec };
    const file = this.#lookUp(profile);
    if ('error' in file) return auditFile(profile, { ...unnamed, ...file }, this.#env.audit);
    const what = { ...unnamed, name: file.path };
    const { state, permissions } = this.#pathPermissions(profile, file.path);
    // The kernel has text for a refusal here, but no error to go with it: without any rule for the executable, whatever
    // was planned happens.
    if ((permissions.allow & MAY.ONEXEC) === 0) return { kill: false };
    const start = profile.rules.file?.dfa.next(state, 0) ?? NO_STATE;
    const match = matchLabel(profile, onexec, { stack, request: MAY.ONEXEC, state: start });
    if (!match.allowed) {
      const refused = { ...match.permissions, allow: (match.permissions.allow & ~MAY.ONEXEC) >>> 0 };
      const info = 'change_profile onexec';
      return auditFile(profile, { ...what, permissions: refused, info, error: E.EACCES }, this.#env.audit);
    }
    if ((match.permissions.xindex & X.UNSAFE) === 0) this.secure = true;
    return auditFile(profile, { ...what, permissions: match.permissions }, this.#env.audit);
  }
}

function passed(label: Label): Step {
  return { label, verdict: { kill: false }, secure: false };
}

export interface ExecTarget {
  readonly label: Label | undefined;
  readonly info: string | undefined;
  /** The name that was looked up. */
  readonly name: string | undefined;
}

/** Where the transition of a file rule leads (x_to_label). */
export function findTarget(profile: Profile, file: Executable, xindex: number): ExecTarget {
  const kind = xindex & (X.NAME | X.TABLE);
  const named = kind === X.TABLE ? findNamed(profile, xindex) : undefined;
  const stack = named?.name?.startsWith('&') === true ? named.label : undefined;
  const byPath = kind === X.NAME || stack !== undefined;
  const attachment = byPath ? attach(profile, file, xindex) : {};
  const direct = byPath ? attachment.profile && Label.of(attachment.profile) : named?.label;
  const { label, info } =
    direct === undefined ? fallback(profile, xindex, attachment.info) : { label: direct, info: attachment.info };
  return {
    label: label !== undefined && stack !== undefined ? label.merge(stack) : label,
    info,
    name: byPath ? file.path : named?.name,
  };
}

function attach(profile: Profile, file: Executable, xindex: number): Attachment {
  return findAttachment((xindex & X.CHILD) === 0 ? profile.ns.profiles : profile.children, file);
}

function findNamed(profile: Profile, xindex: number): ExecTarget {
  const name = profile.rules.file?.transitions[xindex & X.INDEX_MASK];
  const text = name?.startsWith('&') === true ? name.slice(1) : name;
  if (text === undefined) return { label: undefined, info: undefined, name };
  if ((xindex & X.CHILD) !== 0) {
    const child = findChild(profile.children, text);
    return { label: child && Label.of(child), info: undefined, name };
  }
  const label = parseLabel(Label.of(profile), text);
  return { label: failed(label) ? undefined : label, info: undefined, name };
}

function fallback(profile: Profile, xindex: number, info: string | undefined): Pick<ExecTarget, 'label' | 'info'> {
  if ((xindex & X.INHERIT) !== 0) return { label: Label.of(profile), info: 'ix fallback' };
  if ((xindex & X.UNCONFINED) !== 0) return { label: Label.of(profile.ns.unconfined), info: 'ux fallback' };
  return { label: undefined, info };
}
