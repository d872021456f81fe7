import { fstatSync, openSync } from 'node:fs';
import { expect, test } from 'vitest';
import { answerQuestion } from './index.ts';
import { fake } from './testing/fake-backend.ts';

test('a descriptor that was taken is closed', () => {
  const { calls: _calls, ...answerer } = fake();
  const fd = openSync('/dev/null', 'r');
  expect(answerQuestion(answerer, { kind: 'close-descriptor', fd })).toEqual({ errno: 0 });
  expect(() => fstatSync(fd)).toThrow(/EBADF/);
});
