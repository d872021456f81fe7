/** Handlers on a session without a device: what a malformed or strange request gets. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { E, Errno } from '../../linux/errno.ts';
import { taskId } from '../../linux/ids.ts';
import { StaticDirectory, TextFile } from '../../vfs/pseudo/index.ts';
import { KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import { Changes } from '../../vfs/tree/changes.ts';
import type { DirectoryEntry } from '../../vfs/tree/node.ts';
import { ROOT_ID } from '../protocol/ids.ts';
import { OPCODE } from '../protocol/opcodes.ts';
import { FuseReply } from '../protocol/reply.ts';
import { FuseRequest } from '../protocol/request.ts';
import { ENTRY_OUT, FUSE_ATTR, IN_HEADER, INIT_IN, INIT_OUT } from '../protocol/structs.ts';
import { handlerOf } from './dispatch.ts';
import { Notifier } from './notifier.ts';
import { FuseSession, type HandlerResult, NO_REPLY } from './session.ts';

const OUT_HEADER_SIZE = 16;
const KNOWN: readonly number[] = Object.values(OPCODE);

const FILE = new TextFile({ ino: 2, mode: 0o644 }, () => 'text');

function newSession(entries: readonly DirectoryEntry[] = [{ name: 'file', node: FILE }]): FuseSession {
  const root = new StaticDirectory({ ino: 1, mode: 0o755, entries });
  return new FuseSession({
    filesystem: { type: 'testfs', magic: 0, root, changes: new Changes() },
    identify: (tid, uid, gid) => ({ ...KERNEL_CALLER, ...taskId(tid), uid, gid }),
    // Nothing here announces anything, so the descriptor is not used.
    notifier: new Notifier(0, () => {}),
    deferrals: { defer: () => {}, interrupt: () => {} },
    now: () => 0n,
    root: { uid: 0, gid: 0 },
    maxPages: 256,
  });
}

function send(
  session: FuseSession,
  opcode: number,
  nodeid: number,
  body: Uint8Array,
  reply = new FuseReply(),
): HandlerResult {
  const bytes = Buffer.concat([Buffer.alloc(IN_HEADER.size), body]);
  bytes.writeUInt32LE(bytes.length, IN_HEADER.at.len);
  bytes.writeUInt32LE(opcode, IN_HEADER.at.opcode);
  bytes.writeBigUInt64LE(BigInt(nodeid), IN_HEADER.at.nodeid);
  bytes.writeUInt32LE(4321, IN_HEADER.at.pid);
  const request = new FuseRequest(bytes);
  expect(request.accept(bytes.length)).toBe(true);
  return handlerOf(opcode)(session, request, reply);
}

test('an unknown request is ENOSYS', () => {
  const session = newSession();
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5000 }), fc.uint8Array({ maxLength: 32 }), (opcode, body) => {
      fc.pre(!KNOWN.includes(opcode));
      expect(send(session, opcode, 1, body)).toBe(E.ENOSYS);
    }),
  );
});

test('any body of any request gives an answer or is refused as too short', () => {
  const session = newSession();
  fc.assert(
    fc.property(
      fc.constantFrom(...KNOWN),
      fc.integer({ min: 0, max: 3 }),
      fc.uint8Array({ maxLength: 120 }),
      (opcode, nodeid, body) => {
        let outcome: HandlerResult;
        try {
          outcome = send(session, opcode, nodeid, body);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          return;
        }
        expect(outcome instanceof Errno || outcome >= 0 || outcome === NO_REPLY).toBe(true);
      },
    ),
    { numRuns: 2000 },
  );
  expect(session.nodes.node(ROOT_ID)).toBe(session.filesystem.root);
});

test('a size or count in a request is never trusted for an allocation', () => {
  const session = newSession();
  const body = Buffer.alloc(48, 0xff);
  // BATCH_FORGET of 2^32-1 entries, SETXATTR and WRITE of 4 GiB: the request is simply too short.
  for (const opcode of [OPCODE.BATCH_FORGET, OPCODE.SETXATTR]) {
    expect(() => send(session, opcode, 1, body)).toThrow(RangeError);
  }
  expect(send(session, OPCODE.WRITE, 1, body)).toBe(E.EBADF);
  const reply = new FuseReply();
  const before = reply.buffer.length;
  const opened = send(session, OPCODE.OPENDIR, 1, Buffer.alloc(8), reply);
  expect(opened).toBe(16);
  const readdir = Buffer.alloc(40);
  reply.buffer.copy(readdir, 0, OUT_HEADER_SIZE, OUT_HEADER_SIZE + 8);
  readdir.writeUInt32LE(0xffffffff, 16);
  expect(send(session, OPCODE.READDIR, 1, readdir, reply)).toBe(24 + 8 + 24 + 8 + 24 + 8);
  expect(reply.buffer.length).toBe(before);
});

test('INIT: old kernels are refused, flags are the intersection', () => {
  const init = (major: number, minor: number, flags: number) => {
    const body = Buffer.alloc(64);
    body.writeUInt32LE(major, INIT_IN.at.major);
    body.writeUInt32LE(minor, INIT_IN.at.minor);
    body.writeUInt32LE(flags >>> 0, INIT_IN.at.flags);
    const reply = new FuseReply();
    const outcome = send(newSession(), OPCODE.INIT, 0, body, reply);
    if (outcome !== INIT_OUT.size) return outcome;
    const at = (offset: number) => reply.buffer.readUInt32LE(OUT_HEADER_SIZE + offset);
    return {
      minor: at(INIT_OUT.at.minor),
      flags: at(INIT_OUT.at.flags),
      maxWrite: at(INIT_OUT.at.maxWrite),
      maxPages: reply.buffer.readUInt16LE(OUT_HEADER_SIZE + INIT_OUT.at.maxPages),
    };
  };
  expect(init(6, 45, -1)).toBe(E.EPROTO);
  expect(init(7, 20, -1)).toBe(E.EPROTO);
  // ASYNC_READ, ATOMIC_O_TRUNC, BIG_WRITES, READDIRPLUS (2), PARALLEL_DIROPS, ABORT_ERROR, MAX_PAGES, KILLPRIV_V2, INIT_EXT
  expect(init(7, 99, -1)).toEqual({ minor: 45, flags: 0x50646029, maxWrite: 1 << 20, maxPages: 256 });
  expect(init(7, 31, 0x1021)).toEqual({ minor: 31, flags: 0x21, maxWrite: 32 * 4096, maxPages: 32 });
});

test('lookup counts: a node is known until every lookup is taken back', () => {
  const session = newSession();
  const reply = new FuseReply();
  const name = Buffer.from('file\0');
  for (let i = 0; i < 3; i++) expect(send(session, OPCODE.LOOKUP, 1, name, reply)).toBe(128);
  const id = reply.buffer.readUInt32LE(OUT_HEADER_SIZE);
  const forget = (count: number) => {
    const body = Buffer.alloc(8);
    body.writeUInt32LE(count);
    expect(send(session, OPCODE.FORGET, id, body)).toBe(NO_REPLY);
  };
  expect(session.nodes.childId(ROOT_ID, 'file')).toBe(id);
  forget(2);
  expect(send(session, OPCODE.GETATTR, id, Buffer.alloc(16), reply)).toBe(104);
  forget(1);
  expect(session.nodes.size).toBe(1);
  expect(session.nodes.childId(ROOT_ID, 'file')).toBeUndefined();
  expect(send(session, OPCODE.GETATTR, id, Buffer.alloc(16), reply)).toBe(E.ESTALE);
  expect(send(session, OPCODE.LOOKUP, 1, name, reply)).toBe(128);
  expect(reply.buffer.readUInt32LE(OUT_HEADER_SIZE)).not.toBe(id);
});

test('a thread of another pid namespace keeps its user; only the kernel itself is the kernel', () => {
  const session = newSession();
  const from = (tid: number, uid: number) => {
    const bytes = Buffer.alloc(IN_HEADER.size);
    bytes.writeUInt32LE(bytes.length, IN_HEADER.at.len);
    bytes.writeUInt32LE(uid, IN_HEADER.at.uid);
    bytes.writeUInt32LE(tid, IN_HEADER.at.pid);
    const request = new FuseRequest(bytes);
    expect(request.accept(bytes.length)).toBe(true);
    return session.caller(request);
  };
  expect(from(0, 0)).toBe(KERNEL_CALLER);
  expect(from(0, 1000)).toMatchObject({ tid: 0, uid: 1000 });
  expect(from(7, 0)).toMatchObject({ tid: 7, uid: 0 });
});

test('attributes are remembered for ever, for the call that looked them up, or not at all', () => {
  const file = (ino: number, mode: number, keepsAttributes: boolean) =>
    new TextFile({ ino, mode, keepsAttributes }, () => 'text');
  const foundAnew = Object.assign(file(5, 0o444, false), { keepsAttributesForCall: true });
  const entries = [
    { name: 'read-only', node: file(2, 0o444, true) },
    { name: 'writable', node: file(3, 0o640, true) },
    { name: 'changing', node: file(4, 0o444, false) },
    { name: 'found anew', node: foundAnew },
  ];
  const session = newSession(entries);
  const validity = (name: string) => {
    const reply = new FuseReply();
    expect(send(session, OPCODE.LOOKUP, ROOT_ID, Buffer.from(`${name}\0`), reply)).toBe(
      ENTRY_OUT.size + FUSE_ATTR.size,
    );
    const body = reply.body(ENTRY_OUT.size);
    return [body.readBigUInt64LE(ENTRY_OUT.at.attrValid) > 0n, body.readUInt32LE(ENTRY_OUT.at.attrValidNsec)];
  };
  expect(['read-only', 'writable', 'changing', 'found anew'].map(validity)).toEqual([
    [true, 0],
    [false, 1],
    [false, 0],
    [false, 1],
  ]);
});

test('entries are remembered for ever, briefly, or not at all; those of writable files are looked up anew', () => {
  const file = (ino: number, mode: number) => new TextFile({ ino, mode }, () => 'text');
  const entries = [
    { name: 'file', node: file(6, 0o444) },
    { name: 'writable', node: file(7, 0o644) },
  ];
  const directory = (ino: number, cache: 'static' | 'dynamic', keepsEntriesBriefly: boolean) =>
    Object.assign(new StaticDirectory({ ino, mode: 0o555, cache, entries }), { keepsEntriesBriefly });
  const directories = [directory(2, 'static', false), directory(3, 'dynamic', true), directory(4, 'dynamic', false)];
  const session = newSession(directories.map((node) => ({ name: String(node.ino), node })));
  const lookUp = (parent: bigint, name: string) => {
    const reply = new FuseReply();
    send(session, OPCODE.LOOKUP, Number(parent), Buffer.from(`${name}\0`), reply);
    const body = reply.body(ENTRY_OUT.size);
    const id = body.readBigUInt64LE(ENTRY_OUT.at.nodeid);
    const seconds = body.readBigUInt64LE(ENTRY_OUT.at.entryValid) > 0n;
    return { id, kept: [seconds, body.readUInt32LE(ENTRY_OUT.at.entryValidNsec) > 0] };
  };
  const kept = directories.map(({ ino }) => {
    const { id } = lookUp(BigInt(ROOT_ID), String(ino));
    return ['file', 'writable'].map((name) => lookUp(id, name).kept);
  });
  expect(kept).toEqual([
    [
      [true, false],
      [true, false],
    ],
    [
      [false, true],
      [false, false],
    ],
    [
      [false, false],
      [false, false],
    ],
  ]);
  expect(session.attributes.briefUntil).toBeGreaterThan(performance.now());
});
