/** On real files, with this process as the caller: each change after which a call that was known must go to the handlers. */
import {
  chmodSync,
  closeSync,
  constants,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { libcFunction, NR } from '../../../host/libc.ts';
import { allocateNative, putString } from '../../../host/memory/native-memory.ts';
import { AT_FDCWD, O_CREAT, O_EXCL, O_WRONLY } from '../../../linux/fcntl.ts';
import { tidOf } from '../../../linux/ids.ts';
import { UNTIL_X } from '../../../lsm/framework/access/testing/automaton.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { inodeClass } from '../../../lsm/framework/files/inode.ts';
import { Epoch } from '../protocol/epoch.ts';
import type { KnownCaller } from './callers.ts';
import { FastPath, type FastPathHost } from './fast-path.ts';

const LABEL = 'user.label';
const setxattr = libcFunction('setxattr', ['str', 'str', 'void *', 'size_t', 'int']);
const getxattr = libcFunction('getxattr', ['str', 'str', 'void *', 'size_t']);
const { O_RDONLY } = constants;
const HOUR_MS = 3_600_000;

function setLabel(file: string, label: string): void {
  expect(setxattr(file, LABEL, Buffer.from(label), label.length, 0)).toBe(0);
}

function labelOf(file: string): string | undefined {
  const value = Buffer.alloc(64);
  const length = getxattr(file, LABEL, value, value.length);
  return length < 0 ? undefined : value.toString('latin1', 0, length);
}

class Box {
  readonly root = mkdtempSync('/dev/shm/lsmfs-fast-');
  readonly epoch = new Epoch();
  readonly #memory = allocateNative(4096);
  readonly #call = { tid: tidOf(process.pid), number: 0, args: [0, 0, 0, 0, 0, 0] as number[] };
  caller: KnownCaller = {
    scope: { attributes: [LABEL], uniform: 'all', byDefault: [], named: [], rules: [] },
    text: 'subject',
    kept: [],
    fsuid: process.getuid?.() ?? 0,
    isJudgedAlike: true,
    noted: [],
  };
  changes = 0;
  #isIdle = true;
  isSteady = true;
  isServed = false;
  readonly fast: FastPath;

  constructor() {
    const call = this.#call;
    const low = (index: number): number => (call.args[index] ?? 0) >>> 0;
    const high = (index: number): number => Math.floor((call.args[index] ?? 0) / 2 ** 32) >>> 0;
    const box = this;
    const host: FastPathHost = {
      call: {
        get tid() {
          return call.tid;
        },
        get number() {
          return call.number;
        },
        low,
        high,
        int: (index) => low(index) | 0,
        isNull: (index) => low(index) === 0 && high(index) === 0,
      },
      tasks: { of: () => 1 },
      epoch: this.epoch,
      get changes() {
        return box.changes;
      },
      get isSteady() {
        return box.isSteady;
      },
      decides: true,
      labels: true,
      words: new Set(),
      asksMore: () => false,
      isIdle: () => this.#isIdle,
      know: () => this.caller,
      filesystemOf: () => ({ type: 'tmpfs', id: 'tmpfs' }),
      isServed: () => this.isServed,
      keepsAny: () => false,
      pathOf: () => '',
      defaultLabel: () => undefined,
      automaton: () => UNTIL_X,
      defaultLabelAt: () => undefined,
      store: () => undefined,
      labelled: () => undefined,
      isAlive: () => true,
    };
    this.fast = new FastPath(host);
  }

  at(...names: string[]): string {
    return path.join(this.root, ...names);
  }

  make(name: string, label = 'a', mode = 0o644): string {
    const file = this.at(name);
    writeFileSync(file, '', { mode });
    setLabel(file, label);
    return file;
  }

  makeDirectory(name: string, label = 'd'): string {
    mkdirSync(this.at(name));
    setLabel(this.at(name), label);
    return this.at(name);
  }

  #asks(number: number, args: readonly number[], tries = false): boolean {
    this.#call.number = number;
    this.#call.args = [...args];
    return this.fast.goesOn(tries);
  }

  opens(file: string, flags: number = O_RDONLY, dirfd: number = AT_FDCWD): boolean {
    return this.#asks(NR.openat, [dirfd, putString(this.#memory, 0, file), flags]);
  }

  accesses(file: string): boolean {
    return this.#asks(NR.faccessat, [AT_FDCWD, putString(this.#memory, 0, file), 4]);
  }

  maps(fd: number): boolean {
    return this.#asks(NR.mmap, [0, 4096, 1, 2, fd, 0]);
  }

  touches(fd: number): boolean {
    return this.#asks(NR.utimensat, [fd, 0, 0, 0]);
  }

  asksForFilesystem(fd: number): boolean {
    return this.#asks(NR.fstatfs, [fd, 0]);
  }

  facts(file: string): FileFacts {
    const { mode, uid, gid, ino, dev } = statSync(file);
    const label = labelOf(file);
    return {
      path: file,
      mode,
      device: `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`,
      inode: {
        class: inodeClass(mode),
        filesystem: { type: 'tmpfs', id: 'tmpfs' },
        path: file,
        ino,
        uid,
        gid,
        xattrs: label === undefined ? {} : { [LABEL]: label },
      },
    };
  }

  /** What the handlers tell about an open(2) that they allow. */
  learns(file: string, flags: number = O_RDONLY): void {
    expect(this.opens(file, flags)).toBe(false);
    this.tellWay(file);
    expect(this.opens(file, flags)).toBe(false);
    const exists = labelOf(file) !== undefined;
    const directory = this.facts(path.dirname(file));
    this.fast.learned.granted(directory, exists ? this.facts(file) : undefined, path.basename(file));
  }

  /** @param argument whose way it is. */
  tellWay(file: string, argument = 1): void {
    const { dev, ino } = statSync(path.dirname(file), { bigint: true });
    const device = `${(dev >> 8n) & 0xfffn}:${(dev & 0xffn) | ((dev >> 12n) & 0xfff00n)}`;
    // The mount's number is that of the fast path: the handlers have it of statx(2), too.
    this.fast.learned.led(`${device} ${ino} ${this.fast.learned.mountOfPlace}`, argument);
  }

  /** A file that is known. */
  known(name = 'dir/file'): string {
    const file = this.at(name);
    this.learns(file);
    expect(this.opens(file)).toBe(true);
    return file;
  }

  replace(name: string, label: string): void {
    rmSync(this.at(name));
    this.make(name, label);
  }

  /** As the handlers of setxattr(2) do it. */
  relabelDirectory(name: string, label: string): void {
    setLabel(this.at(name), label);
    this.epoch.moveNames();
    this.fast.relabelled();
  }

  isBusy(): void {
    this.#isIdle = false;
  }

  close(): void {
    this.fast.close();
    rmSync(this.root, { recursive: true });
  }
}

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
    ['paths may lead elsewhere', () => box.epoch.moveNames()],
    ['the caller is judged by something else', () => change({ text: 'other' })],
    ['its modules judge by more than labels', () => change({ scope: undefined })],
    ['the handlers have something to do', () => box.isBusy()],
    ['it has got another label', (file) => setLabel(file, 'b')],
    ['it has got another mode', (file) => chmodSync(file, 0o600)],
    ['another file has its name', () => box.replace('dir/file', 'b')],
    ['nothing has its name', (file) => rmSync(file)],
    ['its directory has got another label', () => box.relabelDirectory('dir', 'e')],
    [
      'another directory is on the way',
      () => {
        renameSync(box.at('dir'), box.at('old'));
        box.makeDirectory('dir');
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

describe('rules about paths', () => {
  const CREATES = O_WRONLY | O_CREAT;

  beforeEach(() => {
    const scope = {
      attributes: [],
      uniform: 'all',
      byDefault: [],
      named: [],
      rules: [{ automaton: 0, start: 1 }],
    } as const;
    change({ scope });
  });

  it('tell files of one directory apart, not by their labels', () => {
    box.learns(box.at('dir/file'));
    expect(box.opens(box.make('dir/other', 'b'))).toBe(true);
    expect(box.opens(box.make('dir/x'))).toBe(false);
  });

  it('tell directories apart', () => {
    box.learns(box.at('dir/file'));
    box.makeDirectory('x');
    expect(box.opens(box.make('x/file'))).toBe(false);
  });

  it('tell new names apart, and from files that exist', () => {
    box.learns(box.at('dir/new'), CREATES);
    expect(box.opens(box.at('dir/new'))).toBe(false);
    expect(box.opens(box.at('dir/x'), CREATES)).toBe(false);
    expect(box.opens(box.at('dir/file'), CREATES)).toBe(false);
    expect(box.fast.learned.wantsLabel).toBe(false);
  });

  it('are not learned of another name than that of the call', () => {
    box.learns(box.at('dir/file'));
    expect(box.opens(box.at('dir/new'), CREATES)).toBe(false);
    box.fast.learned.granted(box.facts(box.at('dir')), undefined, 'x');
    expect(box.opens(box.at('dir/new'), CREATES)).toBe(false);
  });

  it('do not tell a file that has no name any more', () => {
    const file = box.at('dir/file');
    const fd = openSync(file, O_RDONLY);
    const facts = box.facts(file);
    rmSync(file);
    expect(box.maps(fd)).toBe(false);
    box.fast.learned.granted(undefined, facts);
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

function change(caller: Partial<KnownCaller>): void {
  box.caller = { ...box.caller, ...caller };
  box.changes++;
}
