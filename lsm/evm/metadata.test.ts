/** What Linux 6.12 (Debian 6.12.118) did with files on ext4 with known inode numbers, generations and UUID. */

import { describe, expect, it } from 'vitest';
import { taskId } from '../../linux/ids.ts';
import { KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import type { FileMetadata } from '../framework/files/metadata.ts';
import { createWorld, type World } from '../library/index.ts';

const KEY =
  '5db39bc27f4e100937a05ae478d155a3fefc0a58c670273a5cd32d3c1760180272350200' +
  '5f438d92911b5c05450b51b5a13445e74aeeaaf46e0d4e906abe23a2';
const NODE = '/sys/kernel/security/evm';
const latin1 = (hex: string): string => Buffer.from(hex, 'hex').toString('latin1');
const IMA = latin1('0404106675dc1490d5cdd6d1f0410731316ce93fc964c6cf6726e2b0d53e19688feb');
const SIGNATURE_3 = latin1('030204aabbccdd0004deadbeef');
const SIGNATURE_5 = latin1('050204aabbccdd0004deadbeef');

const GOOD: FileMetadata = {
  ...{ path: '/e/good', device: 'loop0', type: 'ext4', ino: 13, generation: 0, uid: 0, gid: 0, mode: 0o100644 },
  uuid: '11111111-2222-3333-4444-555555555555',
  xattrs: { 'security.ima': IMA, 'security.evm': latin1('0218f482f6e3f0e00e061d637775b38256827d946b') },
};

/** @param bits written to the file. */
function booted(bits: string, options: Parameters<typeof createWorld>[0] = {}): World {
  const encryptedKeys = { 'evm-key': Buffer.from(KEY, 'hex').toString('base64') };
  const world = createWorld({ lsm: '', encryptedKeys, ...options });
  world.fs.writeFileSync(NODE, bits);
  return world;
}

/** An attribute is set, or removed. @returns the errno; what the file is then, if it was allowed. */
function changed(world: World, file: FileMetadata, name: string, value?: string): string | FileMetadata {
  const { path, device, type, ino, uid, gid, xattrs, mode, generation = 0, uuid = '' } = file;
  const filesystem = { type, id: device };
  const inode = {
    class: 'file' as const,
    filesystem,
    path,
    ino,
    uid,
    gid,
    xattrs,
    metadata: { mode, generation, uuid },
  };
  const refused =
    value === undefined
      ? world.stack.files.removeXattr(inode, name, KERNEL_CALLER)
      : world.stack.files.setXattr(inode, name, Buffer.from(value, 'latin1'), KERNEL_CALLER);
  if (refused !== undefined) return refused.code;
  const { [name]: _before, ...others } = xattrs;
  return updated(world, { ...file, xattrs: value === undefined ? others : { ...xattrs, [name]: value } }, name);
}

function updated(world: World, file: FileMetadata, name?: string): FileMetadata {
  const made = { before: file, ...(name !== undefined && { attribute: name }) };
  const [kept] = name === 'security.evm' ? [] : world.stack.metadata.changed(file, made);
  if (kept === undefined) return file;
  const { [kept.name]: _before, ...others } = file.xattrs;
  return { ...file, xattrs: kept.value === undefined ? others : { ...others, [kept.name]: kept.value } };
}

function changedMode(world: World, file: FileMetadata, mode: number): string | FileMetadata {
  const refused = world.stack.metadata.mayChange(file, { mode }, KERNEL_CALLER);
  return refused?.code ?? updated(world, { ...file, mode: (file.mode & ~0o7777) | mode });
}

const hmacOf = (file: string | FileMetadata): string =>
  typeof file === 'string' ? file : Buffer.from(file.xattrs['security.evm'] ?? '', 'latin1').toString('hex');

function allowed<T>(file: string | T): T {
  if (typeof file === 'string') throw new Error(file);
  return file;
}

describe('the HMAC', () => {
  it('follows owner, mode and attributes', () => {
    const world = booted('1');
    expect(world.kernelLog.at(-1)).toBe('evm: key initialized');
    let file = allowed(changedMode(world, GOOD, 0o640));
    expect(hmacOf(file)).toBe('029c857daa077fe9af27e9dec2d6ad0c1b45831e87');
    file = updated(world, { ...file, uid: 7, gid: 8 });
    expect(hmacOf(file)).toBe('029537d37f9a0d4293184550e5076a2a32f3ab9d11');
    file = allowed(changed(world, file, 'security.selinux', 'ab'));
    expect(hmacOf(file)).toBe('0241856ed33199dce9954db39196a27c029077e1f0');
    file = allowed(changed(world, file, 'security.capability', latin1('0100000200040000000000000000000000000000')));
    expect(hmacOf(file)).toBe('02c0b98e1d2aabbd3472f8a39796f574fc2cc35679');
    file = allowed(changed(world, { ...file, mode: 0o100664 }, 'user.a', 'not covered'));
    file = allowed(changed(world, file, 'security.foo', 'not covered'));
    expect(world.audit).toEqual([]);
  });

  it('is of the owner as stored, whoever modules take that for', () => {
    const world = booted('1');
    const own = hmacOf(updated(world, { ...GOOD, uid: 7, mode: 0o100640 }));
    expect(own).not.toBe(hmacOf(updated(world, { ...GOOD, mode: 0o100640 })));
    expect(hmacOf(updated(world, { ...GOOD, uid: 0, owner: 7, mode: 0o100640 }))).toBe(own);
  });

  it('is removed with the last attribute that is covered', () => {
    const world = booted('1');
    const file = allowed(changed(world, GOOD, 'security.ima'));
    expect(file.xattrs).toEqual({});
  });

  it('cannot be made by programs', () => {
    const world = booted('1');
    expect(changed(world, GOOD, 'security.evm', latin1(`02${'ab'.repeat(20)}`))).toBe('EPERM');
    expect(changed(world, GOOD, 'security.evm', '')).toBe('EINVAL');
    expect(hmacOf(changed(world, GOOD, 'security.evm', SIGNATURE_3))).toBe('030204aabbccdd0004deadbeef');
    const allowing = booted('4');
    expect(hmacOf(changed(allowing, GOOD, 'security.evm', latin1('02cd')))).toBe('02cd');
  });
});

describe('a file whose metadata are not what they were', () => {
  const BAD = { ...GOOD, mode: 0o100600 };
  const { 'security.evm': _evm, ...unprotected } = GOOD.xattrs;
  const NO_LABEL = { ...GOOD, xattrs: unprotected };
  const NONE = { ...GOOD, xattrs: {} };
  const CASES: readonly (readonly [string, FileMetadata, string])[] = [
    ['fail', BAD, 'fail'],
    ['a wrong signature', { ...GOOD, xattrs: { ...GOOD.xattrs, 'security.evm': SIGNATURE_3 } }, 'fail'],
    ['a cut HMAC', { ...GOOD, xattrs: { ...GOOD.xattrs, 'security.evm': latin1('0218f4') } }, 'fail'],
    ['another type', { ...GOOD, xattrs: { ...GOOD.xattrs, 'security.evm': latin1('09') } }, 'fail'],
    ['no_label', NO_LABEL, 'no_label'],
  ];

  it.each(CASES)('cannot be changed: %s', (_name, file, cause) => {
    const world = booted('1');
    expect(changed(world, file, 'security.selinux', 'x')).toBe('EPERM');
    expect(changed(world, file, 'security.ima')).toBe('EPERM');
    expect(changed(world, file, 'security.evm', SIGNATURE_5)).toBe('EPERM');
    expect(changed(world, file, 'system.posix_acl_access', 'x')).toBe('EPERM');
    expect(changedMode(world, file, 0o640)).toBe('EPERM');
    expect(changed(world, file, 'security.SMACK64', 'x')).toHaveProperty('ino'); // a module that this kernel lacks
    const record = `pid=0 uid=0 auid=4294967295 ses=4294967295 op=appraise_metadata cause=${cause} comm="kernel" name="good" dev="loop0" ino=13 res=0 errno=0`;
    expect(world.audit.map(({ type, body }) => [type, body.replace(/comm="[^"]*"/, 'comm="kernel"')])).toEqual(
      Array.from({ length: 5 }, () => [1801, record]),
    );
  });

  it('without attributes may get them where files have none at first', () => {
    const world = booted('1');
    expect(changed(world, NONE, 'security.selinux', 'x')).toBe('EPERM');
    const causes = world.audit.map(({ body }) => /op=\S+ cause=\S+/.exec(body)?.[0]);
    expect(causes).toEqual(['op=update_metadata cause=no_xattrs', 'op=appraise_metadata cause=no_xattrs']);
    expect(changedMode(world, NONE, 0o640)).toMatchObject({ xattrs: {} });
    expect(hmacOf(changed(world, { ...NONE, type: 'tmpfs' }, 'security.selinux', 'x'))).toMatch(/^02.{40}$/);
    expect(hmacOf(changed(world, { ...NONE, mode: 0o040755 }, 'security.selinux', 'x'))).toMatch(/^02.{40}$/);
  });

  it('may be changed when its portable signature is wrong, which stays', () => {
    const world = booted('1');
    const file = { ...GOOD, xattrs: { ...GOOD.xattrs, 'security.evm': SIGNATURE_5 } };
    expect(hmacOf(changed(world, file, 'security.selinux', 'x'))).toBe('050204aabbccdd0004deadbeef');
    expect(hmacOf(changedMode(world, file, 0o600))).toBe('050204aabbccdd0004deadbeef');
    expect(world.audit).toEqual([]);
    expect(world.kernelLog.at(-1)).toBe('integrity: no _evm keyring: -126');
  });

  it('is put right by the next change where evm=fix', () => {
    const world = booted('1', { parameters: { evm: 'fix' } });
    expect(hmacOf(changedMode(world, BAD, 0o640))).toBe('029c857daa077fe9af27e9dec2d6ad0c1b45831e87');
  });

  it('is nobody’s business without a key', () => {
    const world = booted('4');
    expect(world.stack.metadata.watch.active).toBe(false);
    expect(changed(world, BAD, 'security.ima')).toMatchObject({ mode: 0o100600 });
  });

  it('on overlayfs has no HMAC', () => {
    const world = booted('1');
    const file = { ...BAD, type: 'overlay' };
    expect(changedMode(world, file, 0o640)).toMatchObject({ xattrs: BAD.xattrs });
    expect(changed(world, file, 'security.evm', SIGNATURE_5)).toBe('EPERM');
  });
});

it('a user namespace has one of its own that is not verified', () => {
  const world = booted('1');
  const ranges = [{ first: 1000, inside: 0, count: 10 }];
  const userNamespace = { id: 1, ancestors: [], rootUid: 1000, rootGid: 1000, uids: ranges, gids: ranges };
  const inside = { ...KERNEL_CALLER, ...taskId(7), userNamespace };
  const inode = { class: 'file' as const, filesystem: { type: 'ext4', id: 'sda' }, path: '/f', ino: 1, uid: 1000 };
  const set = (value: string) =>
    world.stack.files.setXattr({ ...inode, gid: 1000, xattrs: {} }, 'security.evm', Buffer.from(value), inside)?.code;
  expect(set('\x03rest')).toBeUndefined();
  expect(set('\x02rest')).toBe('EPERM');
});

describe('evm_xattrs', () => {
  const XATTRS = '/sys/kernel/security/integrity/evm/evm_xattrs';
  const write = (world: World, text: string): unknown => {
    try {
      return world.fs.writeFileSync(XATTRS, text);
    } catch (error) {
      return (error as { readonly code: string }).code;
    }
  };

  it('exists in a build that has CONFIG_EVM_ADD_XATTRS', () => {
    const world = createWorld({ lsm: 'smack,ima' });
    expect(world.stack.config.build.name).toBe('full');
    const names = () => world.fs.readFileSync(XATTRS, 'utf8').trimEnd().split('\n');
    expect(names()).toEqual([
      ...['selinux', 'SMACK64', 'SMACK64EXEC', 'SMACK64TRANSMUTE', 'SMACK64MMAP', 'apparmor', 'ima', 'capability'].map(
        (name) => `security.${name}`,
      ),
    ]);
    expect(write(world, 'security.mine\n')).toBeUndefined();
    expect(write(world, 'security.mine')).toBe('EEXIST');
    expect(write(world, 'user.mine')).toBe('EINVAL');
    expect(write(world, `security.${'x'.repeat(247)}`)).toBe('E2BIG');
    expect(names().at(-1)).toBe('security.mine');
    expect(write(world, '.\n')).toBeUndefined();
    expect(world.fs.statSync(XATTRS).mode & 0o777).toBe(0o440);
    expect(write(world, 'security.more')).toBe('EPERM');
    const bodies = world.audit.filter(({ type }) => type === 1806).map(({ body }) => body);
    expect(bodies).toEqual([
      'xattr="security.mine" res=0',
      'xattr="security.mine" res=-17',
      'xattr="user.mine" res=-22',
      'xattr="." res=0',
    ]);
  });

  it('does not in Debian’s', () => {
    expect(createWorld({ lsm: '' }).fs.existsSync(XATTRS)).toBe(false);
  });
});
