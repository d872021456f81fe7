/** Capabilities in user namespaces. */
import { expect, test } from 'vitest';
import { CAP } from '../../linux/capability.ts';
import { taskId } from '../../linux/ids.ts';
import { type Caller, capable, capableInOwn, capableOver, KERNEL_CALLER, type UserNamespace } from './caller.ts';

const inside = (userNamespace: UserNamespace): Caller => ({ ...KERNEL_CALLER, ...taskId(9), userNamespace });
const CONTAINER = inside({ id: 7, ancestors: [], rootUid: 100_000, rootGid: 100_000 });
/** As `unshare --map-root-user` makes it for root. */
const SAME_ROOT = inside({ id: 7, ancestors: [], rootUid: 0, rootGid: 0 });

test('capabilities of a user namespace are none in the initial one', () => {
  expect(capable(KERNEL_CALLER, CAP.MAC_ADMIN)).toBe(true);
  expect(capable(SAME_ROOT, CAP.MAC_ADMIN)).toBe(false);
  expect(capableInOwn(SAME_ROOT, CAP.MAC_ADMIN)).toBe(true);
});

test.each([
  [KERNEL_CALLER, { uid: 0, gid: 0 }, true],
  [SAME_ROOT, { uid: 0, gid: 0 }, true],
  [CONTAINER, { uid: 0, gid: 0 }, false],
  [CONTAINER, { uid: 0 }, false],
  [CONTAINER, { uid: 100_000, gid: 100_000 }, true],
  [CONTAINER, { uid: 100_000, gid: 0 }, false],
  [{ ...CONTAINER, capabilities: 0n }, { uid: 100_000, gid: 100_000 }, false],
])('they count over files whose owner exists there (%#)', (caller, owner, expected) => {
  expect(capableOver(caller, CAP.DAC_OVERRIDE, owner)).toBe(expected);
});
