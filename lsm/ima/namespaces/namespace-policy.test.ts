/** The securityfs of a user namespace, `active`, and the policy of its IMA. */
import { describe, expect, it } from 'vitest';
import { ALL_CAPABILITIES, CAP } from '../../../linux/capability.ts';
import { KERNEL_BUILDS } from '../../builds.ts';
import { createWorld, type WorldTask } from '../../library/index.ts';

import { codeOf, IMA, list, load, MEASURE, POLICY, program, read, start, userNamespace } from './testing.ts';

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
    task.fs.writeFileSync(`${IMA}/template_name`, 'ima');
    expect(codeOf(() => task.fs.writeFileSync(`${IMA}/hash`, 'sha512'))).toBe('EINVAL');
    task.fs.writeFileSync(`${IMA}/hash`, 'sha1\n');
    task.fs.writeFileSync(`${IMA}/template_name`, 'ima-sig');
    task.fs.writeFileSync(`${IMA}/active`, '1');
    expect(codeOf(() => task.fs.writeFileSync(`${IMA}/hash`, 'sha256'))).toBe('EPERM');
    expect(read(task, 'ascii_runtime_measurements')).toContain(` ima-sig sha1:${'0'.repeat(40)} boot_aggregate`);
    const old = spawn(userNamespace(2, 2000));
    old.mount('securityfs');
    old.fs.writeFileSync(`${IMA}/template_name`, 'ima');
    old.fs.writeFileSync(`${IMA}/active`, '1');
    expect(read(old, 'hash')).toBe('sha1\n');
    expect(read(old, 'ascii_runtime_measurements')).toContain(` ima ${'0'.repeat(40)} boot_aggregate`);
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

  it('takes rules of its root without capabilities, which reading, auditing and `active` need: the series asks nowhere else', () => {
    const { container, use } = start();
    const task = container(userNamespace(1, 1000));
    task.setIdentity({ capabilities: 0n });
    load(task, MEASURE);
    expect(codeOf(() => load(task, 'audit func=BPRM_CHECK'))).toBe('EPERM');
    use(task, program('/bin/x'));
    task.setIdentity({ capabilities: ALL_CAPABILITIES });
    expect(read(task, 'policy')).toBe(`${MEASURE} \n`);
    expect(list(task).at(-1)).toContain('/bin/x');
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
