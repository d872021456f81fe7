import { chmodSync, closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { type Tid, tidOf } from '../../../linux/ids.ts';
import { inodeFacts } from '../../../lsm/framework/testing/files.ts';
import { CallerView } from '../caller/caller-view.ts';
import type { FileInspector } from '../caller/file-inspector.ts';
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
  const epoch = new Epoch();
  const files = {
    look: () => {
      during();
      looks++;
      const inode = { ...inodeFacts({ uid: 0 }), filesystem: { type: 'ext4', id: '8:1' } };
      if (labelling !== undefined) return { path: place, inode: { ...inode, process: labelling } };
      return { path: place, inode };
    },
    pathOf: () => place,
  } as unknown as FileInspector;
  const view = new CallerView(new Hazards());
  vi.spyOn(view, 'mayAsk').mockReturnValue(true);
  const known = new KnownFiles(view, files, epoch);
  return {
    epoch,
    move: (to: string) => {
      place = to;
    },
    labelAfter: (tid: Tid) => {
      labelling = tid;
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
