/** What the ways into another label have in common (domain.c). */
import type { Errno } from '../../../linux/errno.ts';
import { Label } from '../policy/label.ts';
import { Profile } from '../policy/namespace.ts';
import type { FileRecord, RecordWriter } from '../policy/records.ts';
import { EMPTY_RULES } from '../policy/rules.ts';
import type { FileResult } from './file-audit.ts';
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
  readonly audit: RecordWriter<FileRecord>;
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

export function failedTransition(labels: TaskLabels, verdict: FileResult): Transition {
  const { error, kill } = verdict;
  return { labels, ...(error === undefined ? {} : { error }), ...(kill ? { kill } : {}) };
}

/**
 * The profile in which a profile in complain mode goes on when there is none to go to: a child that allows nothing, and
 * so reports all that is done. It is made once, and stays in the table of its parent.
 */
export function learningProfile(parent: Profile, base: string): Profile {
  const hname = `${parent.hname}//null-${base}`;
  const rules = { ...EMPTY_RULES, pathFlags: parent.rules.pathFlags };
  const created = new Profile({ hname, ns: parent.ns, mode: 'complain', isNull: true, rules });
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
