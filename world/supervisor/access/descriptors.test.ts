import { expect, it } from 'vitest';
import type { WorkerContext } from '../context.ts';
import { descriptorsOf } from './descriptors.ts';

function looked(count: number) {
  const host = { unseen: 0 };
  const context = {
    call: { tid: 7 },
    mediator: { unseen: () => host.unseen++, subjects: { of: () => undefined } },
    view: {
      descriptors: () => Array.from({ length: count }, (_, index) => index),
      readlinkAt: (_at: number, path: string) =>
        path.endsWith('/1')
          ? 'anon_inode:[eventpoll]'
          : path.endsWith('/2')
            ? 'pipe:[5]'
            : /\/[34]$/.test(path)
              ? '/memfd:m (deleted)'
              : '/f',
      openDescriptor: (_tid: number, descriptor: number) => 100 + descriptor,
      deviceOf: (fd: number) => (fd === 103 ? '0:1' : '0:30'),
      close: () => undefined,
      hazards: { isKernels: (device: string) => device === '0:1' },
      readFile: () => 'flags:\t0100002\nmnt_id:\t30\nino:\t7\n',
    },
  } as unknown as WorkerContext;
  return { open: descriptorsOf(context), unseen: host.unseen };
}

it('what modules are asked about is looked at, and what is too much is counted', () => {
  const identity = '30 7 2';
  expect(looked(3).open).toEqual([
    { descriptor: 0, flags: 0o100002, locked: false, identity },
    { descriptor: 2, flags: 0o100002, locked: false, identity, nameless: 5 },
  ]);
  // memory of the kernel's own filesystem, and a file that is only called so
  expect(
    looked(5)
      .open.slice(2)
      .map(({ nameless }) => nameless),
  ).toEqual([7, undefined]);
  expect([looked(1024).unseen, looked(1025).unseen]).toEqual([0, 1]);
  expect(looked(1025).open).toHaveLength(1023);
});
