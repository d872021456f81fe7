/** On real files, with this process as the caller: each change after which a call that was known must go to the handlers. */
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NR } from '../../../host/libc.ts';
import { allocateNative } from '../../../host/memory/native-memory.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { O_CREAT, O_EXCL, O_WRONLY } from '../../../linux/fcntl.ts';
import { tidOf } from '../../../linux/ids.ts';
import type { KnownCaller } from './callers.ts';
import { Box, LABEL, labelOf, removedAt, setLabel } from './testing.ts';

const { O_RDONLY } = constants;
const HOUR_MS = 3_600_000;

let box: Box;
beforeEach(() => {
  box = new Box();
  box.makeDirectory('dir');
  box.make('dir/file');
  // What has changed long ago is remembered.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + HOUR_MS });
});
afterEach(() => {
  vi.useRealTimers();
  box.close();
});

describe('a file that is known', () => {
  it.each<[string, (file: string) => void]>([
    ['the epoch has moved', () => box.epoch.move()],
    ['the caller is judged by something else', () => change({ text: 'other' })],
    ['its modules judge by more than labels', () => change({ scope: undefined })],
    ['the handlers have something to do', () => box.isBusy()],
    ['it has got another label', (file) => setLabel(file, 'b')],
    ['it has got another mode', (file) => chmodSync(file, 0o600)],
    ['another file has its name', () => box.replace('dir/file', 'b')],
    ['nothing has its name', (file) => rmSync(file)],
    ['its directory has got another label', () => box.relabelDirectory('dir', 'e')],
    [
      'a directory of another label is on the way',
      () => {
        renameSync(box.at('dir'), box.at('old'));
        box.makeDirectory('dir', 'e');
        box.make('dir/file');
      },
    ],
  ])('is looked at by the handlers where %s', (_, happens) => {
    const file = box.known();
    happens(file);
    expect(box.opens(file)).toBe(false);
  });

  it('is known by its kind: others of it are, too, and what differs is not', () => {
    box.known();
    for (const name of ['dir/one', 'dir/two']) expect(box.opens(box.make(name))).toBe(true);
    expect(box.opens(box.make('dir/three', 'b'))).toBe(false);
    expect(box.opens(box.make('dir/four', 'a', 0o600))).toBe(false);
    expect(box.opens(box.at('dir/file'), O_WRONLY)).toBe(false);
    expect(box.accesses(box.at('dir/file'))).toBe(false);
  });

  it('is not where the name may have a stand-in, is a link, or has dots', () => {
    box.known();
    expect(box.opens(box.make('dir/attr'))).toBe(false);
    expect(box.opens(box.at('dir/.'))).toBe(false);
    expect(box.opens(box.at('dir/file/'))).toBe(false);
  });

  it('is not where its device has attributes that are kept elsewhere', () => {
    const file = box.at('dir/file');
    change({ kept: [box.facts(file).device] });
    box.learns(file);
    expect(box.opens(file)).toBe(false);
  });

  it('is not learned where the handlers have seen another kind, or something has moved meanwhile', () => {
    const file = box.at('dir/file');
    box.learns(box.make('dir/other', 'b'));
    expect(box.opens(file)).toBe(false);
    box.fast.learned.granted(box.facts(box.at('dir')), box.facts(box.at('dir/other')));
    expect(box.opens(file)).toBe(false);
    box.epoch.move();
    box.fast.learned.granted(box.facts(box.at('dir')), box.facts(file));
    expect(box.opens(file)).toBe(false);
  });
});

describe('a name that is missing', () => {
  it('is known from where the path starts', () => {
    const missing = box.at('dir/none');
    box.learns(missing);
    expect(box.opens(missing)).toBe(true);
    expect(box.opens(missing)).toBe(true);
    const other = openSync(box.makeDirectory('elsewhere', 'x'), O_RDONLY);
    const own = openSync(box.at('dir'), O_RDONLY);
    expect(box.opens('none', O_RDONLY, own)).toBe(true);
    expect(box.opens('none', O_RDONLY, other)).toBe(false);
    for (const fd of [other, own]) closeSync(fd);
  });

  it('is not when it is there', () => {
    const missing = box.at('dir/none');
    box.learns(missing);
    expect(box.opens(missing)).toBe(true);
    box.make('dir/none', 'b');
    expect(box.opens(missing)).toBe(false);
  });
});

describe('open files', () => {
  it('are touched by their owner', () => {
    const file = box.at('dir/file');
    const fd = openSync(file, O_RDONLY);
    const learns = (): boolean => {
      expect(box.touches(fd)).toBe(false);
      box.fast.learned.granted(undefined, box.facts(file));
      return box.touches(fd);
    };
    expect(learns()).toBe(true);
    change({ text: 'another', fsuid: 1 });
    expect(learns()).toBe(false);
    closeSync(fd);
  });

  it('tell of their filesystem, unless the daemon serves it', () => {
    const file = box.at('dir/file');
    const other = box.at('dir/other');
    box.make('dir/other', 'b');
    const [fd, otherFd, elsewhere] = [file, other, '/proc/self/status'].map((name) => openSync(name, O_RDONLY));
    expect(box.asksForFilesystem(Number(fd))).toBe(false);
    box.fast.learned.granted(undefined, box.facts('/'));
    expect(box.asksForFilesystem(Number(fd))).toBe(false);
    box.fast.learned.granted(undefined, box.facts(file));
    expect(box.asksForFilesystem(Number(otherFd))).toBe(true);
    expect(box.asksForFilesystem(Number(elsewhere))).toBe(false);
    expect(box.maps(Number(otherFd))).toBe(false);
    box.isServed = true;
    expect(box.asksForFilesystem(Number(fd))).toBe(false);
    for (const one of [fd, otherFd, elsewhere]) closeSync(Number(one));
  });
});

describe('where a path starts', () => {
  const descriptorsOf = (directory: string): number =>
    readdirSync('/proc/self/fd').filter((fd) => linkOf(fd) === directory).length;

  it('stays open for the next one, until mounts change or the caller leaves it', () => {
    const directory = box.at('dir');
    const fd = openSync(directory, O_RDONLY);
    box.learns('file', O_RDONLY, fd);
    expect(box.opens('file', O_RDONLY, fd)).toBe(true);
    expect(descriptorsOf(directory)).toBe(2);
    expect(box.opens('file', O_RDONLY, fd)).toBe(true);
    expect(descriptorsOf(directory)).toBe(2);
    box.fast.leave(tidOf(process.pid));
    expect(descriptorsOf(directory)).toBe(1);
    expect(box.opens('file', O_RDONLY, fd)).toBe(true);
    expect(descriptorsOf(directory)).toBe(2);
    closeSync(fd);
  });

  it('is told by what the descriptor leads to now', () => {
    const fd = openSync(box.at('dir'), O_RDONLY);
    box.learns('file', O_RDONLY, fd);
    expect(box.opens('file', O_RDONLY, fd)).toBe(true);
    closeSync(fd);
    box.makeDirectory('elsewhere', 'x');
    box.make('elsewhere/file');
    const other = openSync(box.at('elsewhere'), O_RDONLY);
    expect(other).toBe(fd);
    expect(box.opens('file', O_RDONLY, other)).toBe(false);
    closeSync(other);
  });
});

describe('ways', () => {
  it('are those of the argument that the handlers tell of', () => {
    const file = box.at('dir/file');
    expect(box.opens(file)).toBe(false);
    box.tellWay(file, 3);
    expect(box.opens(file)).toBe(false);
    box.fast.learned.granted(box.facts(box.at('dir')), box.facts(file));
    expect(box.opens(file)).toBe(false);
  });
});

describe('callers', () => {
  it('are met again when they have changed', () => {
    const file = box.known();
    box.caller = { ...box.caller, text: 'other' };
    expect(box.opens(file)).toBe(true); // the handlers have not told
    box.changes++;
    expect(box.opens(file)).toBe(false);
  });

  it('are not taken for a thread that had their id before', () => {
    const file = box.known();
    box.isSame = false;
    expect(box.opens(file)).toBe(false);
    change({ scope: 'nothing' });
    const fd = openSync(file, O_RDONLY);
    expect(box.maps(fd)).toBe(false);
    box.isSame = true;
    expect([box.opens(file), box.maps(fd)]).toEqual([true, true]);
    closeSync(fd);
  });

  it('that access(2) judges by others ids, or that have descriptors of others, are the handlers business', () => {
    const file = box.at('dir/file');
    const fd = openSync(file, O_RDONLY);
    expect(box.accesses(file)).toBe(false);
    box.learns(file);
    expect(box.accesses(file)).toBe(false);
    box.fast.learned.granted(box.facts(box.at('dir')), box.facts(file));
    expect(box.accesses(file)).toBe(true);
    expect(box.maps(fd)).toBe(false);
    box.fast.learned.granted(undefined, box.facts(file));
    expect(box.maps(fd)).toBe(true);
    change({ isJudgedAlike: false });
    expect(box.accesses(file)).toBe(false);
    expect(box.maps(fd)).toBe(true);
    change({ isJudgedAlike: true, noted: [statSync(file).ino] });
    expect(box.maps(fd)).toBe(false);
    closeSync(fd);
  });
});

describe('a new file', () => {
  const CREATES = O_WRONLY | O_CREAT | O_EXCL;
  const made = { class: 'file', name: 'new', type: 0o100000 } as const;
  const label = { xattrs: [{ name: LABEL, value: Buffer.from('n') }], apart: new Set(['apart']) };

  function creates(name: string): string {
    const file = box.at('dir', name);
    expect(box.opens(file, CREATES)).toBe(true);
    return file;
  }

  beforeEach(() => {
    vi.useRealTimers();
    box.learns(box.at('dir/new'), CREATES);
    expect(box.opens(box.at('dir/new'), CREATES)).toBe(false);
    expect(box.fast.learned.wantsLabel).toBe(true);
    box.fast.learned.labelled(box.facts(box.at('dir')), made, label);
  });

  it('gets its label at the next call', () => {
    const file = creates('new');
    writeFileSync(file, '');
    expect(labelOf(file)).toBeUndefined();
    expect(box.opens(box.at('nowhere'))).toBe(false);
    expect(labelOf(file)).toBe('n');
  });

  it('is not labelled if the call has not made it: it is older, or of another type', () => {
    const old = box.at('old');
    writeFileSync(old, '');
    for (const until = Date.now() + 30; Date.now() < until; );
    const [linked, directory] = [creates('linked'), 'directory'];
    linkSync(old, linked);
    box.fast.newFiles.complete(tidOf(process.pid));
    expect(labelOf(linked)).toBeUndefined();
    mkdirSync(creates(directory));
    box.fast.newFiles.complete(tidOf(process.pid));
    expect(labelOf(box.at('dir', directory))).toBeUndefined();
  });

  it('is the handlers business where its name counts, it exists, or its directory is of another kind', () => {
    expect(box.opens(box.at('dir/apart'), CREATES)).toBe(false);
    expect(box.opens(box.at('dir/file'), CREATES)).toBe(false);
    box.makeDirectory('elsewhere', 'x');
    expect(box.opens(box.at('elsewhere/new'), CREATES)).toBe(false);
  });
});

function linkOf(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined; // that of the directory itself
  }
}

function change(caller: Partial<KnownCaller>): void {
  box.caller = { ...box.caller, ...caller };
  box.changes++;
}

it('leaves a directory that is made where one was removed to the handlers', () => {
  const directory = box.facts(box.at('dir'));
  const makes = (name: string): boolean => box.makesDirectory(box.at('dir', name));
  expect(makes('new')).toBe(false);
  box.tellWay(box.at('dir/new'), 0);
  expect(makes('new')).toBe(false);
  box.fast.learned.granted(directory, undefined, 'new');
  expect(makes('new')).toBe(false);
  const made = { class: 'dir', name: 'new', type: 0o040000 } as const;
  box.fast.learned.labelled(directory, made, { xattrs: [], apart: new Set() });
  expect(makes('new')).toBe(true);
  box.epoch.removes(removedAt(box.at('dir/new')));
  expect([makes('new'), makes('other')]).toEqual([false, true]);
});

it('a pipe is another one to the modules when its mode has changed, or another has made it', () => {
  const memory = allocateNative(8);
  expect(rawSyscall(NR.pipe2, memory.address, 0)).toBe(0);
  const [read = -1, write = -1] = [memory.view.getInt32(0, true), memory.view.getInt32(4, true)];
  const facts = box.pipeFacts(read);
  expect(box.touches(read)).toBe(false);
  box.fast.learned.granted(undefined, { ...facts, inode: { ...facts.inode, process: tidOf(1) } });
  expect(box.touches(read)).toBe(false);
  box.fast.learned.granted(undefined, facts);
  expect(box.touches(read)).toBe(true);
  fchmodSync(read, 0o640);
  expect(box.touches(read)).toBe(false);
  closeSync(read);
  closeSync(write);
});
