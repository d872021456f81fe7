/** docs/reference/mediation-calls.md says of each system call of the kernel what is asked: none is forgotten, none stands twice. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CALLS_OF_ARCH } from '../linux/audit-calls.ts';
import { auditArch, syscallNumbers } from '../linux/syscall-numbers.ts';
import { CALLS } from './supervisor/calls/index.ts';
import { mediationFamily } from './supervisor/features.ts';

/** Since the table of auditctl(8): arch/x86/entry/syscalls/syscall_64.tbl of Linux 6.19, by number. */
const NEWER: ReadonlyMap<number, string> = new Map([
  [335, 'uretprobe'],
  [336, 'uprobe'],
  [463, 'setxattrat'],
  [464, 'getxattrat'],
  [465, 'listxattrat'],
  [466, 'removexattrat'],
  [467, 'open_tree_attr'],
  [468, 'file_getattr'],
  [469, 'file_setattr'],
  [470, 'listns'],
]);
/** Names that auditctl(8) has otherwise than the kernel. */
const KERNEL_NAME: Readonly<Record<string, string>> = { pread: 'pread64', pwrite: 'pwrite64' };
/** The emulated kernel alone has it. */
const OURS = 'lsm_unshare';

const kernel = new Map(
  [...(CALLS_OF_ARCH.get(auditArch('x64')) ?? []), ...NEWER].map(([number, name]) => [
    number,
    KERNEL_NAME[name] ?? name,
  ]),
);

const page = readFileSync(new URL('../docs/reference/mediation-calls.md', import.meta.url), 'utf8');

/** Calls in that column of the table below a heading. */
function callsUnder(heading: string, column: number): string[] {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const rows = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).flatMap((row) =>
    (row.split('|')[column] ?? '')
      .replaceAll('\\', '')
      .split(',')
      .map((name) => name.trim()),
  );
}

const notified = (family: boolean): Set<string> =>
  new Set(CALLS.filter(({ when }) => (mediationFamily(when) !== undefined) === family).map(({ name }) => name));

it('the numbers of system calls are those of the kernel', () => {
  const numbers = Object.entries(syscallNumbers('x64')).filter(([name, number]) => number >= 0 && name !== OURS);
  expect(numbers.map(([name, number]) => [number, name])).toEqual(
    numbers.map(([, number]) => [number, kernel.get(number)]),
  );
});

it('each system call is mediated, or stands in one table with what the modules are asked', () => {
  const told = [
    ...callsUnder('Answered by the emulated kernel', 1),
    ...callsUnder('Nothing is asked', 2),
    ...callsUnder('Something is asked, but not here', 1),
  ];
  expect(told.filter((name, index) => told.indexOf(name) !== index)).toEqual([]);
  const all = [...notified(true), ...told].sort();
  expect(all).toEqual([...kernel.values()].sort());
});

it('what the emulated kernel answers itself is supervised', () => {
  const answered = callsUnder('Answered by the emulated kernel', 1);
  expect(answered.filter((name) => !notified(false).has(name))).toEqual([]);
});
