import { expect, it } from 'vitest';
import { tgidOf, tidOf } from '../../../linux/ids.ts';
import { Process, Task } from '../task.ts';
import { NamedMakers } from './named-makers.ts';

const task = (tid: number): Task => new Task(tidOf(tid), new Process(tgidOf(tid), 1));

it('what the kernel numbers is numbered as it does', () => {
  const makers = new NamedMakers();
  makers.noteNext(task(1), 'io_uring 5');
  makers.noteNext(task(2), 'io_uring 5');
  makers.noteNext(task(3), 'io_uring 51');
  expect(
    ['io_uring 5 1', 'io_uring 5 2', 'io_uring 51 1', 'io_uring 5 3'].map((name) => makers.maker(name)?.tid),
  ).toEqual([1, 2, 3, undefined]);
});

it('nobody crowds out the makers of what others have made', () => {
  const makers = new NamedMakers();
  makers.note(task(1), 'mounting 1', '1000');
  makers.found('mounting 1', 'mount 0:50');
  for (let at = 0; at < 2000; at++) makers.note(task(2), `mounting ${at}`, '1001');
  expect(makers.maker('mount 0:50')?.tid).toBe(1);
  expect(makers.maker('mounting 0')).toBeUndefined();
  expect(makers.maker('mounting 1999')?.tid).toBe(2);
});
