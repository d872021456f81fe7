import { statSync } from 'node:fs';
import { chdir, cwd } from 'node:process';
import { afterEach, expect, it } from 'vitest';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { callerFd, tidOf } from '../../../linux/ids.ts';
import { CallPlaces } from './call-places.ts';
import { CallStarts, startLink } from './call-starts.ts';
import { CallerView } from './caller-view.ts';
import { stampOf } from './file-stamp.ts';
import { Hazards } from './hazards.ts';

const TID = tidOf(process.pid);
/** Of no use where nobody asks what tells a directory apart. */
const SCRATCH = { path: () => 0, resultAddress: 0, resultView: new DataView(new ArrayBuffer(0)) };
const home = cwd();
afterEach(() => chdir(home));

it('each start of a thread is opened once, and closed when the call is forgotten', () => {
  const opened: string[] = [];
  const closed: number[] = [];
  const starts = new CallStarts({
    ...SCRATCH,
    openStart: (tid, dirfd, absolute) => opened.push(`${tid} ${startLink(dirfd, absolute)}`),
    close: (fd) => closed.push(fd),
  });
  const ask = (tid: number) => [
    starts.of(tidOf(tid), AT_FDCWD, true),
    starts.of(tidOf(tid), AT_FDCWD, false),
    starts.of(tidOf(tid), callerFd(7), false),
    starts.of(tidOf(tid), callerFd(7), true),
  ];
  expect(ask(3)).toEqual([1, 2, 3, 1]);
  expect(ask(4)).toEqual([4, 5, 6, 4]);
  expect(closed).toEqual([1, 2, 3]);
  starts.forget();
  expect(closed).toEqual([1, 2, 3, 4, 5, 6]);
  expect(opened).toEqual(['3 root', '3 cwd', '3 fd/7', '4 root', '4 cwd', '4 fd/7']);
});

it('what cannot be opened is tried again', () => {
  let result = -3;
  const starts = new CallStarts({ ...SCRATCH, openStart: () => result, close: () => undefined });
  expect(starts.of(TID, AT_FDCWD, true)).toBe(-3);
  result = 5;
  expect(starts.of(TID, AT_FDCWD, true)).toBe(5);
});

it('the next call starts where the thread is by then', () => {
  const view = new CallerView(new Hazards());
  const place = () => view.identity(view.starts.of(TID, AT_FDCWD, false))?.ino;
  const before = place();
  chdir('/proc');
  expect(place()).toBe(before);
  view.forget();
  expect(place()).not.toBe(before);
  view.forget();
});

it('what tells a start apart is that of the directory, and looked at once', () => {
  const view = new CallerView(new Hazards());
  const stamp = view.starts.stampOf(TID, AT_FDCWD, false);
  expect(Number(stamp?.ino)).toBe(statSync('.').ino);
  expect(view.starts.stampOf(TID, AT_FDCWD, false)).toBe(stamp);
  expect(view.starts.stampBy(view.starts.of(TID, AT_FDCWD, false))).toBe(stamp);
  const places = new CallPlaces(view, { of: () => ({}) });
  expect(places.find(TID, AT_FDCWD, 'new')?.stamp).toBe(stamp);
  chdir('/');
  view.forget();
  expect(Number(view.starts.stampOf(TID, AT_FDCWD, false)?.ino)).toBe(statSync('/').ino);
  view.forget();
  expect(view.starts.stampOf(TID, callerFd(9999), false)).toBeUndefined();
});

it('a file that was found is kept open until the call is forgotten, or another one is', () => {
  const closed: number[] = [];
  const { found } = new CallStarts({ ...SCRATCH, openStart: () => -1, close: (fd) => closed.push(fd) });
  const stamp = stampOf(new CallerView(new Hazards()), 0);
  if (stamp === undefined) throw new Error('standard input is closed');
  const kept = (path: string, fd: number) => ({ tid: TID, dirfd: AT_FDCWD, path, fd, stamp });
  found.keep(kept('/a', 4));
  expect(found.of(TID, AT_FDCWD, '/a')?.fd).toBe(4);
  expect(found.of(TID, AT_FDCWD, '/b')).toBeUndefined();
  expect(found.of(TID, callerFd(3), '/a')).toBeUndefined();
  expect(found.of(tidOf(1), AT_FDCWD, '/a')).toBeUndefined();
  found.keep(kept('/b', 5));
  expect(closed).toEqual([4]);
  found.forget();
  found.forget();
  expect(closed).toEqual([4, 5]);
  expect(found.of(TID, AT_FDCWD, '/b')).toBeUndefined();
});
