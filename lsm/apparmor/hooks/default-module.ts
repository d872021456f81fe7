/**
 * May a confined task choose its default module? Rules of a class of their own (17, "display LSM") in the stacking
 * patches; a profile without rules of that class has nothing against it.
 */

import { E, type Errno } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Task } from '../../framework/task.ts';
import { setDefaultRecord } from '../decide/audit.ts';
import { labelPermissions } from '../decide/index.ts';
import type { ApparmorSecurity } from '../decide/security.ts';
import { Label, MAY } from '../policy/index.ts';

const CLASS_DISPLAY_LSM = 17;

export function refuseSetDefault(security: ApparmorSecurity, task: Task, caller: Caller): Errno | undefined {
  const refusing = security
    .labels(task)
    .label.newest()
    .profiles.filter((profile) => {
      const { allow, deny } = labelPermissions(Label.of(profile), Uint8Array.of(CLASS_DISPLAY_LSM), {
        all: true,
        fsuid: caller.uid,
      });
      return (allow & ~deny & MAY.WRITE) === 0;
    });
  for (const profile of refusing) security.audit(setDefaultRecord(profile, caller));
  return refusing.some(({ mode }) => mode !== 'complain') ? E.EACCES : undefined;
}
