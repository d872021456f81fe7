/** What a call has found out about files is taken for granted until it ends. */
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { ERRNO } from '../../../linux/errno.ts';
import { O_NOFOLLOW, O_PATH } from '../../../linux/fcntl.ts';
import { tidOf } from '../../../linux/ids.ts';
import { CallLooks } from './call-looks.ts';
import { CallerView } from './caller-view.ts';
import { stampOf } from './file-stamp.ts';
import { Hazards } from './hazards.ts';
import { OwnFiles } from './own-files.ts';

const CALLER = tidOf(process.pid);
const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-call-looks-'));
writeFileSync(path.join(directory, 'file'), '');
afterAll(() => rmSync(directory, { recursive: true }));

const FOUND = { major: 1, minor: 2, ino: 3, directory: true, link: false, mountRoot: false, mount: 4n };

it('a descriptor is looked at once in a call, and each time between two', () => {
  const looks = new CallLooks();
  const look = vi.fn(() => FOUND);
  const times = (): number => {
    looks.identity(5, look);
    return look.mock.calls.length;
  };
  expect([times(), times()]).toEqual([1, 2]);
  looks.forget(true);
  expect([times(), times()]).toEqual([3, 3]);
  looks.changed(5);
  expect([times(), times()]).toEqual([4, 4]);
  looks.forget(true);
  expect(times()).toBe(5);
  looks.forget(false);
  expect([times(), times()]).toEqual([6, 7]);
});

it('a filesystem is asked once for each mount, where the mount has a number of its own', () => {
  const looks = new CallLooks();
  const ask = vi.fn(() => ({ magic: 1, flags: 2 }));
  looks.forget(true);
  for (const mount of [4n, 4n, 5n, undefined, undefined]) looks.filesystem(mount, ask);
  expect(ask).toHaveBeenCalledTimes(4);
});

it('what a stamp tells is what statx(2) says of the file', () => {
  const view = new CallerView(new Hazards());
  const fd = view.open(directory, O_PATH);
  const told = new OwnFiles().identity(fd);
  view.forget(CALLER);
  stampOf(view, fd);
  const asked = vi.spyOn(OwnFiles.prototype, 'identity');
  expect(view.identity(fd)).toEqual(told);
  expect(asked).toHaveBeenCalledTimes(told?.mount === undefined ? 1 : 0);
  asked.mockRestore();
  view.close(fd);
});

it('a number that another file has by then is looked at again', () => {
  const view = new CallerView(new Hazards());
  view.forget(CALLER);
  const first = view.open(directory, O_PATH);
  expect(view.identity(first)?.directory).toBe(true);
  view.close(first);
  const second = view.open(path.join(directory, 'file'), O_PATH);
  expect(second).toBe(first);
  expect(view.identity(second)?.directory).toBe(false);
  view.close(second);
});

it('where one name leads is found without a look at all mounts of the caller', () => {
  const hazards = new Hazards();
  const view = new CallerView(hazards);
  const any = vi.spyOn(hazards, 'any');
  vi.spyOn(hazards, 'waits').mockReturnValue(false);
  vi.spyOn(view, 'openAt2').mockImplementationOnce(() => -ERRNO.EAGAIN); // not in the kernel's caches
  view.forget(CALLER);
  const here = openSync(directory, 'r');
  expect(view.resolve(CALLER, here, 'none', O_NOFOLLOW, 0)).toBe(-ERRNO.ENOENT);
  expect(any).not.toHaveBeenCalled();
  closeSync(here);
});
