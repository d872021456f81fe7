/** IMA namespaces, by what their files say: https://lore.kernel.org series "ima: Namespace IMA with audit support in IMA-ns", v15. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ALL_CAPABILITIES, CAP } from '../../../linux/capability.ts';
import { failed } from '../../../linux/errno.ts';
import { KERNEL_CALLER, type UserNamespace } from '../../../vfs/tree/caller.ts';
import { KERNEL_BUILDS } from '../../builds.ts';
import type { FileUse, UsedFile, UseHook } from '../../framework/files/file-use.ts';
import type { InodeFacts } from '../../framework/files/inode.ts';
import {
  createWorld,
  type KernelProfile,
  type LogEntry,
  recordStack,
  replayLog,
  type WorldTask,
} from '../../library/index.ts';

const IMA = '/sys/kernel/security/ima';
const POLICY = `${IMA}/policy`;
const IDS = { uid: 0, euid: 0, suid: 0, fsuid: 0, gid: 0, egid: 0, sgid: 0, fsgid: 0 };
const MEASURE = 'measure func=BPRM_CHECK mask=MAY_EXEC';

/** One whose root is `root` outside. */
function userNamespace(id: number, root: number, ancestors: readonly number[] = []): UserNamespace {
  const ids = [{ inside: 0, first: root, count: 10 }];
  return { id, ancestors, rootUid: root, rootGid: root, uids: ids, gids: ids };
}

function program(path: string, content = path, more: Partial<InodeFacts> = {}): UsedFile {
  const digests = Object.fromEntries(
    ['sha1', 'sha256'].map((name) => [name, createHash(name).update(content).digest('hex')]),
  );
  return {
    ...{ path, device: '0:30', mode: 0o100755, superblock: { magic: 0x01021994 } },
    inode: {
      ...{ class: 'file', filesystem: { type: 'tmpfs', id: 'tmpfs' }, path },
      ...{ ino: 7, uid: 1000, gid: 1000, xattrs: {} },
      ...more,
    },
    content: { key: path, size: 1, mtime: '1000', ctime: '1000', writers: false, openers: false, digests },
  };
}

function start(profile: KernelProfile = 'talk') {
  const build = KERNEL_BUILDS['debian-policy'];
  const world = createWorld({ lsm: '', profile, build, parameters: { ima_template: 'ima-ng' } });
  const spawn = (namespace?: UserNamespace, capabilities = ALL_CAPABILITIES) => {
    const uid = namespace?.rootUid ?? 0;
    return world.spawn({ userNamespace: namespace, capabilities, uid, gid: uid });
  };
  /** A container: securityfs of its own, active, with these rules. */
  const container = (namespace: UserNamespace, ...rules: readonly string[]) => {
    const task = spawn(namespace);
    task.mount('securityfs');
    task.fs.writeFileSync(`${IMA}/active`, '1\n');
    if (rules.length > 0) load(task, ...rules);
    return task;
  };
  const use = (task: WorldTask, file: UsedFile, hook: UseHook = 'exec') => {
    const context = { caller: task.caller, task: { ids: IDS, ppid: 1, tty: '(none)', exe: '/bin/sh' } };
    const what: FileUse = { hook, mask: hook === 'exec' ? 1 : 4, file };
    if (world.stack.uses.needs(what, context) === undefined) return undefined;
    const result = world.stack.apply({ kind: 'file-use', context, uses: [what] });
    return failed(result) ? result.code : 0;
  };
  const rules = () => world.audit.filter(({ type }) => type === 1805);
  return { world, spawn, container, use, rules };
}

function load(task: WorldTask, ...rules: readonly string[]): void {
  const fd = task.fs.openSync(POLICY, 'w');
  try {
    for (const rule of rules) task.fs.writeSync(fd, `${rule}\n`);
  } finally {
    task.fs.closeSync(fd);
  }
}

function codeOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

const read = (task: WorldTask, name: string) => task.fs.readFileSync(`${IMA}/${name}`, 'latin1');
const list = (task: Pick<WorldTask, 'fs'>) =>
  task.fs
    .readFileSync(`${IMA}/ascii_runtime_measurements`, 'latin1')
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(' ').at(-1));

describe('securityfs of a user namespace', () => {
  it('has nothing but IMA and EVM, and `active`', () => {
    const { spawn } = start();
    const task = spawn(userNamespace(1, 1000));
    task.mount('securityfs');
    expect(task.fs.readdirSync('/sys/kernel/security')).toEqual(['ima', 'evm', 'integrity']);
    expect(task.fs.readlinkSync(IMA)).toBe('integrity/ima');
    const names = task.fs.readdirSync('/sys/kernel/security/integrity/ima').sort();
    expect(names).toEqual([
      'active',
      'ascii_runtime_measurements',
      'ascii_runtime_measurements_sha1',
      'binary_runtime_measurements',
      'binary_runtime_measurements_sha1',
      'hash',
      'policy',
      'runtime_measurements_count',
      'template_name',
      'violations',
    ]);
    const modes = Object.fromEntries(names.map((name) => [name, task.fs.statSync(`${IMA}/${name}`)]));
    expect(modes.active?.mode).toBe(0o100640);
    expect(modes.policy?.mode).toBe(0o100600);
    expect(modes.violations?.mode).toBe(0o100440);
    expect([modes.active?.uid, modes.active?.gid]).toEqual([1000, 1000]);
  });

  it('is the same at each mount, and no namespace has that of another', () => {
    const { world, spawn } = start();
    const mounted = (task: WorldTask) => world.stack.filesystems.mount('securityfs', task.caller);
    const one = spawn(userNamespace(1, 1000));
    expect(mounted(one)).toBe(mounted(spawn(userNamespace(1, 1000))));
    expect(mounted(one)).not.toBe(mounted(spawn(userNamespace(2, 1000))));
    expect(mounted(spawn())).toBe(world.stack.securityfs);
  });

  it('cannot be mounted as in Linux 6.12', () => {
    expect(codeOf(() => start('mainline').spawn(userNamespace(1, 1000)).mount('securityfs'))).toBe('EPERM');
    expect(codeOf(() => start().spawn(userNamespace(1, 1000)).mount('selinuxfs'))).toBe('ENODEV');
  });

  it('is for those in the namespace and around it', () => {
    const { spawn, container } = start();
    const inner = container(userNamespace(2, 1000, [1]));
    const look = (task: WorldTask) => codeOf(() => inner.fs.as?.(task.caller).readFileSync(`${IMA}/active`));
    expect(look(spawn())).toBeUndefined();
    expect(look(spawn(userNamespace(1, 1000)))).toBeUndefined();
    expect(look(spawn(userNamespace(3, 1000, [2])))).toBe('EACCES');
    expect(look(spawn(userNamespace(4, 1000)))).toBe('EACCES');
  });
});

describe('active', () => {
  it.each([
    ['1', undefined],
    ['1\n', undefined],
    ['1\0', undefined],
    ['01', undefined],
    ['0', 'EINVAL'],
    ['2\n', 'EINVAL'],
    ['x', 'EINVAL'],
    ['-1', 'EINVAL'],
    ['1\n\n', 'EINVAL'],
    ['001', 'EINVAL'],
  ])('takes %j: %s', (text, code) => {
    const task = start().spawn(userNamespace(1, 1000));
    task.mount('securityfs');
    expect(read(task, 'active')).toBe('0\n');
    expect(codeOf(() => task.fs.writeFileSync(`${IMA}/active`, text))).toBe(code);
    expect(read(task, 'active')).toBe(code === undefined ? '1\n' : '0\n');
  });

  it('is written once, from the beginning, with CAP_MAC_ADMIN', () => {
    const { spawn } = start();
    const task = spawn(userNamespace(1, 1000));
    task.mount('securityfs');
    const fd = task.fs.openSync(`${IMA}/active`, 'w');
    expect(codeOf(() => task.fs.writeSync(fd, '1', 1))).toBe('EINVAL');
    task.setIdentity({ capabilities: ALL_CAPABILITIES & ~(1n << BigInt(CAP.MAC_ADMIN)) });
    expect(codeOf(() => task.fs.writeFileSync(`${IMA}/active`, '1'))).toBe('EPERM');
    task.setIdentity({ capabilities: ALL_CAPABILITIES });
    task.fs.writeFileSync(`${IMA}/active`, '1');
    expect(codeOf(() => task.fs.writeFileSync(`${IMA}/active`, '1'))).toBe('EBUSY');
  });

  it('is not there in the initial namespace', () => {
    expect(start().world.fs.existsSync(`${IMA}/active`)).toBe(false);
  });

  it('comes before everything else', () => {
    const { spawn } = start();
    const task = spawn(userNamespace(1, 1000));
    task.mount('securityfs');
    for (const name of ['ascii_runtime_measurements', 'binary_runtime_measurements', 'violations', 'policy'])
      expect([name, codeOf(() => read(task, name))]).toEqual([name, 'EACCES']);
    expect(codeOf(() => task.fs.writeFileSync(POLICY, MEASURE))).toBe('EACCES');
    expect([read(task, 'hash'), read(task, 'template_name')]).toEqual(['sha256\n', 'ima-ng\n']);
    expect(codeOf(() => task.fs.writeFileSync(`${IMA}/hash`, 'none'))).toBe('EINVAL');
    expect(codeOf(() => task.fs.writeFileSync(`${IMA}/template_name`, 'none'))).toBe('EINVAL');
    task.fs.writeFileSync(`${IMA}/hash`, 'sha1\n');
    task.fs.writeFileSync(`${IMA}/template_name`, 'ima-sig');
    task.fs.writeFileSync(`${IMA}/active`, '1');
    expect(codeOf(() => task.fs.writeFileSync(`${IMA}/hash`, 'sha256'))).toBe('EPERM');
    expect(read(task, 'ascii_runtime_measurements')).toContain(` ima-sig sha1:${'0'.repeat(40)} boot_aggregate`);
  });
});

describe('the policy of a namespace', () => {
  it('is read back by its root, with the ids that readers know', () => {
    const { world, container } = start();
    const rule = `${MEASURE} uid=0 gid=1 fowner=2 `;
    const task = container(userNamespace(1, 1000), rule, 'dont_measure uid>3');
    expect(read(task, 'policy')).toBe(`${rule}\ndont_measure uid>3 \n`);
    expect(task.fs.as(world.spawn().caller).readFileSync(POLICY, 'latin1')).toBe(
      `${MEASURE} uid=1000 gid=1001 fowner=1002 \ndont_measure uid>1003 \n`,
    );
    expect(codeOf(() => load(task, 'measure uid=10'))).toBe('EINVAL');
    task.setIdentity({ capabilities: 0n });
    expect(codeOf(() => read(task, 'policy'))).toBe('EPERM');
  });

  it('means ids of the namespace also when the initial root writes', () => {
    const { world, container } = start();
    const task = container(userNamespace(1, 1000));
    const outside = task.fs.as(world.spawn().caller);
    outside.writeFileSync(POLICY, 'audit func=BPRM_CHECK uid=0 fgroup=0');
    expect(outside.readFileSync(POLICY, 'latin1')).toBe('audit func=BPRM_CHECK uid=1000 fgroup=1000 \n');
    expect(read(task, 'policy')).toBe('audit func=BPRM_CHECK uid=0 fgroup=0 \n');
  });

  it('audits for the initial root only', () => {
    const { container, world, rules } = start();
    const audit = 'audit func=BPRM_CHECK';
    expect(codeOf(() => load(container(userNamespace(1, 1000)), audit))).toBe('EPERM');
    expect(codeOf(() => load(container(userNamespace(2, 0)), audit))).toBeUndefined();
    expect(rules()).toEqual([]);
    expect(world.audit).toEqual([]);
    expect(world.kernelLog.filter((line) => line.includes('policy update'))).toEqual([]);
  });

  it('has 1,024 rules at most; a session with more fails and says nothing', () => {
    const { container } = start();
    const task = container(userNamespace(1, 1000));
    load(task, ...Array.from({ length: 1000 }, (_, pcr) => `${MEASURE} pcr=${pcr % 64}`));
    load(task, ...Array.from({ length: 25 }, () => MEASURE));
    expect(read(task, 'policy').split('\n')).toHaveLength(1001);
    load(task, ...Array.from({ length: 24 }, () => MEASURE));
    expect(read(task, 'policy').split('\n')).toHaveLength(1025);
  });

  it.each(['2018', '2025', '2026'] as const)('is about audit alone in %s', (profile) => {
    const { container, rules, use } = start(profile);
    const task = container(userNamespace(1, 0));
    for (const rule of [MEASURE, 'appraise', 'hash'])
      expect([rule, codeOf(() => load(task, rule))]).toEqual([rule, 'EINVAL']);
    load(task, 'dont_measure', 'audit func=BPRM_CHECK');
    expect(list(task)).toEqual([]);
    expect(task.fs.existsSync(`${IMA}/hash`)).toBe(false);
    expect(use(task, program('/bin/x'))).toBe(0);
    expect(use(task, program('/bin/x'))).toBe(0);
    expect(rules()).toHaveLength(1);
    expect(rules()[0]?.body).toContain('file="/bin/x"');
  });

  it('is loaded once where the kernel was built so', () => {
    const world = createWorld({ lsm: '', build: KERNEL_BUILDS.debian });
    const task = world.spawn({ userNamespace: userNamespace(1, 0) });
    task.mount('securityfs');
    task.fs.writeFileSync(`${IMA}/active`, '1');
    load(task, MEASURE);
    expect(task.fs.statSync(POLICY).mode).toBe(0o100400);
    expect(codeOf(() => load(task, MEASURE))).toBe('EBUSY');
    task.mount('securityfs');
    expect(read(task, 'policy')).toBe(`${MEASURE} \n`);
  });
});

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
