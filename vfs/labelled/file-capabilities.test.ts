/** Every row of cap_inode_getsecurity() and cap_convert_nscap(). */
import { describe, expect, it } from 'vitest';
import { ALL_CAPABILITIES, CAP } from '../../linux/capability.ts';
import { failed, type Result } from '../../linux/errno.ts';
import { taskId } from '../../linux/ids.ts';
import { type Caller, KERNEL_CALLER, type UserNamespace } from '../tree/caller.ts';
import { convertCapabilities, isConvertedFor, readCapabilities } from './file-capabilities.ts';

const ids = (...ranges: readonly (readonly [inside: number, first: number, count: number])[]) =>
  ranges.map(([inside, first, count]) => ({ inside, first, count }));
const namespace = (uids: UserNamespace['uids'], rootUid?: number): UserNamespace => ({
  ...{ id: 7, ancestors: [], rootUid, rootGid: rootUid },
  ...(uids !== undefined && { uids, gids: uids }),
});
const inside = (userNamespace?: UserNamespace, capabilities = ALL_CAPABILITIES): Caller => ({
  ...{ ...KERNEL_CALLER, ...taskId(9), capabilities },
  ...(userNamespace && { userNamespace }),
});
const HOST = inside();
const CONTAINER = namespace(ids([0, 1000, 10]), 1000);
const WITHOUT_ROOT = namespace(ids([5, 1000, 10]));
const UNKNOWN_MAP = namespace(undefined, 1000);
const OWNER = { uid: 1000, gid: 1000 };

const SETS = '01040000000000000800000000000000';
const hex = (value: Result<Uint8Array>): string => (failed(value) ? value.code : Buffer.from(value).toString('hex'));
const le = (number: number): string => Buffer.from(Uint32Array.of(number).buffer).toString('hex');
const v2 = (effective = 1): string => le(0x02000000 | effective) + SETS;
const v3 = (root: number, effective = 1): string => le(0x03000000 | effective) + SETS + le(root);
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

describe('reading', () => {
  it.each<[string, string, Caller, string]>([
    ['revision 2, by the host', v2(), HOST, v2()],
    ['revision 2, by a namespace', v2(0), inside(CONTAINER), v2(0)],
    ['revision 3 of the host’s root, by the host', v3(0), HOST, v2()],
    ['revision 3, by the host', v3(1000), HOST, v3(1000)],
    ['revision 3, by its own namespace', v3(1000, 0), inside(CONTAINER), v2(0)],
    ['revision 3, by its own namespace without a known map', v3(1000), inside(UNKNOWN_MAP), v2()],
    ['revision 3 of another id that the namespace has', v3(1003), inside(CONTAINER), v3(3)],
    ['revision 3 where the id is not the root', v3(1000), inside(WITHOUT_ROOT), v3(5)],
    ['revision 3 of another namespace', v3(2000), inside(CONTAINER), 'EOVERFLOW'],
    ['the same without a known map', v3(2000), inside(UNKNOWN_MAP), 'EOVERFLOW'],
    ['revision 3 of the host’s root, by a namespace', v3(0), inside(CONTAINER), v2()],
    ['revision 2, where the host’s root has a name', v2(), inside(namespace(ids([4, 0, 1]))), v3(4)],
    ['revision 1', le(0x01000001) + SETS.slice(0, 16), HOST, 'EINVAL'],
    ['revision 2 in the size of 3', v2() + le(0), HOST, 'EINVAL'],
    ['revision 3 in the size of 2', le(0x03000000) + SETS, HOST, 'EINVAL'],
    ['another bit', le(0x02000002) + SETS, HOST, 'EINVAL'],
    ['three bytes', '010000', HOST, 'EINVAL'],
    ['nothing', '', HOST, 'EINVAL'],
  ])('%s', (_title, stored, caller, seen) => {
    expect(hex(readCapabilities(bytes(stored), caller))).toBe(seen);
  });
});

describe('setting', () => {
  const without = ALL_CAPABILITIES & ~(1n << BigInt(CAP.SETFCAP));
  it.each<[string, string, Caller, { uid: number; gid: number }, string]>([
    ['revision 2, by the host', v2(), HOST, OWNER, v2()],
    ['revision 3, by the host', v3(7), HOST, OWNER, v3(7)],
    ['revision 2, by a namespace', v2(), inside(CONTAINER), OWNER, v3(1000)],
    ['revision 3 of its root', v3(0, 0), inside(CONTAINER), OWNER, v3(1000, 0)],
    ['revision 3 of another id of it', v3(3), inside(CONTAINER), OWNER, v3(1003)],
    ['revision 3 of an id that it has not', v3(10), inside(CONTAINER), OWNER, 'EINVAL'],
    ['revision 2, without a root outside', v2(), inside(WITHOUT_ROOT), OWNER, 'EINVAL'],
    ['a file of another owner', v2(), inside(CONTAINER), { uid: 0, gid: 1000 }, 'EPERM'],
    ['a file of another group', v2(), inside(CONTAINER), { uid: 1000, gid: 2000 }, 'EPERM'],
    ['without CAP_SETFCAP', v2(), inside(CONTAINER, without), OWNER, 'EPERM'],
    ['by the host without CAP_SETFCAP', v2(), inside(undefined, without), OWNER, 'EPERM'],
    ['nothing', '', HOST, OWNER, ''],
    ['what is no value, by whoever may not', '00', inside(undefined, 0n), OWNER, 'EINVAL'],
    ['19 bytes', v2().slice(2), HOST, OWNER, 'EINVAL'],
    ['25 bytes', `${v3(0)}00`, HOST, OWNER, 'EINVAL'],
  ])('%s', (_title, value, caller, owner, stored) => {
    expect(hex(convertCapabilities(bytes(value), caller, owner))).toBe(stored);
  });

  it('was done by a kernel for a namespace that knows the root', () => {
    const cases: [string, Caller][] = [
      [v2(), HOST],
      [v3(5), HOST],
      [v3(1000), inside(CONTAINER)],
      [v3(1003), inside(CONTAINER)],
      [v3(0), inside(CONTAINER)],
      [v2(), inside(CONTAINER)],
      ['00', HOST],
    ];
    expect(cases.map(([value, caller]) => isConvertedFor(bytes(value), caller))).toEqual([
      ...[true, true, true, true],
      ...[false, false, false],
    ]);
  });
});
