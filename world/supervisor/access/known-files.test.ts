import { chmodSync, closeSync, mkdtempSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { F_DUPFD_CLOEXEC } from '../../../linux/fcntl.ts';
import { callerFd, type Tid, tidOf } from '../../../linux/ids.ts';
import { inodeFacts } from '../../../lsm/framework/testing/files.ts';
import { CallerView } from '../caller/caller-view.ts';
import type { FileInspector } from '../caller/file-inspector.ts';
import { stampOfLink } from '../caller/file-stamp.ts';
import { Hazards } from '../caller/hazards.ts';
import { Epoch } from '../protocol/epoch.ts';
import { KnownFiles } from './known-files.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-known-files-'));
const name = path.join(directory, 'file');
writeFileSync(name, '');
const fd = openSync(name, 'r');

afterEach(() => {
  vi.useRealTimers();
});
afterAll(() => {
  closeSync(fd);
  rmSync(directory, { recursive: true });
});

const changed = () => statSync(name, { bigint: true }).ctimeNs;

/** @param during what happens while the file is looked at. */
function made(during = () => {}) {
  let looks = 0;
  let place = name;
  let labelling: Tid | undefined;
  let links = 1;
  let program = {};
  const epoch = new Epoch();
  const files = {
    look: () => {
      during();
      looks++;
      const inode = { ...inodeFacts({ uid: 0 }), filesystem: { type: 'ext4', id: '8:1' } };
      if (labelling !== undefined) return { path: place, inode: { ...inode, process: labelling } };
      return { path: place, inode, links };
    },
    pathOf: () => place,
  } as unknown as FileInspector;
  const view = new CallerView(new Hazards());
  vi.spyOn(view, 'mayAsk').mockReturnValue(true);
  const waits = vi.spyOn(view.hazards, 'waits').mockReturnValue(false);
  const known = new KnownFiles(view, files, epoch, { of: () => undefined });
  return {
    epoch,
    known,
    view,
    looksNow: () => looks,
    move: (to: string) => {
      place = to;
    },
    labelAfter: (tid: Tid) => {
      labelling = tid;
    },
    waits,
    named: (times: number) => {
      links = times;
    },
    execute: () => {
      program = {};
    },
    readlinkAt: vi.spyOn(view, 'readlinkAt'),
    /** Of a descriptor of ours as if it were a caller's. */
    isKnown: () => {
      const [tid, descriptor] = [tidOf(process.pid), callerFd(fd)];
      const stamp = stampOfLink(view, tid, descriptor);
      return stamp !== undefined && known.knownBehind(descriptor, tid, stamp, program) !== undefined;
    },
    looked: () => {
      known.look(fd, tidOf(process.pid));
      return looks;
    },
  };
}

it('facts are kept until the times of the file change', () => {
  vi.useFakeTimers({ now: Date.now() + 10_000, toFake: ['Date'] });
  const { looked } = made();
  expect([looked(), looked()]).toEqual([1, 1]);
  for (const before = changed(); changed() === before; ) chmodSync(name, 0o600); // the clock has ticks
  vi.setSystemTime(Date.now() + 10_000);
  expect([looked(), looked()]).toEqual([2, 2]);
});

it('a directory is looked at once in a call, and again when attributes were stored', () => {
  const place = openSync(directory, 'r');
  const { known, looksNow, view } = made();
  const look = (): number => {
    known.look(place, tidOf(process.pid));
    return looksNow();
  };
  chmodSync(directory, 0o700); // so that it is not settled
  expect([look(), look()]).toEqual([1, 1]);
  known.labelled();
  expect(look()).toBe(2);
  view.forget();
  expect(look()).toBe(3);
  closeSync(place);
});

it('what changed just before it is looked at is looked at anew, however long that takes', () => {
  vi.useFakeTimers({ now: Number(changed() / 1_000_000n), toFake: ['Date'] });
  const { looked } = made(() => vi.setSystemTime(Date.now() + 10_000));
  expect([looked(), looked()]).toEqual([1, 2]);
});

it('nor are they kept when the epoch has moved, or the file has another path', () => {
  vi.useFakeTimers({ now: Date.now() + 10_000, toFake: ['Date'] });
  const { looked, epoch, move } = made();
  expect([looked(), looked()]).toEqual([1, 1]);
  epoch.move();
  expect([looked(), looked()]).toEqual([2, 2]);
  move('/elsewhere');
  expect([looked(), looked()]).toEqual([3, 3]);
});

it('a file that is labelled after a process is looked at each time', () => {
  vi.useFakeTimers({ now: Date.now() + 10_000, toFake: ['Date'] });
  const { looked, labelAfter } = made();
  labelAfter(tidOf(7));
  expect([looked(), looked()]).toEqual([1, 2]);
});

it('what a descriptor is that is not opened is known until it changes, has another name, or could block us', () => {
  vi.useFakeTimers({ now: Date.now() + 10_000, toFake: ['Date'] });
  const { epoch, looked, isKnown, waits } = made();
  expect(isKnown()).toBe(false);
  looked();
  expect(isKnown()).toBe(true);
  waits.mockReturnValue(true);
  expect(isKnown()).toBe(false);
  waits.mockReturnValue(false);
  const is = (): boolean => looked() > 0 && isKnown();
  for (const before = changed(); changed() === before; ) chmodSync(name, 0o600); // the clock has ticks
  expect(isKnown()).toBe(false);
  vi.setSystemTime(Date.now() + 10_000);
  expect(is()).toBe(true);
  renameSync(name, `${name}2`);
  looked();
  expect(isKnown()).toBe(false);
  renameSync(`${name}2`, name);
  vi.setSystemTime(Date.now() + 10_000);
  expect(is()).toBe(true);
  epoch.moveNames();
  expect(isKnown()).toBe(false);
});

it('the path of a descriptor is looked at once for a program, if its file has no other name', () => {
  vi.useFakeTimers({ now: Date.now() + 10_000, toFake: ['Date'] });
  const { looked, isKnown, readlinkAt, named, execute, epoch } = made();
  const reads = (): number => {
    readlinkAt.mockClear();
    expect([isKnown(), isKnown()]).toEqual([true, true]);
    return readlinkAt.mock.calls.length;
  };
  looked();
  expect(reads()).toBe(1);
  expect(reads()).toBe(0);
  execute();
  expect(reads()).toBe(1);
  epoch.moveNames();
  expect(isKnown()).toBe(false);
  looked();
  expect(reads()).toBe(1);
  named(2);
  epoch.move();
  looked();
  expect(reads()).toBe(2);
});

it('a descriptor that leads to another file by then is that file', () => {
  vi.useFakeTimers({ now: Date.now() + 10_000, toFake: ['Date'] });
  const { looked, isKnown } = made();
  looked();
  expect(isKnown()).toBe(true);
  const other = openSync(`${name}-other`, 'w');
  const kept = duplicate(fd);
  replace(other, fd);
  expect(isKnown()).toBe(false);
  replace(kept, fd);
  expect(isKnown()).toBe(true);
  for (const opened of [other, kept]) closeSync(opened);
});

const duplicate = (from: number, least = 0): number => rawSyscall(NR.fcntl, from, F_DUPFD_CLOEXEC, least);

function replace(from: number, to: number): void {
  closeSync(to);
  expect(duplicate(from, to)).toBe(to);
}
