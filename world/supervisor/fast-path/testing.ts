/** A fast path on real files, with this process as the caller, and what its handlers would tell it. */

import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { libcFunction, NR } from '../../../host/libc.ts';
import { allocateNative, putString } from '../../../host/memory/native-memory.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { tidOf } from '../../../linux/ids.ts';
import { UNTIL_X } from '../../../lsm/framework/access/testing/automaton.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { inodeClass } from '../../../lsm/framework/files/inode.ts';
import { mayBeOurs } from '../caller/proc-path.ts';
import { Epoch } from '../protocol/epoch.ts';
import type { NamedPlace } from '../protocol/removed-places.ts';
import type { KnownCaller } from './callers.ts';
import { FastPath } from './fast-path.ts';
import type { FastPathHost } from './fast-path-host.ts';

export const LABEL = 'user.label';
const setxattr = libcFunction('setxattr', ['str', 'str', 'void *', 'size_t', 'int']);
const getxattr = libcFunction('getxattr', ['str', 'str', 'void *', 'size_t']);
const { O_RDONLY } = constants;
const NS_PER_SECOND = 1_000_000_000n;

export function setLabel(file: string, label: string): void {
  expect(setxattr(file, LABEL, Buffer.from(label), label.length, 0)).toBe(0);
}

export function labelOf(file: string): string | undefined {
  const value = Buffer.alloc(64);
  const length = getxattr(file, LABEL, value, value.length);
  return length < 0 ? undefined : value.toString('latin1', 0, length);
}

/** Without the letter that counts for {@link UNTIL_X}. */
function newDirectory(): string {
  for (;;) {
    const directory = mkdtempSync('/dev/shm/lsmfs-fast-');
    if (!directory.includes('x')) return directory;
    rmSync(directory, { recursive: true });
  }
}

export class Box {
  readonly root = newDirectory();
  readonly epoch = new Epoch();
  readonly #memory = allocateNative(4096);
  readonly #call = { tid: tidOf(process.pid), number: 0, args: [0, 0, 0, 0, 0, 0] as number[] };
  caller: KnownCaller = {
    scope: { attributes: [LABEL], uniform: 'all', byDefault: [], named: [], rules: [] },
    text: 'subject',
    kept: [],
    fsuid: process.getuid?.() ?? 0,
    passesAll: true,
    isJudgedAlike: true,
    noted: [],
  };
  changes = 0;
  #isIdle = true;
  isSteady = true;
  isServed = false;
  /** Device of pipes. */
  pipes: string | undefined;
  /** Of the caller in its program. */
  stamp = 1;
  /** It is the thread that had this id before. */
  isSame = true;
  readonly #entry = openSync('/proc/self', constants.O_DIRECTORY);
  /** How often the handlers have looked at a caller. */
  looks = 0;
  generation = 1;
  /** What was answered. */
  readonly given: string[] = [];
  /** Programs that were announced. */
  readonly announced: number[] = [];
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
      tasks: {
        of: () => this.stamp,
        assumed: () => this.stamp,
        entry: () => this.#entry,
        found: () => undefined,
        isSame: () => this.isSame,
      },
      epoch: this.epoch,
      get changes() {
        return box.changes;
      },
      get isSteady() {
        return box.isSteady;
      },
      decides: true,
      labels: true,
      mayBeOurs: mayBeOurs(),
      asksMore: () => false,
      isIdle: () => this.#isIdle,
      know: () => {
        this.looks++;
        return this.caller;
      },
      get generation() {
        return box.generation;
      },
      programs: {
        areAlike: true,
        executes: () => ++this.stamp,
        announce: (_tgid, program) => {
          this.announced.push(program);
          return true;
        },
      },
      isOfPipes: (device) => device === this.pipes,
      filesystemOf: (_mount, fd) => (fstatSync(fd).isFIFO() ? undefined : { type: 'tmpfs', id: 'tmpfs' }),
      isServed: () => this.isServed,
      keepsAny: () => false,
      pathOf: () => '',
      defaultLabel: () => undefined,
      automaton: () => UNTIL_X,
      defaultLabelAt: () => undefined,
      store: () => undefined,
      labelled: () => undefined,
      removes: (_tid, place) => this.epoch.removes(place),
      isWaiting: () => true,
      succeed: () => undefined,
      give: (data, _low, _high, size) => {
        this.given.push(`${data} in ${size}`);
        return true;
      },
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

  makesDirectory(file: string): boolean {
    return this.#asks(NR.mkdir, [putString(this.#memory, 0, file), 0o755]);
  }

  executes(file: string): boolean {
    return this.#asks(NR.execve, [putString(this.#memory, 0, file), 0, 0]);
  }

  /** What the handlers tell about an execve(2) that they allow. */
  runs(file: string, program: number): void {
    this.tellFile(file);
    const found = fileIdentity(file, this.fast.learned.mountOfPlace);
    this.fast.learned.runs(found, program, this.generation, tidOf(process.pid));
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

  /** What the handlers find of a pipe of this process. */
  pipeFacts(fd: number): FileFacts {
    const { mode, uid, gid, ino, dev } = fstatSync(fd);
    this.pipes = deviceOf(dev);
    const inode = {
      class: inodeClass(mode),
      filesystem: { type: 'pipefs', id: 'pipefs' },
      path: '',
      ino,
      uid,
      gid,
      xattrs: {},
    };
    return { path: '', mode, device: this.pipes, inode: { ...inode, process: tidOf(process.pid) } };
  }

  facts(file: string): FileFacts {
    const { mode, uid, gid, ino, dev } = statSync(file);
    const label = labelOf(file);
    return {
      path: file,
      mode,
      device: deviceOf(dev),
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
  learns(name: string, flags: number = O_RDONLY, dirfd: number = AT_FDCWD): void {
    const file = path.resolve(dirfd < 0 ? '/' : readlinkSync(`/proc/self/fd/${dirfd}`), name);
    expect(this.opens(name, flags, dirfd)).toBe(false);
    if (name.includes('/')) this.tellWay(file);
    expect(this.opens(name, flags, dirfd)).toBe(false);
    const exists = labelOf(file) !== undefined;
    const directory = this.facts(path.dirname(file));
    this.fast.learned.granted(directory, exists ? this.facts(file) : undefined, path.basename(file));
  }

  /** @param argument whose way it is. */
  tellWay(file: string, argument = 1): void {
    // The mount's number is that of the fast path: the handlers have it of statx(2), too.
    this.fast.learned.led(placeOf(path.dirname(file), this.fast.learned.mountOfPlace), argument);
  }

  /** What the handlers say of a call that was allowed and leads to this file. */
  tellFile(file: string): void {
    this.fast.learned.reached({ file: fileIdentity(file, this.fast.learned.mountOfPlace) }, tidOf(process.pid));
  }

  /** What the handlers say of a call that was allowed and leads to nothing as far as this. */
  tellMissing(path: string): void {
    this.fast.learned.reached({ missing: path }, tidOf(process.pid));
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
    closeSync(this.#entry);
    rmSync(this.root, { recursive: true });
  }
}

const deviceOf = (dev: number): string => `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;

/** As placeIn() of known-paths.ts. */
function placeOf(file: string, mount: bigint): string {
  const { birthtimeNs, dev, ino } = statSync(file, { bigint: true });
  const device = `${(dev >> 8n) & 0xfffn}:${(dev & 0xffn) | ((dev >> 12n) & 0xfff00n)}`;
  const born = Number(birthtimeNs / NS_PER_SECOND) * 1e9 + Number(birthtimeNs % NS_PER_SECOND);
  return `${device} ${ino} ${mount} ${born}`;
}

/** The name in its directory, as removals are told. */
export function removedAt(file: string): NamedPlace {
  const directory = path.dirname(file);
  const [device = '', ino, , born] = placeOf(directory, 0n).split(' ');
  return { device, ino: Number(ino), born: Number(born), name: path.basename(file) };
}

/** As identityIn() of known-paths.ts. */
function fileIdentity(file: string, mount: bigint): string {
  const { ctimeNs } = statSync(file, { bigint: true });
  return `${placeOf(file, mount)} ${ctimeNs / NS_PER_SECOND}.${ctimeNs % NS_PER_SECOND}`;
}
