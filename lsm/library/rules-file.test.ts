/** Rules of IMA from a file of the world's own, as an init with IMA's support loads them. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { defaultBuild, KERNEL_BUILDS } from '../builds.ts';
import { createWorld, type WorldOptions } from './index.ts';
import { codeOf } from './testing.ts';

const IMA = '/sys/kernel/security/integrity/ima';
const RULES = '/etc/ima-policy';
const build = KERNEL_BUILDS[defaultBuild({})];

function worldWith(rules: string, options: WorldOptions = {}) {
  const world = createWorld({ lsm: '', build, ...options });
  world.fs.writeFileSync(RULES, rules);
  const task = world.spawn();
  const load = (path = RULES): string | undefined => codeOf(() => task.fs.writeFileSync(`${IMA}/policy`, path));
  const list = (): string[] =>
    world.fs
      .readFileSync(`${IMA}/ascii_runtime_measurements`, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' ').slice(3).join(' '));
  return { world, task, load, list };
}

test('are in force when the file is closed', () => {
  const { world, task, load, list } = worldWith('# all that is read\nmeasure func=FILE_CHECK mask=MAY_READ\n', {
    parameters: { ima_template: 'ima-ng' },
  });
  expect(load()).toBeUndefined();
  world.fs.writeFileSync('/etc/motd', 'hello');
  expect(task.fs.readFileSync('/etc/motd', 'utf8')).toBe('hello');
  expect(list().at(-1)).toBe(`sha256:${createHash('sha256').update('hello').digest('hex')} /etc/motd`);
});

test('are measured by rules about policies', () => {
  const content = 'measure func=POLICY_CHECK\n';
  const { load, list } = worldWith(content, { parameters: { ima_template: 'ima-ng', ima_policy: 'tcb' } });
  expect(load()).toBeUndefined();
  expect(list().at(-1)).toBe(`sha256:${createHash('sha256').update(content).digest('hex')} ${RULES}`);
});

test('are refused where the file cannot be read, or is none', () => {
  expect(worldWith('audit\n').load('/etc/none')).toBe('ENOENT');
  expect(worldWith('').load()).toBe('EINVAL');
  expect(worldWith('audit\n').load('/etc')).toBe('EINVAL');
  expect(worldWith('audit\n').load('/sys/kernel/security/lsm')).toBe('EINVAL');
  expect(worldWith('measure func=NOTHING\n').load()).toBe('EINVAL');
});

test('must be signed where the policy must be appraised', () => {
  const { world, load } = worldWith('audit\n', { parameters: { ima_policy: 'secure_boot' } });
  expect(load()).toBe('EACCES');
  expect(world.audit.some(({ body }) => body.includes('cause=IMA-signature-required'))).toBe(true);
});

test('about programs are about scripts and their interpreters', () => {
  const { world, task, load, list } = worldWith('measure func=BPRM_CHECK mask=MAY_EXEC\n', {
    parameters: { ima_template: 'ima-ng' },
  });
  expect(load()).toBeUndefined();
  const program = (path: string, content: string): void => {
    world.fs.writeFileSync(path, content);
    world.fs.chmodSync(path, 0o755);
  };
  program('/bin/interpreter', '\x7fELF');
  program('/bin/other', '#! /bin/interpreter -x\n');
  program('/bin/tool', '#!/bin/other\n');
  program('/bin/alone', '#!/bin/none\n');
  for (const path of ['/bin/tool', '/bin/alone']) task.exec({ path });
  const paths = list().map((line) => line.split(' ')[1]);
  expect(paths).toEqual(['boot_aggregate', '/bin/tool', '/bin/other', '/bin/interpreter', '/bin/alone']);
  world.fs.chmodSync('/bin/interpreter', 0o644);
  expect(codeOf(() => task.exec({ path: '/bin/tool' }))).toBe('EACCES');
});
