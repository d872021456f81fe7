/** Rows of docs/reports/boxes.md whose boxes every machine with the tests has: what comes of them is what the page says. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { GROUPS, NOT_TRIED } from './boxes.ts';
import { textOf } from './page.ts';
import { runBox } from './run-box.ts';

const PAGE = readFileSync('docs/reports/boxes.md', 'utf8');
const BOXES = GROUPS.flatMap(({ boxes }) => boxes);
/** As scripts/setup installs. */
const INSTALLED = ['bwrap', 'busybox', 'ld-musl-config'];
const here = BOXES.filter(
  ({ image, needs = [] }) => image === undefined && needs.every((name) => INSTALLED.includes(name)),
);

it.each(here)('$name', async (box) => {
  const outcome = await runBox(box);
  expect(['works', 'told']).toContain(outcome.kind);
  expect(PAGE).toContain(`| ${box.name} | ${textOf(outcome)} |\n`);
});

it('the page has each box, no wrong one, and says what was not tried', () => {
  for (const { name } of BOXES) expect(PAGE).toContain(`| ${name} | `);
  for (const [name] of NOT_TRIED) expect(PAGE).toContain(`| ${name} | `);
  expect(PAGE).not.toContain('**wrong**');
});
