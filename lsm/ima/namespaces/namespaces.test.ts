/** IMA namespaces, by what their files say: https://lore.kernel.org series "ima: Namespace IMA with audit support in IMA-ns", v15. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { failed } from '../../../linux/errno.ts';
import { KERNEL_CALLER } from '../../../vfs/tree/caller.ts';
import { KERNEL_BUILDS } from '../../builds.ts';
import type { UsedFile } from '../../framework/files/file-use.ts';
import { createWorld, type LogEntry, recordStack, replayLog, type WorldTask } from '../../library/index.ts';

import { IDS } from '../hooks/testing.ts';
import { IMA, list, load, MEASURE, program, read, start, userNamespace } from './testing.ts';

describe('what processes of a namespace do', () => {
  it('is in its list, in those around it as their rules say, and in no other', () => {
    const { world, container, use, spawn } = start();
    load(world.spawn(), `${MEASURE} fowner=1000`);
    const outer = container(userNamespace(1, 1000), MEASURE);
    const sibling = container(userNamespace(2, 1000), MEASURE);
    const inner = container(userNamespace(3, 1000, [1]));
    expect(use(inner, program('/bin/x'))).toBe(0);
    expect(list(outer)).toEqual(['boot_aggregate', '/bin/x']);
    expect(list(inner)).toEqual(['boot_aggregate']);
    expect(list(sibling)).toEqual(['boot_aggregate']);
    expect(list(world)).toEqual(['boot_aggregate', '/bin/x']);
    use(outer, program('/bin/other', 'x', { uid: 5 }));
    expect(list(outer)).toEqual(['boot_aggregate', '/bin/x', '/bin/other']);
    expect(list(world)).toHaveLength(2);
    use(spawn(userNamespace(4, 1000, [3, 1])), program('/bin/deep'));
    expect(list(outer)).toHaveLength(4);
    expect(read(outer, 'runtime_measurements_count')).toBe('4\n');
    expect(read(inner, 'violations')).toBe('0\n');
  });

  it('is measured 32 levels up', () => {
    const { world, container, use } = start();
    load(world.spawn(), MEASURE);
    const tasks: WorldTask[] = [];
    for (let level = 1; level <= 32; level++) {
      const ancestors = Array.from({ length: level - 1 }, (_, index) => level - 1 - index);
      tasks.push(container(userNamespace(level, 1000, ancestors), MEASURE));
    }
    const [outermost, innermost] = [tasks[0], tasks.at(-1)];
    if (outermost === undefined || innermost === undefined) throw new Error('no tasks');
    use(innermost, program('/bin/x'));
    for (const task of tasks) expect(list(task)).toEqual(['boot_aggregate', '/bin/x']);
    expect(list(world)).toEqual(['boot_aggregate', '/bin/x']);
    use(outermost, program('/bin/y'));
    expect(tasks.map((task) => list(task).length)).toEqual([3, ...Array.from({ length: 31 }, () => 2)]);
  });

  it('is refused when any level refuses it, and all levels are asked', () => {
    const { container, use } = start();
    const outer = container(userNamespace(1, 1000), 'appraise func=BPRM_CHECK', MEASURE);
    const inner = container(userNamespace(2, 1000, [1]), MEASURE);
    expect(use(inner, program('/bin/x'))).toBe('EACCES');
    expect(list(inner)).toEqual(['boot_aggregate', '/bin/x']);
    expect(list(outer)).toEqual(['boot_aggregate', '/bin/x']);
  });

  it('is judged by the attributes that the namespace has of its own', () => {
    const { container, use } = start();
    const good = `\x04\x04${createHash('sha256').update('/bin/x').digest().toString('latin1')}`;
    const task = container(userNamespace(1, 1000), 'appraise func=BPRM_CHECK');
    const other = container(userNamespace(2, 2000), 'appraise func=BPRM_CHECK');
    const file = program('/bin/x', '/bin/x', {
      xattrs: { 'trusted.lsmns.000003e8.ima': good, 'security.ima': '\x04\x04bad' },
    });
    expect(use(task, file)).toBe(0);
    expect(use(other, file)).toBe('EACCES');
  });

  it('gives files a digest under the name of the namespace, if it has their owner', () => {
    const { world, container, use } = start();
    const task = container(userNamespace(1, 1000), 'hash func=FILE_CHECK');
    const write = (file: UsedFile) => {
      use(task, file, 'open');
      const context = { caller: task.caller, task: { ids: IDS, ppid: 1, tty: '(none)', exe: '/bin/sh' } };
      world.stack.apply({ kind: 'file-use', context, uses: [{ hook: 'open', mask: 2, writes: true, file }] });
      use(task, { ...file, content: { ...file.content, mtime: '2000', ctime: '2000', size: 2 } }, 'open');
      return world.stack.uses.stores.take();
    };
    expect(write(program('/a'))).toMatchObject([{ key: '/a', name: 'trusted.lsmns.000003e8.ima' }]);
    expect(write(program('/b', 'b', { uid: 0 }))).toEqual([]);
  });

  it('is audited in the log of the host, once for each content', () => {
    const { container, use, rules } = start();
    const [one, two] = [
      container(userNamespace(1, 0), 'audit func=BPRM_CHECK'),
      container(userNamespace(2, 0), 'audit'),
    ];
    for (const task of [one, one, two]) use(task, program('/bin/x'));
    expect(rules()).toHaveLength(2);
    const changed = program('/bin/x', 'changed');
    use(one, { ...changed, content: { ...changed.content, mtime: '2000', ctime: '2000' } });
    expect(rules()).toHaveLength(3);
  });
});

describe('the end of a namespace', () => {
  it('comes with its last task; what is open or mounted can still be read', () => {
    const { world, container, use } = start();
    const unused: unknown[] = [];
    world.stack.filesystems.onUnused((filesystem) => unused.push(filesystem));
    const task = container(userNamespace(1, 1000), MEASURE);
    use(task, program('/bin/x'));
    const child = task.fork();
    const filesystem = world.stack.filesystems.mount('securityfs', task.caller);
    if (failed(filesystem)) throw new Error('not mounted');
    const fs = task.fs.as(KERNEL_CALLER);
    const fd = fs.openSync(`${IMA}/ascii_runtime_measurements`, 'r');
    task.exit();
    expect(unused).toEqual([]);
    child.exit();
    expect(unused).toEqual([filesystem]);
    expect(fs.readFileSync(fd, 'latin1')).toContain('/bin/x');
    expect(fs.readFileSync(`${IMA}/runtime_measurements_count`, 'latin1')).toBe('2\n');
    const next = world.spawn({ userNamespace: userNamespace(1, 1000) });
    next.mount('securityfs');
    expect(read(next, 'active')).toBe('0\n');
    world.stack.filesystems.released(filesystem);
    expect(world.stack.filesystems.instance('securityfs', filesystem.instance ?? 0)).toBeUndefined();
  });

  it('waits for tasks in namespaces inside of it', () => {
    const { world, container, spawn } = start();
    const unused: unknown[] = [];
    world.stack.filesystems.onUnused((filesystem) => unused.push(filesystem));
    const outer = container(userNamespace(1, 1000));
    const inner = spawn(userNamespace(2, 1000, [1]));
    outer.exit();
    expect(unused).toEqual([]);
    inner.exit();
    expect(unused).toHaveLength(1);
  });

  it('and everything before is rebuilt from the log', () => {
    const { world, spawn, use } = start();
    const entries: LogEntry[] = [];
    const recorded = recordStack(world.stack, (entry) => entries.push(structuredClone(entry)));
    const task = spawn(userNamespace(1, 1000));
    const filesystem = recorded.mount('securityfs', task.caller);
    expect(failed(filesystem)).toBe(false);
    const again = createWorld({
      lsm: '',
      build: KERNEL_BUILDS['debian-policy'],
      parameters: { ima_template: 'ima-ng' },
    });
    use(task, program('/bin/x'));
    replayLog(again.stack, entries);
    expect(again.stack.filesystems.instance('securityfs', 1)).toBeDefined();
    const [module] = again.stack.modules.filter(({ definition }) => definition.name === 'ima');
    expect(module?.module.inspect?.([...again.stack.tasks.all()])?.namespaces).toMatchObject([
      { name: 'init', depth: 0 },
      { name: '1', depth: 1, tasks: 1, mode: 'inactive', rules: 0 },
    ]);
  });
});

it('namespaces are told of, each after the one it is in', () => {
  const { world, container } = start();
  const ima = () => world.stack.modules.find(({ definition }) => definition.name === 'ima')?.module;
  const all = () => ima()?.inspect?.([...world.stack.tasks.all()])?.namespaces;
  expect(all()).toBeUndefined();
  container(userNamespace(1, 1000), MEASURE);
  container(userNamespace(3, 1000));
  container(userNamespace(2, 1000, [1]));
  expect(
    all()?.map(({ name, depth, tasks, rules, measurements }) => [name, depth, tasks, rules, measurements]),
  ).toEqual([
    ['init', 0, 0, 0, 1],
    ['1', 1, 1, 1, 1],
    ['2', 2, 1, 0, 1],
    ['3', 1, 1, 0, 1],
  ]);
  expect(ima()?.measurementList?.('1')).toEqual(ima()?.measurementList?.('2'));
  expect(ima()?.measurementList?.('none')).toBeUndefined();
});
