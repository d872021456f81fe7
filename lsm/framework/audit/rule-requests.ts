/**
 * Requests that change rules.
 */
import { AUDIT, LOCKED } from '../../../linux/audit.ts';
import { E, failed, type Result } from '../../../linux/errno.ts';
import { untrusted } from './audit-text.ts';
import { type AuditRequest, type AuditResult, recordEnabled, recordRequest } from './request.ts';
import { RequestTexts, untilFirstNul } from './request-texts.ts';
import { parseAuditRule, RULE_SIZE, type RuleField } from './rule.ts';
import { keyText, labelText, sessionText } from './subject.ts';

/** The two of AUDIT_MAKE_EQUIV. */
const LENGTHS = 8;

/** AUDIT_ADD_RULE and AUDIT_DEL_RULE: audit_rule_change() */
export function changeRules(request: AuditRequest): AuditResult {
  const { message, sender } = request;
  const { rules, status } = request.instance;
  const adds = message.type === AUDIT.ADD_RULE;
  const operation = adds ? 'add_rule' : 'remove_rule';
  if (message.data.length < RULE_SIZE) return E.EINVAL;
  if (status.enabled === LOCKED) {
    recordRequest(request, ` op=${operation} audit_enabled=${status.enabled} res=0`);
    return E.EPERM;
  }
  const refusal = (field: RuleField) => request.instance.labelRefusal(field);
  const rule = parseAuditRule(message.data, sender.paths, status.hasContainers, refusal);
  if (failed(rule)) return rule;
  const refused = adds ? rules.add(rule, sender.paths) : rules.remove(rule);
  const { subject } = sender;
  const result = `${keyText(rule.key)} list=${rule.list} res=${refused === undefined ? 1 : 0}`;
  recordEnabled(
    request.audit,
    AUDIT.CONFIG_CHANGE,
    `${sessionText(subject)}${labelText(subject)} op=${operation}${result}`,
    subject,
  );
  return refused;
}

/** AUDIT_MAKE_EQUIV */
export function makeEquivalent(request: AuditRequest): AuditResult {
  const { instance, sender, message } = request;
  if (instance.status.enabled === LOCKED) return E.EPERM;
  const pair = equivalentPaths(message.data);
  if (failed(pair)) return pair;
  const [old, fresh] = pair;
  const refused = sender.paths.exists(fresh) ?? sender.paths.exists(old);
  const paths = `old=${untrusted(old)} new=${untrusted(fresh)}`;
  recordRequest(request, ` op=make_equiv ${paths} res=${refused === undefined ? 1 : 0}`);
  return refused;
}

/** u32 length of the first path, u32 length of the second, both paths. */
export function equivalentPaths(data: Uint8Array): Result<readonly [string, string]> {
  if (data.length < LENGTHS) return E.EINVAL;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const texts = new RequestTexts(data, LENGTHS);
  const first = texts.next(view.getUint32(0, true));
  if (failed(first)) return first;
  const second = texts.next(view.getUint32(4, true));
  return failed(second) ? second : [untilFirstNul(first), untilFirstNul(second)];
}
