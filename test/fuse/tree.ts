/**
 * The tree that the transport tests and benches serve: one of everything.
 */

import { E } from '../../linux/errno.ts';
import { POLLIN, POLLOUT } from '../../linux/poll.ts';
import { S_IFCHR } from '../../linux/stat.ts';
import { Changes } from '../../vfs/tree/changes.ts';
import type { Filesystem } from '../../vfs/tree/filesystem.ts';
import { Pending, type Position } from '../../vfs/tree/node.ts';
import {
  reading,
  TestDevice,
  TestDirectory,
  TestFile,
  type TestFileOptions,
  TestSymlink,
  WritableDirectory,
} from './tree-nodes.ts';

export function textFile(text: string, options: TestFileOptions = {}): TestFile {
  const bytes = Buffer.from(text);
  return new TestFile(() => reading(() => bytes), options);
}

/** Write a query, read the answer from position 0: `offset:text`. Like selinuxfs, a write does not move the position. */
function transactionFile(): TestFile {
  return new TestFile(() => {
    let answer = Buffer.alloc(0);
    return {
      writeMovesPosition: false,
      read: (length, at) => answer.subarray(at.offset, at.offset + length),
      write: (data, at) => {
        if (at.offset !== 0) return E.EINVAL;
        answer = Buffer.from(`${at.offset}:${Buffer.from(data).toString('latin1')}`);
        return data.length;
      },
    };
  });
}

/** Remembers how writes arrived; reads back one line per write: `offset length mayContinue`. */
function writeLog(): TestFile {
  const log: string[] = [];
  return new TestFile(() => ({
    writeMovesPosition: false,
    read: (length, at) => Buffer.from(log.join('')).subarray(at.offset, at.offset + length),
    write: (data: Uint8Array, at: Position) => {
      log.push(`${at.offset} ${data.length} ${at.mayContinue === true}\n`);
      return data.length;
    },
  }));
}

/** A read waits until somebody writes; poll says so. */
function bell(): TestFile {
  const waiting = new Set<() => void>();
  let rung = 0;
  return new TestFile(() => {
    let seen = rung;
    return {
      writeMovesPosition: true,
      read: () => {
        const take = () => {
          seen = rung;
          return Buffer.from(`${rung}\n`);
        };
        if (rung > seen) return take();
        return new Pending<Uint8Array>((settle) => {
          const wake = () => settle(take());
          waiting.add(wake);
          return { cancel: () => waiting.delete(wake) };
        });
      },
      write: (data) => {
        rung++;
        for (const wake of [...waiting]) wake();
        waiting.clear();
        return data.length;
      },
      poll: (wake) => {
        waiting.add(wake);
        return rung > seen ? POLLIN | POLLOUT : POLLOUT;
      },
    };
  });
}

/** The whole tree. `status` counts writes to `bump` in its first 32-bit word; `switch` adds and removes `sometimes`. */
export function testFilesystem(): Filesystem {
  const changes = new Changes();
  const status = Buffer.alloc(20);
  status.writeUInt32LE(1, 0);
  const page = new TestFile(() => reading(() => Buffer.from(status)), { mode: 0o444, cache: 'page', mappableSize: 20 });
  let snapshotLength = 10_000;
  const snapshot: TestFile = new TestFile(
    () => {
      const content = Buffer.alloc(snapshotLength, 'x');
      snapshot.resize(content.length);
      return { ...reading(() => content), size: () => content.length };
    },
    { mode: 0o444, cache: 'page' },
  );
  const action = (run: (text: string) => void): TestFile =>
    new TestFile(() => ({
      writeMovesPosition: false,
      write: (data) => {
        run(Buffer.from(data).toString('latin1'));
        return data.length;
      },
    }));
  const whoami = new TestFile((_flags, opener) => ({
    writeMovesPosition: true,
    read: (length, at, caller) =>
      Buffer.from(`${opener.tid} ${caller.tid} ${caller.uid} ${caller.gid}\n`).subarray(at.offset, at.offset + length),
  }));
  const numbered = Object.fromEntries(
    Array.from({ length: 100 }, (_, i) => [`f${String(i).padStart(3, '0')}`, textFile('file-text\n')]),
  );
  const root = new TestDirectory({
    hello: textFile(`${'h'.repeat(63)}\n`),
    sized: textFile('sized text\n', { size: 11, mode: 0o640 }),
    dir: new TestDirectory(numbered, 'dynamic'),
    static: new TestDirectory(
      Object.fromEntries(Object.keys(numbered).map((name) => [name, textFile('x\n', { cache: 'static' })])),
    ),
    work: new WritableDirectory(),
    self: new TestSymlink((caller) => `task-${caller.tid}`),
    null: new TestDevice(S_IFCHR | 0o666, 1 * 256 + 3),
    whoami,
    transaction: transactionFile(),
    writes: writeLog(),
    bell: bell(),
    status: page,
    snapshot,
    bump: action(() => {
      status.writeUInt32LE(status.readUInt32LE(0) + 1, 0);
      changes.content(page, Buffer.from(status));
    }),
    grow: action((text) => {
      snapshotLength = Number.parseInt(text, 10);
    }),
    throws: new TestFile(() => ({
      writeMovesPosition: true,
      read: () => {
        throw new Error('bug in a handle');
      },
    })),
    stream: new TestFile(() => ({ ...reading(() => Buffer.from('stream\n')), seekable: false })),
  });
  const sometimes = textFile('here\n', { cache: 'static' });
  root.children.set(
    'switch',
    action((text) => {
      if (text.startsWith('1')) root.children.set('sometimes', sometimes);
      else root.children.delete('sometimes');
      changes.entry(root, 'sometimes');
    }),
  );
  return { type: 'testfs', magic: 0x74657374, root, changes };
}
