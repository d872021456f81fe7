/**
 * Names of audit record types (libaudit's msg_typetab), as far as modules and audit itself write them, with the usual
 * ones of programs. Those of one module are among its facts.
 */
import { KNOWN_MODULES } from '../../lsm/known-modules.ts';

const NAMES: ReadonlyMap<number, string> = new Map([
  ...KNOWN_MODULES.flatMap(({ auditRecords }) => auditRecords ?? []),
  [1005, 'USER'],
  [1006, 'LOGIN'],
  [1020, 'CONTAINER_OP'],
  [1022, 'SET_CAPCONTID'],
  [1100, 'USER_AUTH'],
  [1101, 'USER_ACCT'],
  [1103, 'CRED_ACQ'],
  [1104, 'CRED_DISP'],
  [1105, 'USER_START'],
  [1106, 'USER_END'],
  [1107, 'USER_AVC'],
  [1108, 'USER_CHAUTHTOK'],
  [1110, 'CRED_REFR'],
  [1111, 'USER_LOGIN_UID'],
  [1112, 'USER_LOGIN'],
  [1113, 'USER_LOGOUT'],
  [1114, 'ADD_USER'],
  [1115, 'DEL_USER'],
  [1116, 'ADD_GROUP'],
  [1117, 'DEL_GROUP'],
  [1123, 'USER_CMD'],
  [1124, 'USER_TTY'],
  [1130, 'SERVICE_START'],
  [1131, 'SERVICE_STOP'],
  [1300, 'SYSCALL'],
  [1302, 'PATH'],
  [1305, 'CONFIG_CHANGE'],
  [1306, 'SOCKADDR'],
  [1307, 'CWD'],
  [1309, 'EXECVE'],
  [1318, 'OBJ_PID'],
  [1320, 'EOE'],
  [1327, 'PROCTITLE'],
  [1328, 'FEATURE_CHANGE'],
  [1335, 'EVENT_LISTENER'],
  [1337, 'OPENAT2'],
  [1340, 'CONTAINER_ID'],
  [1400, 'AVC'],
  [1402, 'AVC_PATH'],
  [1403, 'MAC_POLICY_LOAD'],
  [1404, 'MAC_STATUS'],
  [1405, 'MAC_CONFIG_CHANGE'],
  [1425, 'MAC_TASK_CONTEXTS'],
  [1426, 'MAC_OBJ_CONTEXTS'],
  [1800, 'INTEGRITY_DATA'],
  [1801, 'INTEGRITY_METADATA'],
  [1802, 'INTEGRITY_STATUS'],
  [1803, 'INTEGRITY_HASH'],
  [1804, 'INTEGRITY_PCR'],
  [1805, 'INTEGRITY_RULE'],
  [1807, 'INTEGRITY_POLICY_RULE'],
]);

/** As auditd writes it: numbers without a name are `UNKNOWN[1336]`. */
export function auditTypeName(type: number): string {
  return NAMES.get(type) ?? `UNKNOWN[${type}]`;
}
