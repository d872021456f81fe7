/**
 * Names of audit record types (libaudit's msg_typetab), as far as security modules write them.
 */
const NAMES: ReadonlyMap<number, string> = new Map([
  [1107, 'USER_AVC'],
  [1300, 'SYSCALL'],
  [1400, 'AVC'],
  [1401, 'SELINUX_ERR'],
  [1402, 'AVC_PATH'],
  [1403, 'MAC_POLICY_LOAD'],
  [1404, 'MAC_STATUS'],
  [1405, 'MAC_CONFIG_CHANGE'],
  [1420, 'IPE_ACCESS'],
  [1421, 'IPE_CONFIG_CHANGE'],
  [1422, 'IPE_POLICY_LOAD'],
  [1423, 'LANDLOCK_ACCESS'],
  [1424, 'LANDLOCK_DOMAIN'],
  [1800, 'INTEGRITY_DATA'],
  [1801, 'INTEGRITY_METADATA'],
  [1802, 'INTEGRITY_STATUS'],
  [1803, 'INTEGRITY_HASH'],
  [1804, 'INTEGRITY_PCR'],
  [1805, 'INTEGRITY_RULE'],
  [1806, 'INTEGRITY_EVM_XATTR'],
  [1807, 'INTEGRITY_POLICY_RULE'],
]);

/** As auditd writes it: numbers without a name are `UNKNOWN[1336]`. */
export function auditTypeName(type: number): string {
  return NAMES.get(type) ?? `UNKNOWN[${type}]`;
}
