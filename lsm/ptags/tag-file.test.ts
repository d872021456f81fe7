import { expect, it } from 'vitest';
import { taskId } from '../../linux/ids.ts';
import { KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import type { Task } from '../framework/task.ts';
import { tagFile } from './tag-file.ts';
import { show, type Tags } from './tags.ts';

it('changes one copy of the tags, however many lines are written, and none that others have', () => {
  const task = {} as Task;
  const before: Tags = new Map([['old', { keep: true, value: undefined }]]);
  const sets: Tags[] = [before];
  const blob = { of: () => sets.at(-1) ?? before, set: (_task: Task, tags: Tags) => void sets.push(tags) };
  const handle = tagFile(blob, () => task).open(task, 0, KERNEL_CALLER);
  const write = (text: string) =>
    'write' in handle && handle.write?.(Buffer.from(text), { offset: 0 } as never, { ...KERNEL_CALLER, ...taskId(9) });
  const lines = Array.from({ length: 1000 }, (_, index) => `+tag:${index}\n-tag:${index}\n`).join('');
  expect(write(`-old\n+new\n${lines}!new=1\nwrong\n+later\n`)).toBe(10 + lines.length + 7);
  expect(sets).toHaveLength(2);
  expect(sets.map(show)).toEqual(['@old\n', 'new=1\n']);
});
