import { expect, test } from 'vitest';
import { paragraph, quoted, term, verbatim } from './roff.ts';

test('a line that begins as a request is text', () => {
  expect(paragraph('.machine has keys')).toBe('\\&.machine has keys');
  expect(verbatim(["'a' \\n", '.b'])).toBe(".EX\n\\&'a' \\en\n\\&.b\n.EE");
});

test('options and quoted words are bold, placeholders italic, hyphens of options stay what they are', () => {
  expect(paragraph('With --no-seccomp, `a -b` and a well-known <name>.')).toBe(
    'With \\fB\\-\\-no\\-seccomp\\fR, \\fBa \\-b\\fR and a well-known \\fIname\\fR.',
  );
  expect(term('-o, --output <file>')).toBe('\\fB\\-o, \\-\\-output \\fR\\fI<file>\\fR');
});

test('each sentence begins a line, and no line is long', () => {
  expect(paragraph('One. Two.')).toBe('One.\nTwo.');
  const lines = paragraph('word '.repeat(60).trim()).split('\n');
  expect(lines.length).toBeGreaterThan(3);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(78);
});

test('a long list may be broken at its commas', () => {
  expect(paragraph('files,stat,tasks,forks,sockets,messages')).toContain('files,\\:stat');
});

test('quotes within an argument of a macro are no end of it', () => {
  expect(quoted('a "b" c-d')).toBe('"a \\(dqb\\(dq c\\-d"');
});
