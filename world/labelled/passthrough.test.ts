import { describe, expect, it } from 'vitest';
import { FOPEN } from '../../fuse/protocol/flags.ts';
import { CAP } from '../../linux/capability.ts';
import { O_APPEND, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } from '../../linux/fcntl.ts';
import { S_IFREG, S_ISUID, STRUCT_STATX_SIZE } from '../../linux/stat.ts';
import { type BackedNode, BackedNodes } from './nodes.ts';
import { type Opener, Passthrough } from './passthrough.ts';

const DEVICE = 7;
const USER = { fsuid: 1000, fsgid: 1000, groups: [], capabilities: 0n };
const ROOT = { fsuid: 0, fsgid: 0, groups: [], capabilities: 1n << BigInt(CAP.FSETID) };
const PASSED = { openFlags: FOPEN.PASSTHROUGH, backingId: 1 };
const SENT = { openFlags: FOPEN.PASSTHROUGH | FOPEN.DIRECT_IO, backingId: 1 };
const PLAIN = { openFlags: 0, backingId: 0 };

/** `open` as a request for it does; `released` gets the numbers that are given back. */
function offering(): {
  readonly passthrough: Passthrough;
  readonly node: BackedNode;
  readonly released: number[];
  open(opener: Partial<Opener>): ReturnType<Passthrough['answer']>;
  close(): void;
} {
  const released: number[] = [];
  const passthrough = new Passthrough((device, id) => released.push(device === DEVICE ? id : -1));
  passthrough.offered(DEVICE);
  const statx = new DataView(new ArrayBuffer(STRUCT_STATX_SIZE));
  const node = new BackedNodes({ fd: 3, statx, handle: new Uint8Array() }, 0, () => {}).root;
  return {
    passthrough,
    node,
    released,
    open: (opener) => {
      const answer = passthrough.answer(node, {
        flags: O_RDONLY,
        as: USER,
        mode: S_IFREG | 0o644,
        backing: undefined,
        ...opener,
      });
      node.opens++;
      return answer;
    },
    close: () => {
      node.opens--;
      if (node.opens === 0) passthrough.closed(node);
    },
  };
}

describe('an inode whose data the kernel passes through', () => {
  it('has one number for all who have it open, which is given back with the last of them', () => {
    const { passthrough, node, released, open, close } = offering();
    expect(passthrough.deviceFor(node)).toBe(DEVICE);
    expect(open({ backing: 1 })).toEqual(PASSED);
    expect(passthrough.deviceFor(node)).toBeUndefined();
    expect(open({ backing: 2 })).toEqual(PASSED);
    expect(open({})).toEqual(PASSED);
    expect(released.splice(0)).toEqual([2]);
    close();
    close();
    expect(released).toEqual([]);
    close();
    expect(released).toEqual([1]);
    expect(node.passing).toBeUndefined();
    expect(passthrough.deviceFor(node)).toBe(DEVICE);
  });

  it('is read by everybody, and written by who opened it first', () => {
    const { open } = offering();
    expect(open({ backing: 1, flags: O_RDWR })).toEqual(PASSED);
    expect(open({ as: ROOT })).toEqual(PASSED);
    expect(open({ flags: O_WRONLY | O_APPEND })).toEqual(PASSED);
    for (const flags of [O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC]) expect(open({ as: ROOT, flags })).toEqual(SENT);
  });

  it('is not written so by who may leave a set-user-ID bit there', () => {
    const mode = S_IFREG | S_ISUID | 0o755;
    expect(offering().open({ backing: 1, as: ROOT, flags: O_WRONLY, mode })).toEqual(SENT);
    expect(offering().open({ backing: 1, as: ROOT, flags: O_RDONLY, mode })).toEqual(PASSED);
    expect(offering().open({ backing: 1, as: USER, flags: O_WRONLY, mode })).toEqual(PASSED);
  });
});

describe('an inode that is open without', () => {
  it('stays so until nobody has it open', () => {
    const { released, open, close } = offering();
    expect(open({ backing: -40 })).toEqual(PLAIN);
    expect(open({ backing: 1 })).toEqual(PLAIN);
    expect(released).toEqual([1]);
    close();
    close();
    expect(open({ backing: 1 })).toEqual(PASSED);
  });
});

it('does not ask again for a number that it may not have', () => {
  const { passthrough, node, open, close } = offering();
  expect(open({ backing: -1 })).toEqual(PLAIN);
  close();
  expect(passthrough.deviceFor(node)).toBeUndefined();
});

it('asks for no number where the kernel does not offer it', () => {
  const { node } = offering();
  expect(new Passthrough(() => {}).deviceFor(node)).toBeUndefined();
});
