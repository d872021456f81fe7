import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import { OwnFiles } from '../caller/own-files.ts';
import type { Ask } from '../protocol/questions/index.ts';
import { TaskObjects } from './task-objects.ts';

/** A thread of procfs that is there. */
const TARGET = tidOf(process.pid);
const OTHER = tidOf(process.ppid);

function made() {
  const host = {
    epoch: { now: 1 },
    announcements: { generation: 1 },
    call: { id: 1n },
    asked: [] as number[],
    answer: { errno: 0, value: { number: 5, lasts: true as boolean | undefined } as object | undefined },
    meanwhile: () => {},
  };
  const ask = (({ target }: { target: number }) => {
    host.asked.push(target);
    host.meanwhile();
    return host.answer;
  }) as unknown as Ask;
  return { host, objects: new TaskObjects({ ...host, ask, view: new OwnFiles() }) };
}

it('asks once for a task, until the epoch or the generation moves', () => {
  const { host, objects } = made();
  const next = () => {
    host.call.id++;
    return objects.of(TARGET);
  };
  expect([next(), next()]).toEqual([5, 5]);
  expect(host.asked).toEqual([TARGET]);
  host.epoch.now++;
  expect(objects.since(TARGET)).toBeUndefined();
  expect([next(), objects.since(TARGET)]).toEqual([5, 5]);
  host.announcements.generation++;
  expect(objects.since(TARGET)).toBeUndefined();
  expect(next()).toBe(5);
  expect(host.asked).toEqual([TARGET, TARGET, TARGET]);
  objects.of(OTHER);
  expect(host.asked.at(-1)).toBe(OTHER);
});

it('what changes while it is asked for is asked for again', () => {
  const { host, objects } = made();
  host.meanwhile = () => {
    host.announcements.generation++;
  };
  objects.of(TARGET);
  expect(objects.since(TARGET)).toBeUndefined();
  host.meanwhile = () => {};
  objects.of(TARGET);
  expect(host.asked).toEqual([TARGET, TARGET]);
  expect(objects.since(TARGET)).toBe(5);
});

it('while a change is under way it is known for the call alone, and no answer is kept for it', () => {
  const { host, objects } = made();
  host.answer = { errno: 0, value: { number: 5 } };
  expect([objects.of(TARGET), objects.of(TARGET)]).toEqual([5, 5]);
  expect(host.asked).toEqual([TARGET]);
  expect(objects.since(TARGET)).toBeUndefined();
  host.call.id++;
  objects.of(TARGET);
  expect(host.asked).toEqual([TARGET, TARGET]);
});

it('a world that knows of none is not asked again; one that is late is', () => {
  const { host, objects } = made();
  const value = host.answer.value;
  host.answer = undefined as unknown as typeof host.answer;
  expect(objects.of(TARGET)).toBeUndefined();
  host.answer = { errno: 0, value };
  expect(objects.of(TARGET)).toBe(5);
  host.epoch.now++;
  host.answer = { errno: 0, value: undefined };
  expect([objects.of(TARGET), objects.of(OTHER)]).toEqual([undefined, undefined]);
  expect(host.asked).toHaveLength(3);
});

it('nothing is known of a task that is not there', () => {
  const { host, objects } = made();
  expect(objects.of(tidOf(0x7ffffff0))).toBeUndefined();
  expect(host.asked).toEqual([]);
});
