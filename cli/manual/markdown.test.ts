import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createProgram } from '../program.ts';
import { commandFacts } from './command-facts.ts';
import { commandsPage } from './markdown.ts';

test('docs/reference/commands.md is what `npm run man` writes', () => {
  const page = readFileSync(new URL('../../docs/reference/commands.md', import.meta.url), 'utf8');
  expect(page).toBe(commandsPage(commandFacts(createProgram(''))));
});
