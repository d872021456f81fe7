/** Pages of the manual: man(1) shows each, with all options that the command has, and neither mandoc nor groff finds a fault. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { commandFacts, flattened } from '../cli/manual/command-facts.ts';
import { createProgram } from '../cli/program.ts';

const PAGES = path.resolve(import.meta.dirname, '../dist/man/man1');
const PROGRAM = commandFacts(createProgram('0'));
const ENVIRONMENT = { ...process.env, MANROFFSEQ: '', MANWIDTH: '500', LC_ALL: 'C.UTF-8', MAN_KEEP_FORMATTING: '' };

function run(command: string, ...args: readonly string[]) {
  const { error, ...result } = spawnSync(command, args, { encoding: 'utf8', env: ENVIRONMENT });
  if (error !== undefined) throw error;
  return result;
}

const pageOf = (name: string): string => path.join(PAGES, `${name.replaceAll(' ', '-')}.1`);

test('there is a page for lsmfs, and one for each command', () => {
  const expected = [PROGRAM, ...PROGRAM.commands].map(({ name }) => path.basename(pageOf(name)));
  expect(readdirSync(PAGES).sort()).toEqual(expected.sort());
});

test.each([PROGRAM, ...PROGRAM.commands].map((command) => [command.name, command] as const))(
  'the page of %s has what its help has',
  (name, command) => {
    const shown = run('man', '--local-file', '--no-hyphenation', '--no-justification', pageOf(name));
    expect(shown.stderr).toBe('');
    const text = shown.stdout.replace(/\s+/g, ' ');
    const own = name === PROGRAM.name ? [command] : flattened(command);
    for (const { groups, arguments: words, examples } of own) {
      const entries = [...words, ...groups.flatMap(({ options }) => options)];
      expect(entries.length).toBeGreaterThan(0);
      for (const { term, about } of entries) expect(text).toContain(`${term} ${about.replaceAll('`', '')}`);
      for (const example of examples) expect(text).toContain(example.replace(/\s+/g, ' '));
    }
  },
);

test.each(readdirSync(PAGES))('%s is without fault', (file) => {
  const page = path.join(PAGES, file);
  expect(run('mandoc', '-T', 'lint', '-W', 'warning', page)).toMatchObject({ status: 0, stdout: '', stderr: '' });
  expect(
    run('man', '--warnings', '--encoding=UTF-8', '--local-file', '--troff-device=utf8', '--ditroff', page).stderr,
  ).toBe('');
});
