import { expect, it } from 'vitest';
import type { Ask } from '../protocol/questions/index.ts';
import { DefaultLabels, NONE } from './default-labels.ts';

/** @param answers in order. */
function answering(...answers: readonly unknown[]): { readonly labels: DefaultLabels; readonly asked: () => number } {
  const left = [...answers];
  const ask = (() => left.shift()) as Ask;
  return { labels: new DefaultLabels(ask), asked: () => answers.length - left.length };
}

it('no file has one where nothing is opened: asked once', () => {
  const { labels, asked } = answering({ errno: 0, value: {} }, undefined);
  expect([labels.of('/a', 'file'), labels.of('/b', 'dir')]).toEqual([NONE, NONE]);
  expect(asked()).toBe(1);
});

it('without an answer none is known, until there is one', () => {
  const { labels, asked } = answering(undefined, { errno: 5 }, { errno: 0, value: {} });
  expect([labels.of('/a', 'file'), labels.of('/a', 'file'), labels.of('/a', 'file')]).toEqual([
    undefined,
    undefined,
    NONE,
  ]);
  expect(asked()).toBe(3);
});
