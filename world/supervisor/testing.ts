/**
 * A caller of notified system calls for unit tests: its memory, its files by path and descriptor, and what the daemon
 * answers. Handlers see it as a WorkerContext; nothing asks the host.
 */

import { ERRNO } from '../../linux/errno.ts';
import { type Tid, tidOf } from '../../linux/ids.ts';
import { TMPFS_MAGIC } from '../../linux/magic.ts';
import { syscallNumbers } from '../../linux/syscall-numbers.ts';
import { DescriptorShortage } from './caller/descriptor-shortage.ts';
import type { InspectedFile } from './caller/file-inspector.ts';
import type { SupervisedCall } from './calls/supervised-call.ts';
import type { WorkerContext } from './context.ts';
import { Epoch } from './protocol/epoch.ts';
import type { AnswerTo, Kind, Question } from './protocol/questions/index.ts';

/** Attributes that the modules of the fake world decide about. */
const DECIDED = 'security.label';
const { ENOENT, EBADF, EFAULT, ENAMETOOLONG, ENODATA } = ERRNO;

export interface FakeFile {
  /** Attributes that the host stores, latin-1. */
  readonly stored: Map<string, string>;
  /** What storing and removing fails with, positive; absent = they succeed. */
  readonly fails?: number;
  /** It is on a filesystem of ours, or cannot be looked at. */
  readonly unseen?: boolean;
  /** ms since the epoch */
  readonly born?: number;
  /** O_*, with which it was opened. */
  readonly flags?: number;
}

export type CallOutcome = 'goes on' | { readonly value: number } | { readonly errno: number };

/** A number, the bytes of a piece of memory, a string with its end, or memory that the caller does not have. */
export type Argument = number | Uint8Array | string | 'unmapped';

/** Modules allow everything; attributes are stored under the names that they have. */
export function allowed(question: Question): AnswerTo<Kind> {
  if (question.kind === 'set-xattr') return { errno: 0, value: { name: question.name } };
  return question.kind === 'remove-xattr' ? { errno: 0, value: question.name } : { errno: 0 };
}

export class FakeCaller {
  readonly tid = tidOf(7);
  readonly files = new Map<string | number, FakeFile>();
  /** Attributes that a module of the host decides about, too. */
  ofHost: readonly string[] = [];
  privileged = true;
  /** CapEff */
  capabilities = 0n;
  /** Modules give files labels. */
  labelsFiles = false;
  /** What the daemon says; `undefined` = it does not answer in time. */
  answer: (question: Question) => AnswerTo<Kind> | undefined = allowed;
  /** Questions so far. */
  readonly asked: Question[] = [];
  /** Descriptors of ours that are open. */
  readonly open = new Map<number, FakeFile>();
  /** Places in memory that were given to calls, by address. */
  readonly #memory = new Map<number, Uint8Array>();
  readonly epoch = new Epoch();
  #next = 0x1000;

  file(name: string | number, stored: Readonly<Record<string, string>> = {}, more: Partial<FakeFile> = {}): FakeFile {
    const file = { stored: new Map(Object.entries(stored)), ...more };
    this.files.set(name, file);
    return file;
  }

  /** Lets the handler of a call answer it. @param memory pieces of memory are taken as they are and written to. */
  call(calls: readonly SupervisedCall[], name: string, ...args: readonly Argument[]): CallOutcome {
    const handle = calls.find((call) => call.name === name)?.handle;
    if (handle === undefined) throw new Error(`${name} has no handler`);
    const values = args.map((arg) => (typeof arg === 'number' ? arg : this.#place(arg)));
    let outcome: CallOutcome = 'goes on';
    const value = (index: number): number => values[index] ?? 0;
    const call = {
      tid: this.tid,
      get answered() {
        return outcome !== 'goes on';
      },
      number: syscallNumbers('x64').getxattr,
      int: (index: number) => value(index) | 0,
      fd: (index: number) => value(index) | 0,
      low: (index: number) => value(index) >>> 0,
      high: (index: number) => Math.floor(value(index) / 2 ** 32),
      isNull: (index: number) => value(index) === 0,
      succeed: (result: number) => {
        outcome = { value: result + 0 }; // no -0
      },
      fail: (errno: number) => {
        outcome = { errno };
      },
    };
    handle({ ...this.#context(), call } as unknown as WorkerContext);
    if (this.open.size > 0) throw new Error('a descriptor was left open');
    return outcome;
  }

  #place(piece: Exclude<Argument, number>): number {
    if (piece === 'unmapped') return 8;
    const address = this.#next;
    this.#next += 0x10000;
    this.#memory.set(address, typeof piece === 'string' ? Buffer.from(`${piece}\0`, 'latin1') : piece);
    return address;
  }

  #context(): Partial<Record<keyof WorkerContext, unknown>> {
    return {
      memory: this.#reader(),
      view: {
        shortage: new DescriptorShortage(),
        openDescriptor: (_tid: Tid, fd: number) => this.#opened(this.files.get(fd), EBADF),
        filesystemMagic: () => TMPFS_MAGIC,
        resultView: new DataView(new ArrayBuffer(256)),
        isInOurUserNamespace: () => true,
        mayAsk: () => true,
        filesystem: () => ({ magic: TMPFS_MAGIC, flags: 0 }),
        readFile: (_at: number, path: string) =>
          `flags:\t${(this.files.get(Number(path.replace(/.*fdinfo\//, '')))?.flags ?? 0).toString(8)}\n`,
        starts: { forget: () => undefined },
        openStart: (_tid: Tid, dirfd: number) => this.#opened(this.files.get(dirfd), EBADF),
        resolveForCaller: (_tid: Tid, _dirfd: number, path: string) => this.#opened(this.files.get(path), ENOENT),
        close: (fd: number) => void this.open.delete(fd),
        status: () => ({ effectiveCapabilities: this.capabilities }),
        known: () => ({ inOurUserNamespace: false }),
      },
      files: this.#inspector(),
      epoch: this.epoch,
      labelled: () => undefined,
      contentXattrs: new Set(),
      sysPlaces: [],
      labelsFiles: this.labelsFiles,
      sysctlLocator: { locate: () => undefined },
      locator: { locate: () => undefined },
      hostAttrNames: new Set(),
      ask: (question: Question) => {
        this.asked.push(question);
        return this.answer(question);
      },
    };
  }

  #reader() {
    const memory = this.#memory;
    const reader = {
      bytes: new Uint8Array(0x10000),
      read: (_tid: Tid, low: number, high: number, length: number): number => {
        const piece = high === 0 ? memory.get(low) : undefined;
        if (piece === undefined) return -EFAULT;
        reader.bytes.set(piece.subarray(0, length));
        return Math.min(piece.length, length);
      },
      copy: (tid: Tid, low: number, high: number, length: number): Uint8Array | undefined => {
        const whole = length === 0 || reader.read(tid, low, high, length) === length;
        return whole ? reader.bytes.slice(0, length) : undefined;
      },
      readString: (tid: Tid, low: number, high: number, limit = 4096): string | number => {
        const count = reader.read(tid, low, high, limit);
        const end = count < 0 ? -1 : reader.bytes.subarray(0, count).indexOf(0);
        if (end < 0) return count < limit ? -EFAULT : -ENAMETOOLONG;
        return Buffer.from(reader.bytes.subarray(0, end)).toString('latin1');
      },
      write: (_tid: Tid, low: number, high: number, data: Uint8Array): boolean => {
        const piece = high === 0 ? memory.get(low) : undefined;
        if (piece === undefined || piece.length < data.length) return false;
        piece.set(data);
        return true;
      },
    };
    return reader;
  }

  #inspector() {
    const file = (fd: number): FakeFile => this.open.get(fd) as FakeFile;
    const attributes = (fd: number): Record<string, string> => Object.fromEntries(file(fd).stored);
    return {
      names: new Set([DECIDED]),
      privileged: this.privileged,
      keepsLabels: this.ofHost.length > 0,
      keepsAny: () => this.ofHost.length > 0,
      keeps: (name: string) => this.ofHost.includes(name),
      isDecided: (name: string) => name === DECIDED || name.startsWith(`${DECIDED}.`),
      isNamespaced: (name: string) => name.startsWith(`${DECIDED}.`),
      isOfHost: (name: string) => this.ofHost.includes(name),
      isOurs: () => false,
      answersItself: () => false,
      look: (fd: number): InspectedFile | undefined =>
        file(fd).unseen === true
          ? undefined
          : {
              path: '/f',
              device: '0:1',
              mode: 0o100644,
              nosuid: false,
              mountId: 1,
              links: 1,
              inode: {
                class: 'file',
                filesystem: { type: 'tmpfs', id: 'tmpfs' },
                path: '/f',
                ino: 5,
                uid: 0,
                gid: 0,
                xattrs: attributes(fd),
              },
            },
      list: (fd: number) => [...file(fd).stored.keys()].filter((name) => !this.ofHost.includes(name)),
      attribute: (fd: number, name: string) => file(fd).stored.get(name),
      bornAt: (fd: number) => file(fd).born,
      changeable: (fd: number) => -(file(fd).fails ?? 0),
      store: (fd: number, name: string, value: Uint8Array, flags: number): number => {
        const { stored, fails } = file(fd);
        if (fails !== undefined) return -fails;
        if (flags === 1 && stored.has(name)) return -17;
        if (flags === 2 && !stored.has(name)) return -ENODATA;
        stored.set(name, Buffer.from(value).toString('latin1'));
        return 0;
      },
      remove: (fd: number, name: string): number => (file(fd).stored.delete(name) ? 0 : -ENODATA),
    };
  }

  #opened(file: FakeFile | undefined, errno: number): number {
    if (file === undefined) return -errno;
    const fd = 100 + this.open.size;
    this.open.set(fd, file);
    return fd;
  }
}
