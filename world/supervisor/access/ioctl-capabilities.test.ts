import { closeSync, openSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { allocateNative } from '../../../host/memory/native-memory.ts';
import { CAP } from '../../../linux/capability.ts';
import { FIBMAP, FIFREEZE, FITHAW, FS_IOC_FSSETXATTR, FS_IOC_SETFLAGS } from '../../../linux/ioctl.ts';
import { STRUCT_STATX_SIZE, STX } from '../../../linux/stat.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { WorkerContext } from '../context.ts';
import { ioctlCapabilities } from './ioctl-capabilities.ts';

const SIOCSIFFLAGS = 0x8914;
const SIOCGIFFLAGS = 0x8913;
const BLKROSET = 0x125d;
const RNDCLEARPOOL = 0x5206;
const TIOCCONS = 0x541d;
const [IMMUTABLE, APPEND, NODUMP] = [0x10, 0x20, 0x40];

const file = openSync('/dev/null', 'r');
const native = allocateNative(STRUCT_STATX_SIZE + 8);
afterAll(() => closeSync(file));

interface Circumstances {
  readonly family?: string;
  readonly held?: bigint;
  readonly device?: readonly [major: number, minor: number];
  /** Flags that the filesystem has, those of the file, and the argument. */
  readonly flags?: readonly [known: number, present: number, given: number];
  /** ST_RDONLY */
  readonly mount?: number;
}

function asked(
  command: number,
  inode: object,
  {
    family = 'capabilities',
    held = -1n,
    device = [0, 0],
    flags: [known, present, given] = [0, 0, 0],
    mount = 0,
  }: Circumstances = {},
): readonly unknown[] {
  const statx = new DataView(new ArrayBuffer(STRUCT_STATX_SIZE));
  statx.setUint32(STX.RDEV_MAJOR, device[0], true);
  statx.setUint32(STX.RDEV_MINOR, device[1], true);
  statx.setUint32(STX.ATTRIBUTES_MASK, known, true);
  statx.setUint32(STX.ATTRIBUTES, present, true);
  const bytes = new Uint8Array(64);
  new DataView(bytes.buffer).setUint32(0, given, true);
  const context = {
    call: { tid: 7, low: () => 0, high: () => 0 },
    memory: { bytes, read: (_tid: number, _low: number, _high: number, size: number) => size },
    mediator: { families: new Set([family]), credentials: () => ({ capabilities: held, fsuid: 1 }) },
    view: {
      ...{ path: () => native.address, resultAddress: native.address + 8 },
      resultView: statx,
      mayAsk: () => true,
      filesystem: () => ({ magic: 1, flags: mount }),
      status: () => ({ effectiveCapabilities: held }),
    },
  };
  const facts = { inode } as unknown as FileFacts;
  return ioctlCapabilities(context as unknown as WorkerContext, command, facts, file).map(({ about, refusal }) =>
    'capability' in about ? (refusal === 'EPERM' ? about.capability : [about.capability, refusal]) : undefined,
  );
}

it('blocks of files and changes of the network need a capability', () => {
  const socket = { class: 'sock_file', socket: { family: 2, type: 2, protocol: 17 } };
  expect(asked(FIBMAP, { class: 'file' })).toEqual([CAP.SYS_RAWIO]);
  expect(asked(FIBMAP, { class: 'dir' })).toEqual([]);
  expect(asked(SIOCSIFFLAGS, socket)).toEqual([CAP.NET_ADMIN]);
  expect(asked(SIOCGIFFLAGS, socket)).toEqual([]);
  expect(asked(SIOCSIFFLAGS, { class: 'chr_file' })).toEqual([]);
  expect(asked(SIOCSIFFLAGS, socket, { family: 'ioctl' })).toEqual([]);
  expect(asked(SIOCSIFFLAGS, socket, { held: 0n })).toEqual([]);
});

it('so do freezing, block devices, entropy and terminals, each of its own kind of file', () => {
  expect([FIFREEZE, FITHAW].map((command) => asked(command, { class: 'dir' }))).toEqual([[21], [21]]);
  expect(asked(FIFREEZE, { class: 'file' }, { held: 0n })).toEqual([]);
  expect(asked(BLKROSET, { class: 'blk_file' })).toEqual([[CAP.SYS_ADMIN, 'EACCES']]);
  expect(asked(BLKROSET, { class: 'file' })).toEqual([]);
  const device = (command: number, major: number, minor: number) =>
    asked(command, { class: 'chr_file' }, { device: [major, minor] });
  expect([device(RNDCLEARPOOL, 1, 8), device(RNDCLEARPOOL, 1, 9)]).toEqual([[21], [21]]);
  expect([device(RNDCLEARPOOL, 1, 3), device(RNDCLEARPOOL, 136, 8)]).toEqual([[], []]);
  expect([4, 5, 136, 143].map((major) => device(TIOCCONS, major, 0))).toEqual([[21], [21], [21], [21]]);
  expect([1, 144].map((major) => device(TIOCCONS, major, 0))).toEqual([[], []]);
});

it('flags are set by the owner of a file, and some with a capability', () => {
  const all = IMMUTABLE | APPEND | NODUMP;
  const mine = { class: 'file', uid: 1 };
  const set = (present: number, given: number, inode: object = mine, more: Circumstances = {}) =>
    asked(FS_IOC_SETFLAGS, inode, { flags: [all, present, given], ...more });
  expect([set(0, NODUMP), set(IMMUTABLE, IMMUTABLE)]).toEqual([[], []]);
  expect([set(0, APPEND), set(IMMUTABLE, 0)]).toEqual([[CAP.LINUX_IMMUTABLE], [CAP.LINUX_IMMUTABLE]]);
  expect(set(0, 0, { class: 'dir', uid: 2 })).toEqual([CAP.FOWNER]);
  expect(set(0, IMMUTABLE, { class: 'dir', uid: 2 })).toEqual([CAP.FOWNER, CAP.LINUX_IMMUTABLE]);
  expect(set(0, IMMUTABLE, { class: 'dir', uid: 2 }, { held: 0n })).toEqual([]);
  expect(set(0, IMMUTABLE, mine, { mount: 1 })).toEqual([]);
  expect(set(0, IMMUTABLE, { class: 'fifo_file', uid: 1 })).toEqual([]);
  expect(asked(FS_IOC_SETFLAGS, mine, { flags: [0, 0, IMMUTABLE] })).toEqual([]);
  expect(asked(FS_IOC_FSSETXATTR, mine, { flags: [all, 0, IMMUTABLE >> 1] })).toEqual([CAP.LINUX_IMMUTABLE]);
  expect(asked(FS_IOC_FSSETXATTR, mine, { flags: [all, 0, NODUMP] })).toEqual([]);
});
