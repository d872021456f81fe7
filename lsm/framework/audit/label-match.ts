/** Fields of rules that are about labels: which parts of them, and how they compare. */
import { FIELD, OP } from '../../../linux/audit.ts';
import type { FileFacts } from '../files/file-facts.ts';
import type { LabelRule } from '../labels/label-rule.ts';
import type { Task } from '../task.ts';
import type { RuleField } from './rule.ts';

/** Is a label as the rule says? `undefined` for a rule that no module knows. */
export type LabelMatch = (rule: LabelRule, labelled: Task | FileFacts) => boolean | undefined;

const LABELS: ReadonlyMap<number, LabelRule['field']> = new Map([
  [FIELD.SUBJ_USER, 'subj_user'],
  [FIELD.SUBJ_ROLE, 'subj_role'],
  [FIELD.SUBJ_TYPE, 'subj_type'],
  [FIELD.SUBJ_SEN, 'subj_sen'],
  [FIELD.SUBJ_CLR, 'subj_clr'],
  [FIELD.OBJ_USER, 'obj_user'],
  [FIELD.OBJ_ROLE, 'obj_role'],
  [FIELD.OBJ_TYPE, 'obj_type'],
  [FIELD.OBJ_LEV_LOW, 'obj_lev_low'],
  [FIELD.OBJ_LEV_HIGH, 'obj_lev_high'],
]);
const ORDERS: ReadonlyMap<number, NonNullable<LabelRule['order']>> = new Map([
  [OP.LESS, '<'],
  [OP.LESS_OR_EQUAL, '<='],
  [OP.GREATER, '>'],
  [OP.GREATER_OR_EQUAL, '>='],
]);

export function isLabelField(type: number): boolean {
  return LABELS.has(type);
}

export function isAboutTasks(type: number): boolean {
  return LABELS.get(type)?.startsWith('subj_') === true;
}

/** What modules are asked about a field that is about labels. */
export function labelRuleOf({ type, op, value }: RuleField): LabelRule | undefined {
  const field = LABELS.get(type);
  const order = ORDERS.get(op);
  return field && { field, value: String(value), ...(order && { order }) };
}

/** `undefined` where no module knows such a rule. */
export function matchesLabel(field: RuleField, labels: LabelMatch, labelled: Task | FileFacts): boolean | undefined {
  const rule = labelRuleOf(field);
  const found = rule && labels(rule, labelled);
  return found === undefined ? undefined : found !== (field.op === OP.NOT_EQUAL);
}
