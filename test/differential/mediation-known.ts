/** What kernel and world are known to say differently about random calls: data, each with its reason (docs/mediation.md says more). */
import { isDeepStrictEqual } from 'node:util';
import type { Difference } from '../conformance/compare.ts';

interface Known {
  /** The call with its arguments. */
  readonly call: RegExp;
  /** What is the same in the records of both; absent = the outcome of the call may differ, too. */
  readonly record?: readonly [RegExp, string];
  readonly reason: string;
}

export const KNOWN: readonly Known[] = [
  {
    call: /^(open|openat|openat2|mq_open) .*O_CREAT/,
    record: [/^(avc: .* path="[^"]*" dev="D") ino=N/, '$1'],
    reason: 'A file that is just being made has no inode number yet.',
  },
  {
    call: /^tmpfile /,
    record: [/^(avc: .* path=)\S+ dev="D"(?: ino=N)?/, '$1'],
    reason: 'A file without a name that is just being made has no inode number yet, which is a part of its path.',
  },
  {
    call: /./,
    record: [/ name="#\d+"/, ' name="#N"'],
    reason: 'Inode numbers are those of the machine.',
  },
  {
    call: /./,
    record: [/^SELinux: {2}Context .* is not valid \(left unmapped\)\.$/, ''],
    reason: 'Which call converts a label that the policy does not know first depends on what was looked at before.',
  },
  {
    call: /./,
    record: [/^avc: {2}denied {2}\{ sys_admin \} .* tclass=capability permissive=1$/, ''],
    reason: 'A kernel asks for CAP_SYS_ADMIN when memory is mapped, silently; then permissive mode records it no more.',
  },
];

const linesOf = (outcome: Difference['expected']): readonly string[] => (outcome?.lines as string[] | undefined) ?? [];

function isSame(found: Difference, rules: readonly (readonly [RegExp, string])[]): boolean {
  const plain = (lines: readonly string[]) =>
    lines
      .map((line) => rules.reduce((text, [pattern, by]) => text.replace(pattern, by), line))
      .filter((line) => line !== '');
  return isDeepStrictEqual(plain(linesOf(found.expected)), plain(linesOf(found.actual)));
}

export function isKnown(found: Difference): boolean {
  const rules = KNOWN.filter(({ call }) => call.test(found.what));
  if (rules.some(({ record }) => record === undefined)) return true;
  const records = rules.flatMap(({ record }) => (record === undefined ? [] : [record]));
  return found.op === 'log' && records.length > 0 && isSame(found, records);
}
