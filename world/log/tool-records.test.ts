import { expect, it } from 'vitest';
import { forTools } from './tool-records.ts';

const HEAD = 'msg=audit(1700000000.123:45): ';
/** One names its records by their first field, the other ends them. */
const KNOWN = [
  { name: 'one', avc: { begins: 'one="', types: [['DENIED', 'ONE_DENIED'] as const] } },
  { name: 'other', avc: { begins: 'lsm=OTHER ', tail: ' tclass=other' } },
  { name: 'third' },
];
const [one, other, all, none] = [['one'], ['other'], ['one', 'other', 'third'], []].map((names) =>
  forTools(names, KNOWN),
);
const ONE = (kind: string): string => `${HEAD}one="${kind}" operation="open" name="/a b" pid=7 comm="x"`;
const OTHER = `${HEAD}lsm=OTHER action=denied subject="A" object="B" pid=7`;
const THIRD = `${HEAD}avc:  denied  { read } for  pid=7 comm="one=" tclass=file`;

it.each([
  ['DENIED', 'ONE_DENIED'],
  ['SOMETHING', 'AVC'],
  ['constructor', 'AVC'],
])('the first field %s makes the type %s, with the same text', (kind, type) => {
  expect(one?.(`type=AVC ${ONE(kind)}`)).toBe(`type=${type} ${ONE(kind)}`);
});

it('what is missing is at the end', () => {
  expect(other?.(`type=AVC ${OTHER}`)).toBe(`type=AVC ${OTHER} tclass=other`);
});

it.each([
  ['a record of others', `type=AVC ${THIRD}`],
  ['another type', `type=USER_AVC ${ONE('DENIED')}`],
  ['a kernel message', '[    0.012345] one="DENIED" x'],
  ['a record without its end', 'type=AVC msg=audit(1.2:3): one="DEN'],
  ['nothing', ''],
])('%s stays as it is', (_title, line) => {
  expect([one?.(line), other?.(line), all?.(line)]).toEqual([line, line, line]);
});

it('a module that was not asked for keeps its form', () => {
  const lines = [ONE('DENIED'), OTHER].map((text) => `type=AVC ${text}`);
  expect(lines.map((line) => none?.(line))).toEqual(lines);
  expect([one?.(lines[1] ?? ''), other?.(lines[0] ?? '')]).toEqual([lines[1], lines[0]]);
});
