/** Yama in a world: real processes of one user that attach to each other, with and without a wish. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs } from './program.ts';

const CLIENT = path.join(import.meta.dirname, 'tracers-client.py');

async function session(scope: number): Promise<string[]> {
  const parameter = `sysctl.kernel.yama.ptrace_scope=${scope}`;
  const result = await lsmfs(['run', '--lsm=yama', '--param', parameter, '--', '/usr/bin/python3', CLIENT]);
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  return result.stdout.trim().split('\n');
}

it('a process is traced by its ancestors, and by whom it names', async () => {
  expect(await session(1)).toEqual([
    'unwilling -',
    'unwilling EPERM',
    'anybody ok',
    'anybody ok',
    'wrong EINVAL',
    'wrong EPERM',
    'traceme ok',
    ...['namespace ok', 'maker ok', 'changing EIO EIO EIO ok', 'gone ESRCH ESRCH'],
  ]);
});

it('nobody is traced in scope 3', async () => {
  const lines = await session(3);
  expect(lines.filter((line) => !/^(?!changing).* (-|ok|EINVAL)$/.test(line))).toEqual([
    'unwilling EPERM',
    'anybody EPERM',
    'wrong EPERM',
    'traceme EPERM',
    ...['maker EPERM', 'changing EIO EIO EIO EPERM', 'gone ESRCH ESRCH'],
  ]);
});
