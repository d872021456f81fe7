/** TOMOYO's query daemon in a world: real programs wait for its answers, and nobody else does. */
import { readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { lsmfs, stepsOf } from './program.ts';

const CLIENT = readFileSync(path.resolve('test/world/tomoyo-queries-client.py'), 'utf8');
/** The trigger; others execute it only after the policy is in force. */
const TRIGGER = '/usr/bin/true';
/** As a program that /bin/sh stands for is called. */
const SHELL = path.join(path.dirname(realpathSync('/bin/sh')), 'sh');

async function client(lsm: string, ...args: string[]): Promise<Map<string, unknown>> {
  const options = [`--lsm=${lsm}`, '--param', `TOMOYO_trigger=${TRIGGER}`, '--param', 'ima_policy=tcb'];
  const command = ['python3', '-c', CLIENT, SHELL, TRIGGER, ...args];
  return stepsOf(await lsmfs(['run', ...options, '--', ...command], { timeoutMs: 120_000 }));
}

const rule = (retry: number, program = '/usr/bin/printf') => [retry, '<kernel> SHELL', `file execute ${program}`];

it('a program that enforcing mode would refuse waits for the answer, and others do not wait', async () => {
  const steps = await client('tomoyo');
  expect(Object.fromEntries(steps)).toEqual({
    'nobody there': ['', 126],
    allowed: [[rule(0)], ['ran', 0]],
    denied: [[rule(0, '/usr/bin/tr')], ['', 126]],
    retried: [
      [rule(0), rule(1)],
      ['ran', 0],
    ],
    script: [
      [rule(0, 'SCRIPT'), [0, '<kernel> SHELL SCRIPT', `file read ${realpathSync('/bin/sh')}`]],
      ['of a script', 0],
    ],
    learned: ['ran', 0],
    gone: 'A7=1\n'.length,
    signal: ['caught', 0],
    threads: ['goes on', '<kernel> SHELL PYTHON /usr/bin/cat', 0],
    'refused at once': [6, [126]],
    others: [0, 64],
    'another is answered': ['ran', 0],
    'nobody left': [126],
  });
});

it('modules after TOMOYO decide when the answer is there', async () => {
  const steps = await client('tomoyo,ima', 'measured');
  expect(steps.get('allowed')).toEqual([[rule(0)], ['ran', 0]]);
  expect(steps.get('denied')).toEqual([[rule(0, '/usr/bin/tr')], ['', 126]]);
  expect(steps.get('measured')).toEqual([1, 0]);
});
