/**
 * What labelled networking records when Smack sets it up: smk_cipso_doi() and smk_unlbl_ambient() of
 * security/smack/smackfs.c, Linux 6.12.
 */
import { AUDIT } from '../../../linux/audit.ts';
import { netlabelBody } from '../../framework/audit/boot-records.ts';
import type { KernelLog } from '../../framework/facts.ts';

/** SMACK_CIPSO_DOI_DEFAULT */
const DOI = 3;

/** @param label of the task that boots. */
export function recordNetlabel(log: KernelLog, label: string | undefined): void {
  const say = (type: number, rest: string): void => log.audit(type, netlabelBody(label, `${rest} res=1`));
  say(AUDIT.MAC_MAP_DEL, 'nlbl_domain=(default)');
  say(AUDIT.MAC_CIPSOV4_ADD, `cipso_doi=${DOI} cipso_type=pass`);
  say(AUDIT.MAC_MAP_ADD, `nlbl_domain=(default) nlbl_protocol=cipsov4 cipso_doi=${DOI}`);
  say(AUDIT.MAC_MAP_ADD, 'nlbl_domain=_ nlbl_protocol=unlbl');
}
