import { expect, it } from 'vitest';
import { mappingsIn, memoryIn } from './mappings.ts';

const area = (head: string, flags: string, anonymous = 0): string =>
  `${head}\nSize: 8 kB\nAnonymous:        ${anonymous} kB\nSwap:                  0 kB\nVmFlags: ${flags}\n`;

const SMAPS = [
  area('1000-3000 r-xp 00000000 08:01 77                 /usr/bin/tool', 'rd ex mr mw me', 4),
  area('3000-4000 rw-s 00000000 00:01 5                  /dev/zero (deleted)', 'rd wr sh mr mw me ms'),
  area('8000-9000 rw-p 00000000 00:00 0                  [heap]', 'rd wr mr mw me ac', 4),
  area('9000-a000 r--s 00000000 08:01 78                 /a b', 'rd sh mr me'),
].join('');

it('finds what covers the addresses, up to a gap', () => {
  expect(mappingsIn(SMAPS, 0x2000n, 0x9000n).map(({ range }) => range)).toEqual(['1000-3000', '3000-4000']);
  expect(mappingsIn(SMAPS, 0x8000n, 0xa000n).map(({ range }) => range)).toEqual(['8000-9000', '9000-a000']);
  expect(mappingsIn(SMAPS, 0x4000n, 0x9000n)).toEqual([]);
});

it('names a mapping as map_files does', () => {
  const [low] = mappingsIn(area('00400000-00500000 r-xp 00000000 08:01 77 /a', 'rd ex mr'), 0x400000n, 0x401000n);
  expect(low?.range).toBe('400000-500000');
  const [lowest] = mappingsIn(area('00000000-00001000 r-xp 00000000 08:01 77 /a', 'rd ex mr'), 0n, 0x1000n);
  expect(lowest?.range).toBe('0-1000');
});

it('tells files, copied pages, use and what may be permitted', () => {
  const [code, shared, heap, file] = mappingsIn(SMAPS, 0x1000n, 0x4000n).concat(mappingsIn(SMAPS, 0x8000n, 0xa000n));
  expect(code).toMatchObject({
    file: { name: '/usr/bin/tool', device: '8:1', ino: 77 },
    executable: true,
    shared: false,
    copied: true,
    permissible: 7,
  });
  expect(shared).toMatchObject({ shared: true, copied: false });
  expect(shared?.file).toBeUndefined();
  for (const name of ['/anon_hugepage (deleted)', '/SYSV00005eed (deleted)', '/SYSV (deleted)']) {
    const [memory] = mappingsIn(area(`1000-2000 rw-s 00000000 00:01 5 ${name}`, 'rd wr sh mr mw me'), 0x1000n, 0x2000n);
    expect(memory?.file?.name).toBe(name === '/SYSV (deleted)' ? name : undefined);
  }
  expect(heap).toMatchObject({ use: 'heap', executable: false });
  expect(mappingsIn(SMAPS, 0x9000n, 0xa000n, 0x9800n)[0]?.use).toBe('stack');
  expect(mappingsIn(SMAPS, 0x9000n, 0xa000n, 0x8800n)[0]?.use).toBeUndefined();
  expect(file).toMatchObject({ file: { name: '/a b' }, shared: true, permissible: 5 });
});

it("finds a process' own memory in maps, which has no flags", () => {
  const maps = [
    '1000-3000 r--p 00000000 08:01 77                 /usr/bin/tool',
    '3000-4000 rw-p 00000000 00:00 0                  [heap]',
    '4000-5000 ---p 00000000 00:00 0 ',
    '5000-6000 rw-p 00000000 00:00 0                  [anon:glibc: malloc arena]',
    '6000-7000 rw-s 00000000 00:01 5                  /dev/zero (deleted)',
    '8000-9000 r-xp 00000000 00:00 0                  [vdso]',
    '9000-a000 rw-p 00000000 00:00 0                  [stack]',
  ].join('\n');
  expect(memoryIn(maps, 0x3000n, 0x6000n)).toMatchObject([{ use: 'heap' }, { range: '4000-5000' }, { permissible: 7 }]);
  expect(memoryIn(maps, 0x9000n, 0xa000n)).toMatchObject([{ use: 'stack', shared: false, copied: false }]);
  expect(memoryIn(maps, 0x7000n, 0x8000n)).toEqual([]);
  for (const [start, end] of [
    [0x2000n, 0x4000n],
    [0x5000n, 0x7000n],
    [0x8000n, 0x9000n],
  ] as const)
    expect(memoryIn(maps, start, end)).toBeUndefined();
});
