import { beforeEach, describe, expect, it } from 'vitest';
import type { FileUse, UseContext, UseHook } from '../framework/files/file-use.ts';
import { createWorld, type World } from '../library/index.ts';
import { outcomeOf } from '../library/testing.ts';
import { decide } from './hooks/decide.ts';
import { parsePolicy } from './policy/policy.ts';

const ROOT = '/sys/kernel/security/ipe';

let world: World;
beforeEach(() => {
  world = createWorld({ lsm: 'ipe' });
});

const read = (name: string): string => world.fs.readFileSync(`${ROOT}/${name}`, 'latin1');
const write =
  (name: string, data: string | Uint8Array, fs = world.fs) =>
  () =>
    fs.writeFileSync(`${ROOT}/${name}`, data);

describe('ipe', () => {
  it('has its nodes', () => {
    const modes = world.fs.readdirSync(ROOT).map((name) => [name, world.fs.statSync(`${ROOT}/${name}`).mode & 0o777]);
    expect(Object.fromEntries(modes)).toEqual({
      enforce: 0o600,
      new_policy: 0o200,
      policies: 0o755,
      success_audit: 0o600,
    });
    expect([read('enforce'), read('success_audit')]).toEqual(['1', '0']);
    expect(() => world.fs.mkdirSync(`${ROOT}/policies/x`)).toThrow('EPERM');
  });

  it('logs when enforcing changes', () => {
    write('enforce', 'off')();
    write('enforce', '0')();
    expect(world.audit).toMatchObject([
      {
        type: 1404,
        body: 'enforcing=0 old_enforcing=1 auid=4294967295 ses=4294967295 enabled=1 old-enabled=1 lsm=ipe res=1',
      },
    ]);
  });

  it('takes settings from boot', () => {
    world = createWorld({ lsm: 'ipe', parameters: { 'ipe.enforce': '0', 'ipe.success_audit': 'y' } });
    expect([read('enforce'), read('success_audit')]).toEqual(['0', '1']);
  });

  it('refuses policies', () => {
    const signed = Uint8Array.of(
      0x30,
      0x82,
      1,
      0,
      0x06,
      0x09,
      0x2a,
      0x86,
      0x48,
      0x86,
      0xf7,
      0x0d,
      0x01,
      0x07,
      0x02,
      0xa0,
    );
    expect(write('new_policy', 'x')).toThrow('EBADMSG');
    expect(write('new_policy', signed)).toThrow('ENOKEY');
    expect(write('new_policy', signed, world.spawn({ capabilities: 2n }).fs)).toThrow('EPERM');
    expect(world.audit).toEqual([]);
  });

  it('asks who opened, not who writes', () => {
    const weak = world.spawn({ capabilities: 2n });
    const fd = weak.fs.openSync(`${ROOT}/enforce`, 'r+');
    expect(() => weak.fs.writeSync(fd, '0')).toThrow('EPERM');
    weak.fs.closeSync(fd);
  });
});

const TEXT = `# built in
policy_name=Boot policy_version=1.2.3

DEFAULT action=ALLOW
DEFAULT op=EXECUTE action=DENY # all else
op=EXECUTE boot_verified=TRUE action=ALLOW
op=EXECUTE dmverity_roothash=sha256:0aFF action=ALLOW
op=KMODULE fsverity_signature=FALSE dmverity_signature=FALSE action=DENY
`;

describe('a policy that is built in', () => {
  const FILE = '/bin/program';
  beforeEach(() => {
    world = createWorld({ lsm: 'ipe', parameters: { 'ipe.boot_policy': TEXT } });

    world.fs.writeFileSync(FILE, '\x7fELF');
    world.fs.chmodSync(FILE, 0o755);
  });
  const execution = () => outcomeOf(() => world.spawn().exec({ path: FILE }));
  const records = () => world.audit.filter(({ type }) => type === 1420).map(({ body }) => body);

  it('is shown, and stays', () => {
    expect(world.fs.readdirSync(`${ROOT}/policies`)).toEqual(['Boot']);
    const modes = world.fs
      .readdirSync(`${ROOT}/policies/Boot`)
      .map((name) => [name, world.fs.statSync(`${ROOT}/policies/Boot/${name}`).mode & 0o777]);
    expect(Object.fromEntries(modes)).toEqual({
      ...{ pkcs7: 0o444, policy: 0o444, name: 0o444, version: 0o444 },
      ...{ active: 0o600, update: 0o200, delete: 0o200 },
    });
    expect(['policy', 'name', 'version', 'active'].map((name) => read(`policies/Boot/${name}`))).toEqual([
      ...[TEXT, 'Boot', '1.2.3', '1'],
    ]);
    expect(() => read('policies/Boot/pkcs7')).toThrow('ENOENT');
    write('policies/Boot/active', '1')();
    expect(write('policies/Boot/active', '0')).toThrow('EINVAL');
    expect(write('policies/Boot/active', 'x')).toThrow('EINVAL');
    expect(write('policies/Boot/delete', '0')).toThrow('EINVAL');
    expect(write('policies/Boot/delete', '1')).toThrow('EPERM');
    expect(write('policies/Boot/update', TEXT)).toThrow('EBADMSG');
    expect(write('policies/Boot/delete', '1', world.spawn({ capabilities: 2n }).fs)).toThrow('EPERM');
    expect(read('policies/Boot/active')).toBe('1');
  });

  it('decides about programs while it is enforced, and tells of them', () => {
    expect(execution()).toBe('EACCES');
    expect(records()[0]).toMatch(
      /^ipe_op=EXECUTE ipe_hook=BPRM_CHECK enforcing=1 pid=\d+ comm="\w+" path="\/bin\/program" dev="\w+" ino=\d+ rule="DEFAULT op=EXECUTE action=DENY"$/,
    );
    write('enforce', '0')();
    expect(execution()).toBe('ok');
    expect(records().at(-1)).toContain(' enforcing=0 ');
  });

  it('goes by the first rule whose properties a file has', () => {
    const policy = parsePolicy(TEXT);
    if (typeof policy === 'number') throw new Error(`errno ${policy}`);
    const told: string[] = [];
    const settings = { enforce: true, successAudit: true };
    const use = (hook: UseHook) => {
      const inode = { filesystem: { id: 'vda' }, ino: 7 };
      const given = { hook, mask: 1, file: { path: '/m', inode } } as unknown as FileUse;
      const context = { caller: { tgid: 5, comm: 'c' } } as unknown as UseContext;
      return decide(policy, settings, given, context, (body) => told.push(body))?.code ?? 'ok';
    };
    expect(['module', 'firmware', 'mmap', 'open'].map((hook) => use(hook as UseHook))).toEqual([
      ...['EACCES', 'ok', 'EACCES', 'ok'],
    ]);
    expect(told.map((body) => body.replace(/.*ino=7 /, ''))).toEqual([
      'rule="op=KMODULE fsverity_signature=FALSE dmverity_signature=FALSE action=DENY"',
      'rule="DEFAULT action=ALLOW"',
      'rule="DEFAULT op=EXECUTE action=DENY"',
    ]);
  });
});

describe('policies', () => {
  const header = 'policy_name=N policy_version=0.0.0\n';
  it.each([
    ['', 74],
    ['# nothing\n', 74],
    ['policy_name=N\nDEFAULT action=ALLOW', 74],
    ['policy_version=0.0.0 policy_name=N\nDEFAULT action=ALLOW', 74],
    ['policy_name= policy_version=0.0.0\nDEFAULT action=ALLOW', 74],
    ['policy_name=N policy_version=0.0.0 more\nDEFAULT action=ALLOW', 74],
    ['policy_name=N policy_version=0.0\nDEFAULT action=ALLOW', 74],
    ['policy_name=N policy_version=0.0.0.0\nDEFAULT action=ALLOW', 74],
    ['policy_name=N policy_version=0.-1.0\nDEFAULT action=ALLOW', 22],
    ['policy_name=N policy_version=0.65536.0\nDEFAULT action=ALLOW', 34],
    [header, 74],
    [`${header}op=EXECUTE action=ALLOW`, 74],
    [`${header}DEFAULT op=EXECUTE action=ALLOW`, 74],
    [`${header}DEFAULT action=ALLOW\nDEFAULT action=DENY`, 74],
    [`${header}DEFAULT action=ALLOW\nDEFAULT op=POLICY action=DENY\nDEFAULT op=POLICY action=DENY`, 74],
    [`${header}DEFAULT boot_verified=TRUE action=ALLOW`, 74],
    [`${header}DEFAULT op=EXECUTE boot_verified=TRUE action=ALLOW`, 74],
    [`${header}DEFAULT action=ALLOW\nop=EXECUTE`, 74],
    [`${header}DEFAULT action=ALLOW\naction=ALLOW`, 74],
    [`${header}DEFAULT action=ALLOW\nop=execute action=ALLOW`, 74],
    [`${header}DEFAULT action=ALLOW\nop=EXECUTE boot_verified=true action=ALLOW`, 74],
    [`${header}DEFAULT action=ALLOW\nop=EXECUTE fsverity_digest=abcd action=ALLOW`, 74],
    [`${header}DEFAULT action=ALLOW\nop=EXECUTE fsverity_digest=sha256:abc action=ALLOW`, 22],
    [`${header}DEFAULT action=ALLOW\nop=EXECUTE fsverity_digest=sha256:xy action=ALLOW`, 22],
  ])('%j is none', (text, errno) => expect(parsePolicy(text)).toBe(errno));

  it('may have tabs, comments, carriage returns and what follows a NUL', () => {
    const policy = parsePolicy(
      '\r\n \tpolicy_name=N\t policy_version=+1.02.65535 # x\r\nop=EXECUTE\taction=DENY \nDEFAULT action=ALLOW\0x',
    );
    expect(policy).toMatchObject({
      name: 'N',
      version: [1, 2, 65535],
      rules: { EXECUTE: [{ properties: [], action: 'DENY' }] },
    });
  });

  it('need no default for all if each operation has one', () => {
    const operations = ['EXECUTE', 'FIRMWARE', 'KMODULE', 'KEXEC_IMAGE', 'KEXEC_INITRAMFS', 'POLICY', 'X509_CERT'];
    const defaults = operations.map((operation) => `DEFAULT op=${operation} action=DENY\n`);
    expect(parsePolicy(header + defaults.join(''))).toHaveProperty('name', 'N');
    expect(parsePolicy(header + defaults.slice(1).join(''))).toBe(74);
  });

  it('that are none leave the module without one', () => {
    world = createWorld({ lsm: 'ipe', parameters: { 'ipe.boot_policy': 'x' } });
    expect(world.fs.readdirSync(`${ROOT}/policies`)).toEqual([]);
    expect(world.kernelLog).toContain('ipe failed to initialize: -74');
  });
});
