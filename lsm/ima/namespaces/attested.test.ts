/** What the list and the registers of the initial namespace say of the others: template `ima-ns`, `ima/vpcr`. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ALL_CAPABILITIES, CAP } from '../../../linux/capability.ts';
import { UNKNOWN_NAMESPACE } from '../../../vfs/tree/caller.ts';
import { KERNEL_BUILDS } from '../../builds.ts';
import { createWorld, type KernelProfile } from '../../library/index.ts';
import { codeOf, IMA, list, load, MEASURE, program, read, start, userNamespace } from './testing.ts';

const WORDS = `${MEASURE} template=ima-ns`;

describe('the template `ima-ns`', () => {
  it('lists what each namespace uses once, and begins with its name', () => {
    const { world, spawn, container, use } = start();
    load(spawn(), WORDS);
    const first = container(userNamespace(1, 1000));
    const second = container(userNamespace(2, 2000));
    const nested = container(userNamespace(3, 1000, [1]));
    const without = spawn(userNamespace(4, 3000));
    for (const task of [first, first, second, nested, spawn(), without, second, without]) use(task, program('/bin/x'));
    without.exit();
    use(spawn(userNamespace(4, 3000)), program('/bin/x'));
    const lines = world.fs.readFileSync(`${IMA}/ascii_runtime_measurements`, 'utf8').trimEnd().split('\n').slice(1);
    const words = lines.map((line) => line.split(' '));
    expect(words.map(([pcr, , template, , digest, path]) => [pcr, template, digest, path])).toEqual(
      Array(6).fill(['10', 'ima-ns', words[0]?.[4], '/bin/x']),
    );
    const names = words.map(([, , , name]) => name);
    expect(new Set(names).size).toBe(6);
    for (const name of names)
      expect(name).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(world.fs.readFileSync(`${IMA}/policy`, 'utf8')).toBe(`${WORDS} \n`);
  });

  it('calls a namespace the same as long as a task is there, also one that nobody has looked at', () => {
    const { world, spawn, use } = start();
    load(spawn(), WORDS);
    const task = spawn(userNamespace(4, 3000));
    use(task, program('/bin/x'));
    const unseen = task.fork();
    // As if it had been forked before anybody looked, or had entered since.
    world.stack.apply({ kind: 'user-namespace', task: unseen.caller });
    task.exit();
    use(unseen, program('/bin/x'));
    const lines = () => world.fs.readFileSync(`${IMA}/ascii_runtime_measurements`, 'utf8').match(/ ima-ns /g)?.length;
    expect(lines()).toBe(1);
    unseen.exit();
    use(spawn(userNamespace(4, 3000)), program('/bin/x'));
    expect(lines()).toBe(2);
  });

  it('keeps nothing for namespaces that have ended but their entries, as a kernel', () => {
    const { world, spawn, use } = start();
    load(spawn(), WORDS);
    const stays = spawn(userNamespace(1, 1000));
    use(stays, program('/bin/x'));
    for (let id = 2; id < 300; id++) {
      const task = spawn(userNamespace(id, 1000));
      use(task, program('/bin/x'));
      use(task, program('/bin/x'));
      task.exit();
    }
    use(stays, program('/bin/x'));
    const lines = world.fs.readFileSync(`${IMA}/ascii_runtime_measurements`, 'utf8').match(/ ima-ns /g);
    expect(lines).toHaveLength(299);
  });

  it('names where a task was seen last while nobody can say where it is', () => {
    const { world, spawn, container, use } = start();
    load(spawn(), WORDS);
    const task = container(userNamespace(1, 1000), MEASURE);
    use(task, program('/bin/x'));
    task.setIdentity({ userNamespace: UNKNOWN_NAMESPACE });
    use(task, program('/bin/y'));
    const lines = world.fs.readFileSync(`${IMA}/ascii_runtime_measurements`, 'utf8').trimEnd().split('\n').slice(1);
    const [first, second] = lines.map((line) => line.split(' '));
    expect([second?.[3], second?.[5]]).toEqual([first?.[3], '/bin/y']);
    // The rules of the namespace are in force, too.
    const reader = spawn(userNamespace(1, 1000));
    reader.mount('securityfs');
    expect(list(reader)).toEqual(['boot_aggregate', '/bin/x', '/bin/y']);
  });

  it('has keys that a held task adds measured where it was seen last', () => {
    const { world, spawn, container } = start();
    const rule = 'measure func=KEY_CHECK keyrings=_ima template=ima-ns';
    load(spawn(), rule);
    const task = container(userNamespace(1, 1000), rule);
    const add = (payload: string) => {
      const change = { call: 'added', type: 'asymmetric', payload, ring: '_ima' } as const;
      world.stack.apply({ kind: 'key', change, caller: task.caller });
    };
    add('a2V5');
    task.setIdentity({ userNamespace: UNKNOWN_NAMESPACE });
    add('bG9jaw==');
    const names = (text: string) =>
      text
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split(' ').slice(3));
    const [first, second] = names(world.fs.readFileSync(`${IMA}/ascii_runtime_measurements`, 'utf8'));
    expect([second?.[0], second?.[2]]).toEqual([first?.[0], '_ima']);
    const reader = spawn(userNamespace(1, 1000));
    reader.mount('securityfs');
    expect(list(reader)).toEqual(['boot_aggregate', '_ima', '_ima']);
  });

  it('is the template of a whole kernel, boot_aggregate included', () => {
    const world = createWorld({ lsm: '', parameters: { ima_template: 'ima-ns' } });
    const lines = () => world.fs.readFileSync(`${IMA}/ascii_runtime_measurements`, 'utf8').split('\n');
    expect(lines()[0]).toMatch(/^10 [0-9a-f]{40} ima-ns [0-9a-f-]{36} sha256:0+ boot_aggregate$/);
  });

  it.each<KernelProfile>(['mainline', '2018', '2025', '2026'])('is not in %s', (profile) => {
    const { world } = start(profile);
    expect(codeOf(() => world.fs.writeFileSync(`${IMA}/policy`, WORDS))).toBe('EINVAL');
    const booted = createWorld({ lsm: '', profile, parameters: { ima_template_fmt: 'ns|n-ng' } });
    expect(booted.kernelLog.join('\n')).toContain("format string 'ns|n-ng' not valid");
    expect(booted.fs.existsSync(`${IMA}/vpcr`)).toBe(false);
  });

  it('is that of a namespace which chose it, whose list tells those inside of it apart', () => {
    const { container, spawn, use } = start();
    const task = spawn(userNamespace(1, 1000));
    task.mount('securityfs');
    task.fs.writeFileSync(`${IMA}/template_name`, 'ima-ns');
    task.fs.writeFileSync(`${IMA}/active`, '1');
    load(task, MEASURE);
    use(container(userNamespace(2, 1000, [1])), program('/bin/x'));
    use(task, program('/bin/x'));
    const names = read(task, 'ascii_runtime_measurements')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[3]);
    expect(names).toEqual([names[0], expect.not.stringContaining(names[0] ?? ''), names[0]]);
  });
});

describe('vpcr', () => {
  const tpm = { banks: [{ algorithm: 'sha256' }, { algorithm: 'sha1' }] } as const;

  it('has the register of each active namespace, and the one of the TPM', () => {
    const build = KERNEL_BUILDS['debian-policy'];
    const world = createWorld({ lsm: '', build, tpm, parameters: { ima_template: 'ima-ng' } });
    const show = () => world.fs.readFileSync(`${IMA}/vpcr`) as Buffer;
    const register = (number: number, bank = 'sha256') =>
      world.fs.readFileSync(`/sys/class/tpm/tpm0/pcr-${bank}/${number}`, 'latin1').trimEnd();
    const before = register(10);
    expect(show()).toEqual(Buffer.concat([Buffer.from('PCR12:'), Buffer.alloc(32)]));
    const inside = [1, 2].map((id) => {
      const task = world.spawn({
        userNamespace: userNamespace(id, 1000 * id),
        uid: 1000 * id,
        gid: 1000 * id,
        capabilities: ALL_CAPABILITIES,
      });
      task.mount('securityfs');
      return task;
    });
    expect(show()).toHaveLength(38);
    for (const task of inside) task.fs.writeFileSync(`${IMA}/active`, '1');
    const shown = show();
    expect(shown).toHaveLength(2 * 39 + 38);
    const records = [0, 39].map((at) => shown.subarray(at, at + 39));
    expect(records.map((record) => [record.subarray(0, 6).toString(), record[38]])).toEqual(
      Array(2).fill(['cPCR: ', 10]),
    );
    // Both have measured the same boot_aggregate.
    const entry = inside[0]?.fs.readFileSync(`${IMA}/ascii_runtime_measurements`, 'latin1').split(' ') ?? [];
    expect(entry[2]).toBe('ima-ng');
    expect(records[0]?.subarray(6, 38)).toEqual(records[1]?.subarray(6, 38));
    expect(shown.subarray(78)).toEqual(Buffer.concat([Buffer.from('PCR12:'), Buffer.from(register(12), 'hex')]));
    expect(register(12)).not.toBe('0'.repeat(64));
    expect(register(12, 'sha1')).not.toBe('0'.repeat(40));
    expect(register(10)).toBe(before);
  });

  it('replays from the list of the namespace', () => {
    const world = createWorld({ lsm: '', build: KERNEL_BUILDS['debian-policy'], tpm });
    const task = world.spawn({
      userNamespace: userNamespace(1, 1000),
      uid: 1000,
      gid: 1000,
      capabilities: ALL_CAPABILITIES,
    });
    task.mount('securityfs');
    task.fs.writeFileSync(`${IMA}/active`, '1');
    const list = task.fs.readFileSync(`${IMA}/binary_runtime_measurements`) as Buffer;
    // u32 pcr, 20 bytes of digest, u32 and name of the template, u32 and data: the digest of a bank is over the data.
    const data = list.subarray(4 + 20 + 4 + list.readUInt32LE(24) + 4);
    const hash = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
    const vpcr = world.fs.readFileSync(`${IMA}/vpcr`) as Buffer;
    expect(vpcr.subarray(6, 38)).toEqual(hash(Buffer.alloc(32), hash(data)));
  });

  it('is for CAP_MAC_ADMIN, and needs a TPM with such a bank', () => {
    const open = (world: ReturnType<typeof createWorld>, capabilities = ALL_CAPABILITIES) =>
      codeOf(() => world.spawn({ capabilities }).fs.readFileSync(`${IMA}/vpcr`));
    const world = createWorld({ lsm: '', tpm });
    expect(open(world)).toBeUndefined();
    expect(open(world, ALL_CAPABILITIES & ~(1n << BigInt(CAP.MAC_ADMIN)))).toBe('EACCES');
    expect(world.fs.statSync(`${IMA}/vpcr`).mode).toBe(0o100440);
    expect(open(createWorld({ lsm: '' }))).toBe('ENODEV');
    expect(open(createWorld({ lsm: '', tpm: { banks: [{ algorithm: 'sha1' }] } }))).toBe('EINVAL');
  });

  it('is not in the securityfs of a namespace', () => {
    const { container } = start();
    expect(container(userNamespace(1, 1000)).fs.existsSync(`${IMA}/vpcr`)).toBe(false);
  });
});
