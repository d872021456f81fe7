/**
 * Rules about parts of labels, which other modules decide about: security_audit_rule_init() and security_audit_rule_match().
 */
import type { InodeFacts } from '../files/inode.ts';
import type { Task } from '../task.ts';

/** Parts of labels of a file or a task, by the words of rules. */
export const LABEL_FIELDS = ['obj_user', 'obj_role', 'obj_type', 'subj_user', 'subj_role', 'subj_type'] as const;
export type LabelField = (typeof LABEL_FIELDS)[number];

/** Levels of the range of a label, which only rules of audit name. */
export type LevelField = 'subj_sen' | 'subj_clr' | 'obj_lev_low' | 'obj_lev_high';

export interface LabelRule {
  readonly field: LabelField | LevelField;
  readonly value: string;
  /** How the label's level is to compare with that of the rule; absent = they are equal. */
  readonly order?: '<' | '<=' | '>' | '>=';
}

/** What has the label. */
export type Labelled =
  | { readonly task: Task; readonly inode?: undefined }
  | { readonly inode: InodeFacts; readonly task?: undefined };
