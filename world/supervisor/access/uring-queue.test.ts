import { expect, it } from 'vitest';
import { entriesAt, queueIn } from './uring-queue.ts';

const FIELDS = [
  'pos:\t0',
  'ino:\t7547762',
  'SqMask:\t0x7',
  'SqHead:\t9',
  'SqTail:\t12',
  'CachedSqHead:\t9',
  'CqMask:\t0xf',
];

it('what waits is between the place of the kernel and that of the caller', () => {
  expect(queueIn(FIELDS.join('\n'))).toEqual({ ino: 7547762, head: 1, waiting: 3, size: 8 });
  const wild = FIELDS.map((field) => field.replace('SqTail:\t12', 'SqTail:\t4294967295'));
  expect(queueIn(wild.join('\n'))?.waiting).toBe(8);
  const passed = FIELDS.map((field) =>
    field.replace('SqTail:\t12', 'SqTail:\t0').replace(/(Head:\t)9/, '$14294967295'),
  );
  expect(queueIn(passed.join('\n'))).toMatchObject({ head: 7, waiting: 1 });
});

it('nothing is known of a ring of which the kernel does not tell, or that is none', () => {
  expect(queueIn('pos:\t0\nino:\t7547762\n')).toBeUndefined();
  expect(queueIn('')).toBeUndefined();
});

it('the entries are where the ring is mapped for writing', () => {
  const maps = [
    '7f5836142000-7f5836143000 rw-s 10000000 00:10 7547763                    anon_inode:[io_uring]',
    '7f5836144000-7f5836145000 rw-s 10000000 00:10 7547762                    anon_inode:[io_uring]',
    '7f5836145000-7f5836146000 rw-s 00000000 00:10 7547762                    anon_inode:[io_uring]',
    '7f5836147000-7f5836148000 r--s 10000000 00:10 7547764                    anon_inode:[io_uring]',
    '7f5836149000-7f583614a000 rw-s 10000000 00:10 7547765                    /tmp/anon_inode:[io_uring]',
  ].join('\n');
  expect(entriesAt(maps, { ino: 7547762, size: 64 })).toBe(0x7f5836144000n);
  expect([7547764, 7547765, 1].map((ino) => entriesAt(maps, { ino, size: 8 }))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

it('entries of 128 bytes are none of ours', () => {
  const maps = '7f5836140000-7f5836142000 rw-s 10000000 00:10 5                    anon_inode:[io_uring]';
  expect(entriesAt(maps, { ino: 5, size: 128 })).toBe(0x7f5836140000n);
  expect(entriesAt(maps, { ino: 5, size: 64 })).toBeUndefined();
});
