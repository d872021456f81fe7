/**
 * A rule as the policy file shows it: ima_policy_show(). Each part is followed by a space.
 */

import { algorithmName } from '../../framework/digests/hash.ts';
import { LABEL_FIELDS } from '../../framework/labels/label-rule.ts';
import { templateName } from '../list/template.ts';
import type { ImaRule } from './rule.ts';
import { maskName } from './tokens.ts';

/** Ids as the reader's user namespace has them. */
export interface ShownIds {
  uid(id: number): number;
  gid(id: number): number;
}

const IDENTITY: ShownIds = { uid: (id) => id, gid: (id) => id };

export function showRule(rule: ImaRule, shown = IDENTITY): string {
  const parts: string[] = [rule.action];
  const add = (key: string, value: string | number | undefined): void => {
    if (value !== undefined) parts.push(`${key}=${value}`);
  };
  add('func', rule.func);
  add('mask', rule.mask && `${rule.mask.contains ? '^' : ''}${maskName(rule.mask.bit)}`);
  add('fsmagic', rule.fsmagic === undefined ? undefined : `0x${rule.fsmagic.toString(16)}`);
  add('fsname', rule.fsname);
  add('keyrings', rule.keyrings?.join('|'));
  add('label', rule.dataLabels?.join('|'));
  add('pcr', rule.pcr);
  add('fsuuid', rule.fsuuid);
  for (const part of ['uid', 'euid', 'gid', 'egid', 'fowner', 'fgroup'] as const) {
    const test = rule[part];
    const kind = part.includes('g') ? 'gid' : 'uid';
    if (test !== undefined) parts.push(`${part}${test.comparison}${shown[kind](test.id)}`);
  }
  const algorithms = rule.algorithms && [...rule.algorithms].sort((a, b) => a - b).map(algorithmName);
  add('appraise_algos', algorithms?.join(','));
  for (const field of LABEL_FIELDS) add(field, rule.labels?.[field]);
  add('template', rule.template && templateName(rule.template));
  const signed = rule.modsig === true ? 'imasig|modsig' : 'imasig';
  if (rule.signature === true) parts.push(`appraise_type=${rule.verity === true ? 'sigv3' : signed}`);
  if (rule.verity === true) parts.push('digest_type=verity');
  if (rule.directIo === true) parts.push('permit_directio');
  return `${parts.join(' ')} \n`;
}
