import { closeSync } from 'node:fs';
import { expect, it } from 'vitest';
import { tgidOf } from '../../../linux/ids.ts';
import type { WorkerContext } from '../context.ts';
import { takeRefused } from './inheritance.ts';

it('only what is still the same file is replaced in a new program', () => {
  const replaced: number[] = [];
  const open = new Map([
    ['/proc/7/fdinfo/3', 'flags:\t0100002\nmnt_id:\t30\nino:\t7\n'],
    ['/proc/7/fdinfo/4', 'flags:\t0100002\nmnt_id:\t30\nino:\t9\n'],
  ]);
  const descriptors = [3, 4, 5].map((descriptor) => ({ descriptor, identity: '30 7 2' }));
  const context = {
    ask: () => ({ errno: 0, refused: { descriptors, program: false } }),
    call: { tid: 7, replace: (descriptor: number) => replaced.push(descriptor) },
    mediator: { logOnly: false, unseen: () => undefined },
    view: { readFile: (_at: number, path: string) => open.get(path), close: (fd: number) => closeSync(fd) },
  } as unknown as WorkerContext;
  takeRefused(context, tgidOf(7));
  expect(replaced).toEqual([3]);
});
