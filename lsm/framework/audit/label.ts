/** The `subj=` field of a task, and the `obj=` field of a file. */

import { textOf, untilNul } from '../../../linux/bytes.ts';
import { E, type Errno, failed } from '../../../linux/errno.ts';
import { KERNEL_CALLER } from '../../../vfs/tree/caller.ts';
import type { FileFacts } from '../files/file-facts.ts';
import type { InodeFacts } from '../files/inode.ts';
import type { HookList } from '../hooks.ts';
import type { Labelled, LabelRule } from '../labels/label-rule.ts';
import type { Task } from '../task.ts';
import type { LabelMatch } from './label-match.ts';

export interface AuditLabel {
  /** With several modules it is `?`. */
  readonly label: string;
  /** Body of the record MAC_TASK_CONTEXTS, which then follows: one label for each module that has one. */
  readonly contexts?: string;
}

/** The sender of a signal as SIGNAL_INFO tells it: by the first module that labels tasks, with the terminator that some count. */
export function senderContext(hooks: HookList, task: Task): Uint8Array {
  const caller = { ...KERNEL_CALLER, tid: task.tid, tgid: task.process.tgid };
  const [module] = hooks.having('getprocattr');
  const label = module?.hooks.getprocattr(task, task, 'context', caller);
  return label === undefined || failed(label) ? new Uint8Array(0) : label;
}

/** How labels show in records and rules. */
export interface AuditLabels {
  readonly matches: LabelMatch;
  /** Why there can be no such rule. One that no module knows can be: it may be known later. */
  refusal(rule: LabelRule): Errno | undefined;
  ofFile(task: Task, file: FileFacts): AuditLabel | undefined;
}

/** How the labels of a stack show in records and rules. @param hooks of the stack, once it is there. */
export function auditLabels(hooks: () => HookList): AuditLabels {
  return {
    matches: (rule, labelled) => labelMatches(hooks(), rule, labelled),
    refusal: (rule) => ruleRefusal(hooks(), rule),
    ofFile: (task, { inode }) => fileLabel(hooks(), task, inode),
  };
}

/** `undefined` when no module labels tasks. Model: audit_log_subj_ctx() of kernel/audit.c in Linux 6.18. */
export function auditLabel(hooks: HookList, task: Task): AuditLabel | undefined {
  const modules = hooks.having('getprocattr');
  const caller = { ...KERNEL_CALLER, tid: task.tid, tgid: task.process.tgid };
  const labels = modules.map(({ name, hooks }) => {
    const label = hooks.getprocattr(task, task, 'context', caller);
    return { name, label: failed(label) ? label : textOf(untilNul(label)).trimEnd() };
  });
  const [first] = labels;
  if (first === undefined) return undefined;
  if (labels.length === 1) return failed(first.label) ? undefined : { label: first.label };
  const known = labels.filter(({ label }) => label !== E.EOPNOTSUPP);
  return {
    label: '?',
    contexts: known.map(({ name, label }) => `subj_${name}=${failed(label) ? '?' : label}`).join(' '),
  };
}

/** The same of a file, in the view of that task. Model: audit_log_obj_ctx(). */
function fileLabel(hooks: HookList, task: Task, inode: InodeFacts): AuditLabel | undefined {
  const labels = hooks.having('inodeGetsecctx').flatMap(({ name, hooks }) => {
    const label = hooks.inodeGetsecctx(task, inode);
    return failed(label) ? [] : [{ name, label }];
  });
  const [first] = labels;
  if (first === undefined) return undefined;
  if (labels.length === 1) return { label: first.label };
  return { label: '?', contexts: labels.map(({ name, label }) => `obj_${name}=${label}`).join(' ') };
}

/** audit_data_to_entry() of kernel/auditfilter.c; of several modules one that knows the rule is enough. */
function ruleRefusal(hooks: HookList, rule: LabelRule): Errno | undefined {
  const verdicts = hooks.collect('auditRuleInit', rule);
  return verdicts.includes(true) ? undefined : verdicts.find(failed);
}

/** As LabelMatch of label-match.ts. */
function labelMatches(hooks: HookList, rule: LabelRule, labelled: Task | FileFacts): boolean | undefined {
  if (!hooks.collect('auditRuleInit', rule).includes(true)) return undefined;
  const what: Labelled = 'inode' in labelled ? { inode: labelled.inode } : { task: labelled };
  return hooks.collect('auditRuleMatch', rule, what).includes(true);
}
