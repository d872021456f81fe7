/**
 * What a task does to keys: smack_key_permission() and smack_key_getsecurity() of security/smack/smack_lsm.c, Linux 6.12.
 * A key has its maker's label; one whose maker is not known is not protected.
 */
import { bytesOf } from '../../../linux/bytes.ts';
import { CAP } from '../../../linux/capability.ts';
import type { Errno } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { KeyNeed } from '../../framework/access/key-access.ts';
import type { KeyMakers } from '../../framework/access/key-makers.ts';
import type { MadeKey } from '../../framework/access/key-rings.ts';
import { untrusted } from '../../framework/audit/audit-text.ts';
import type { Hooks } from '../../framework/hook-table.ts';
import type { Task } from '../../framework/task.ts';
import { MAY } from '../decide/access.ts';
import type { SmackSecurity } from '../decide/security.ts';
import { shownIn } from '../namespaces/namespaces.ts';

const REQUESTS: Readonly<Record<KeyNeed, number>> = {
  view: MAY.READ,
  read: MAY.READ,
  search: MAY.READ,
  write: MAY.WRITE,
  link: MAY.WRITE,
  setattr: MAY.WRITE,
};

export function keyAccessHooks(
  security: SmackSecurity,
  makers: () => Pick<KeyMakers, 'find' | 'search'>,
): Pick<Hooks, 'keyPermission' | 'keySearch' | 'keyGetsecurity'> {
  const check = (task: Task, key: MadeKey | undefined, need: KeyNeed, caller: Caller): Errno | undefined => {
    if (key === undefined) return undefined;
    const object = security.of(key.maker).label;
    if (security.isVisible(object, caller) && security.privileged(caller, CAP.MAC_OVERRIDE)) return undefined;
    const asked = { subject: security.of(task).label, object, request: REQUESTS[need] };
    const audited = { hook: 'smack_key_permission', details: keyFields(key) };
    return security.checkLabels(asked, caller, audited);
  };
  return {
    keyPermission: (task, { key, need }, caller) => check(task, makers().find(key, task), need, caller),
    keySearch: (task, sought, caller) =>
      makers().search(task, sought, (searched) => check(task, searched, 'search', caller)),
    keyGetsecurity: (maker, reader) => bytesOf(`${shownIn(security.namespaceOf(reader), security.of(maker).label)}\0`),
  };
}

/** LSM_AUDIT_DATA_KEY. The number of a ring that nobody has used by it is not known, and left out. */
const keyFields = ({ serial, description }: MadeKey): string =>
  `${serial === undefined ? '' : ` key_serial=${serial}`} key_desc=${untrusted(description)}`;
