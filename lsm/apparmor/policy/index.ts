/** AppArmor policy: profiles, namespaces, labels, and every decision made from them. */
import type { Errno, Result } from '../../../vfs/errno.ts';
import type { Audit, DomainAudit, PolicyAudit } from './audit.ts';
import type { Label } from './label.ts';
import type { PolicyNamespace } from './namespace.ts';
import type { Permissions } from './permissions.ts';
import type { Profile } from './profile.ts';
import type { TaskLabels } from './task-labels.ts';

export type { Audit, DomainAudit, PolicyAudit } from './audit.ts';
export { Label } from './label.ts';
export { PROFILE_MODES, type ProfileMode } from './mode.ts';
export { PolicyNamespace } from './namespace.ts';
export { MAY, type Permissions, X } from './permissions.ts';
export { Profile, ProfileDirectory } from './profile.ts';
export { RawData } from './raw-data.ts';
export type { TaskLabels } from './task-labels.ts';

// ---- state ----
/** Which lists of a namespace changed: for invalidation and for wake-ups. `revision` comes once per successful change. */
export type PolicyChange = (ns: PolicyNamespace, what: 'revision' | 'profiles' | 'rawData' | 'namespaces') => void;

export declare class Policy {
  constructor(onChange?: PolicyChange);
  readonly root: PolicyNamespace;
  /** Label of a task that nothing confines: root's unconfined. */
  readonly unconfined: Label;
  /**
   * A write to .load or .replace. `base`: the namespace the file is bound to, or that of the writer's label. Privilege, position and lock checks are
   * the caller's. An empty write is EINVAL. Nothing is changed on failure except what the kernel leaves behind.
   */
  load(
    base: PolicyNamespace,
    bytes: Uint8Array,
    options: { replace: boolean },
    audit: Audit<PolicyAudit>,
  ): Result<number>;
  /** A write to .remove. */
  remove(base: PolicyNamespace, bytes: Uint8Array, audit: Audit<PolicyAudit>): Result<number>;
  /** mkdir in namespaces/ */
  createNamespace(parent: PolicyNamespace, name: string): Result<PolicyNamespace>;
  /** rmdir in namespaces/ */
  removeNamespace(parent: PolicyNamespace, name: string): Errno | undefined;
}

// ---- names and labels ----
export interface ParseOptions {
  /** Make compound labels that nobody uses; without it they are ENOENT. */
  readonly create: boolean;
  /** Is this compound label carried by a task or waiting as one's onexec, previous or nnp? Only asked when `create` is false. */
  readonly inUse?: (label: Label) => boolean;
}
export declare function parseLabel(base: Label, text: string, options: ParseOptions): Result<Label>;

export interface FormatOptions {
  /** Append ` (mode)`. */
  readonly mode: boolean;
  /** Show members of namespaces below the view (default true). */
  readonly subtree?: boolean;
  /** What stands for a label of which nothing is visible. */
  readonly hidden?: 'unconfined' | '---';
}
export declare function formatLabel(view: PolicyNamespace, label: Label, options: FormatOptions): string;
/** Content of the file `profiles`. */
export declare function listProfiles(view: PolicyNamespace): string;

// ---- .access ----
/** Answer to one written command, or the errno of the write. `fsuid`: of the asking task. */
export declare function accessQuery(
  command: Uint8Array,
  caller: { readonly label: Label; readonly fsuid: number },
  inUse: (label: Label) => boolean,
): Result<Uint8Array>;
/** `match` starts with the class byte. `all`: all profiles of the label instead of those in its namespace. */
export declare function labelPermissions(
  label: Label,
  match: Uint8Array,
  options: { all: boolean; fsuid: number },
): Permissions;

// ---- transitions ----
/** What a transition comes to. When `error` is set `labels` is unchanged. */
export interface Transition {
  readonly error?: Errno;
  readonly labels: TaskLabels;
  /** The task is sent SIGKILL. */
  readonly kill?: boolean;
}

export interface TransitionEnvironment {
  readonly noNewPrivs: boolean;
  /** May the task's tracer go on tracing it with this label? Default: there is no tracer. */
  readonly tracerAllows?: (label: Label) => boolean;
  readonly audit: Audit<DomainAudit>;
}

export declare function changeProfile(
  labels: TaskLabels,
  name: string,
  how: { readonly onexec: boolean; readonly stack: boolean; readonly test: boolean },
  env: TransitionEnvironment,
): Transition;

export declare function changeHat(
  labels: TaskLabels,
  hats: readonly string[],
  token: bigint,
  how: { readonly test: boolean },
  env: TransitionEnvironment,
): Transition;

export interface ExecSubject {
  /** Resolved path as bytes-in-latin-1; absent when it could not be resolved. */
  readonly path: string | undefined;
  readonly fileUid: number;
  readonly fsuid: number;
  /** Extended attributes, name to value (latin-1). */
  readonly xattrs?: Readonly<Record<string, string>>;
}
/** `secure`: AT_SECURE would be set. */
export declare function exec(
  labels: TaskLabels,
  file: ExecSubject,
  env: TransitionEnvironment,
): Transition & { readonly secure: boolean };

/** A label after a look-up of profiles by attachment: what an unconfined task becomes (aa-exec -n, `lsmfs why`). */
export declare function findAttachment(
  candidates: readonly Profile[],
  file: ExecSubject,
): { readonly profile?: Profile; readonly info?: string };
