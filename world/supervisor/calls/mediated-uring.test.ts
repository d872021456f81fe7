import { expect, it } from 'vitest';
import { ERRNO } from '../../../linux/errno.ts';
import { tidOf } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { WorkerContext } from '../context.ts';
import { calls } from './mediated-uring.ts';

const RING = 'anon_inode:[io_uring]';
const FDINFO = 'ino:\t77\nSqMask:\t0x3\nSqTail:\t6\nCachedSqHead:\t3\n';
const { EACCES } = ERRNO;

/** struct io_uring_sqe */
function entry(opcode: number, flags: number, personality: number): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, opcode);
  view.setUint8(1, flags);
  view.setUint16(2, 5, true);
  view.setBigUint64(32, 99n, true);
  view.setUint16(40, 6, true);
  view.setUint16(42, personality, true);
  return bytes;
}

interface Given {
  readonly name?: 'io_uring_enter' | 'io_uring_register';
  readonly submitted?: number;
  readonly flags?: number;
  readonly link?: string;
  readonly fdinfo?: string;
  readonly entries?: readonly Uint8Array[];
  readonly writable?: boolean;
}

/** A ring of four entries, of which the last, first and second wait. Credentials with an even number are refused. */
function made({ name = 'io_uring_enter', submitted = 3, flags = 0, link = RING, fdinfo = FDINFO, ...given }: Given) {
  const entries = given.entries ?? [entry(18, 0, 2), entry(18, 0x25, 4), entry(18, 0, 8), entry(18, 0, 1)];
  const found = {
    asked: [] as string[],
    written: [] as (readonly [number, Uint8Array])[],
    notes: [] as unknown[],
    unseen: 0,
  };
  const memory = {
    bytes: new Uint8Array(64),
    read(_tid: number, address: number) {
      memory.bytes.set(entries[(address - 0x1000) / 64] ?? []);
      return 64;
    },
    write(_tid: number, address: number, _high: number, data: Uint8Array) {
      if (given.writable !== false) found.written.push([(address - 0x1000) / 64, data]);
      return given.writable !== false;
    },
  };
  const context = {
    call: { tid: tidOf(7), fd: () => 4, low: (index: number) => (index === 1 ? submitted : flags) },
    memory,
    view: {
      readlinkAt: () => link,
      readFile: () => fdinfo,
      readProcess: () => `1000-2000 rw-s 10000000 00:10 77 ${RING}\n`,
    },
    ask: (note: unknown) => found.notes.push(note),
    mediator: {
      unseen: () => found.unseen++,
      decide: (_tid: number, [check]: readonly AccessCheck[]) => {
        if (check?.hook !== 'uringOverrideCreds') return 0;
        found.asked.push(check.about.personality);
        return Number(check.about.personality.split(' ').at(-1)) % 2 === 0 ? EACCES : 0;
      },
    },
  };
  calls.find((call) => call.name === name)?.handle?.(context as unknown as WorkerContext);
  return found;
}

it('each entry that names registered credentials is asked about, from the place of the kernel on', () => {
  expect(made({}).asked).toEqual(['io_uring 77 1', 'io_uring 77 2', 'io_uring 77 4']);
  expect(made({ submitted: 1 }).asked).toEqual(['io_uring 77 1']);
  expect(made({ submitted: 100 }).asked).toHaveLength(3);
  expect(made({ entries: Array(4).fill(entry(18, 0, 0)) })).toMatchObject({ asked: [], written: [], unseen: 0 });
});

it('a refused entry does nothing and has the errno as its result; place in a chain and name are its own', () => {
  const { written, unseen } = made({});
  expect(written.map(([index]) => index)).toEqual([0, 1]);
  expect(unseen).toBe(0);
  const changed = new DataView((written[1]?.[1] ?? new Uint8Array(64)).buffer);
  expect([changed.getUint8(0), changed.getUint8(1), changed.getUint16(2, true)]).toEqual([0, 4, 0]);
  expect([changed.getInt32(24, true), changed.getUint32(28, true)]).toEqual([-EACCES, 1]);
  expect(changed.getBigUint64(32, true)).toBe(99n);
  expect([changed.getUint16(40, true), changed.getUint16(42, true)]).toEqual([0, 0]);
});

it('what is no io_uring is left to the kernel, and what cannot be looked at is counted', () => {
  expect(made({ link: '/tmp/anon_inode:[io_uring]' })).toMatchObject({ asked: [], unseen: 0 });
  expect(made({ fdinfo: 'ino:\t77\n' })).toMatchObject({ asked: [], unseen: 1 });
  expect(made({ fdinfo: FDINFO.replace('77', '78') })).toMatchObject({ asked: [], unseen: 1 });
  expect(made({ flags: 1 << 4 })).toMatchObject({ asked: [], unseen: 1 });
  expect(made({ writable: false })).toMatchObject({ written: [], unseen: 2 });
});

it('a caller with a large ring is looked at in part', () => {
  const fdinfo = 'ino:\t77\nSqMask:\t0x7fff\nSqTail:\t32768\nCachedSqHead:\t0\n';
  const entries = Array(32768).fill(entry(18, 0, 1));
  const { asked, unseen } = made({ fdinfo, entries, submitted: 0xffffffff });
  expect([asked.length, unseen]).toEqual([256, 1]);
});

it('who registers credentials is noted with their ring', () => {
  const note = { kind: 'maker-note', tid: 7, object: 'io_uring 77', numbered: true };
  expect(made({ name: 'io_uring_register' }).notes).toEqual([note]);
  expect(made({ name: 'io_uring_register', link: 'socket:[1]' }).notes).toEqual([]);
});
