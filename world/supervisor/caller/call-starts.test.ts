import { chdir, cwd } from 'node:process';
import { afterEach, expect, it } from 'vitest';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { callerFd, tidOf } from '../../../linux/ids.ts';
import { CallStarts, startLink } from './call-starts.ts';
import { CallerView } from './caller-view.ts';
import { Hazards } from './hazards.ts';

const TID = tidOf(process.pid);
const home = cwd();
afterEach(() => chdir(home));

it('each start of a thread is opened once, and closed when the call is forgotten', () => {
  const opened: string[] = [];
  const closed: number[] = [];
  const starts = new CallStarts({
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
  const starts = new CallStarts({ openStart: () => result, close: () => undefined });
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
