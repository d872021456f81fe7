import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { createProgram } from '../program.ts';
import { complete } from './complete.ts';
import { argumentSource, optionSource } from './values.ts';

const program = createProgram('0');

async function values(...words: readonly string[]): Promise<readonly string[]> {
  return (await complete(program, words)).values.map(({ value }) => value);
}

function everyCommand(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(everyCommand)].filter((known) => known.name() !== '__complete');
}

test('what can be a value is known of each option and each argument', () => {
  const unknown = everyCommand(program).flatMap((command) => [
    ...command.options
      .filter((option) => (option.required || option.optional) && !option.hidden)
      .filter((option) => optionSource(command.name(), option) === undefined)
      .map(({ flags }) => `${command.name()} ${flags}`),
    ...command.registeredArguments
      .filter((argument) => argumentSource(argument) === undefined)
      .map((argument) => `${command.name()} ${argument.name()}`),
  ]);
  expect(unknown).toEqual([]);
});

test('commands, and commands of a group', async () => {
  expect(await values('s')).toEqual(['standby', 'stop']);
  expect(await values('policy', '')).toEqual(['list', 'show', 'who-can', 'transitions', 'diff', 'build', 'help']);
  expect(await values('')).not.toContain('__complete');
});

test('options of the command, those given only once', async () => {
  expect(await values('run', '--pr')).toEqual(['--profile=', '--profiles=']);
  expect(await values('run', '--profile', 'talk', '--pr')).toEqual(['--profiles=']);
  expect(await values('run', '--profiles=a', '--pr')).toEqual(['--profile=', '--profiles=']);
  expect(await values('policy', 'build', '--o')).toEqual(['--output=']);
  expect(await values('run', '--reporte')).toEqual([]);
});

test('values, beside their option and after it', async () => {
  expect(await values('run', '--tpm=')).toEqual(['--tpm=none', '--tpm=emulated', '--tpm=swtpm']);
  expect(await values('run', '--tpm', 's')).toEqual(['swtpm']);
  expect(await values('why', '--lsm', 'ap')).toEqual(['apparmor']);
  expect(await values('policy', 'build', '-o', '')).toEqual([]);
  expect((await complete(program, ['policy', 'build', '-o', ''])).further).toBe('files');
});

test('lists go on after a comma, and name each once', async () => {
  expect(await values('run', '--lsm=yama,se')).toEqual(['--lsm=yama,selinux']);
  expect(await values('run', '--mediate', 'files,f')).toEqual(['files,forks']);
  expect((await complete(program, ['run', '--lsm='])).goesOn).toBe(true);
});

test('names of the policy that the question is about', async () => {
  const image = new URL('../../policies/small/store/policy/policy.33', import.meta.url).pathname;
  const small = ['policy', 'who-can', `--policy=${image}`];
  expect(await values(...small, 'httpd_')).toContain('httpd_exec_t');
  expect(await values(...small, 'shadow_t', 'file')).toContain('file');
  expect(await values('policy', 'who-can', '--policy', image, '--source=httpd_ex')).toEqual(['--source=httpd_exec_t']);
  expect(await values('policy', 'who-can', '--policy=/dev/null', 'httpd_')).toEqual([]);
});

test.each([
  [['run', ''], 1],
  [['run', '--', 'ls', '-'], 2],
  [['run', '--enforcing', '--name', 'a', '--', 'ls', '--', '-'], 5],
  [['run', 'ls', '--lsm='], 1],
  [['exec', 'ci', '--', ''], 3],
  [['exec', 'ci', 'ls', '-'], 2],
  [['exec', 'ci', '-'], 2],
] as const)('%j is completed as the command that begins at word %i', async (words, skip) => {
  expect(await complete(program, words)).toMatchObject({ values: [], further: 'command', skip });
});

test('what nothing is known about has no completion', async () => {
  expect(await complete(program, ['run', '--no-such=', ''])).toMatchObject({ further: 'command' });
  expect(await values('run', '--no-such=')).toEqual([]);
  expect(await values('version', 'x', '')).toEqual([]);
});
