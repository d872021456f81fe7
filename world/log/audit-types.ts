/** Names of audit record types in a world's log. */
import { recordNames } from '../../lsm/framework/audit/record-line.ts';
import { KNOWN_MODULES } from '../../lsm/known-modules.ts';

/** As auditd writes it: numbers without a name are `UNKNOWN[1336]`. */
export const auditTypeName: (type: number) => string = recordNames(KNOWN_MODULES).of;
