import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { BootError, createWorld, FileSystemError, PolicyError } from './index.ts';

const POLICIES = path.resolve(import.meta.dirname, '../../test/data/policies');
const feature = readFileSync(path.join(POLICIES, 'feature.33'));

/** The same image as a newer compiler would label it: byte 16 is the version. */
function asVersion(version: number): Uint8Array {
  const image = Uint8Array.from(feature);
  image[16] = version;
  return image;
}

function thrown(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('the policy of createWorld', () => {
  it.each([33, 34])('is in force from the start: version %i', (version) => {
    const world = createWorld({ lsm: 'selinux', policy: asVersion(version) });
    expect(world.fs.readFileSync('/sys/fs/selinux/policyvers', 'latin1')).toBe('33');
    expect(world.fs.existsSync('/sys/fs/selinux/class/file/index')).toBe(true);
    expect(world.spawn().fs.readFileSync('/proc/self/attr/current', 'latin1')).toMatch(/^\w+:\w+:\w+/);
  });

  it.each([
    [asVersion(35), 'TOO_NEW', 'version 35, the newest known is 33'],
    [asVersion(20), 'BAD_POLICY', 'it has version 20; known are 24 to 33'],
    [new Uint8Array(0), 'BAD_POLICY', 'it is empty'],
    [
      Buffer.from('root:x:0:0'),
      'BAD_POLICY',
      'it does not start with the magic number of a policy, 0xf97cff8c, but with 0x746f6f72',
    ],
    [
      Uint8Array.of(0x8f, 0xff, 0x7c, 0xf9, 0),
      'BAD_POLICY',
      /^it is a policy package \(.pp\), which semodule installs$/,
    ],
    [feature.subarray(0, 1000), 'BAD_POLICY', /^EINVAL at byte \d{3,4} of 1000$/],
  ])('is refused with its reason: case %#', (policy, code, message) => {
    const error = thrown(() => createWorld({ lsm: 'selinux', policy }));
    expect(error).toBeInstanceOf(PolicyError);
    expect(error).toMatchObject({ code, errno: { code: 'EINVAL' }, message: expect.stringMatching(message) });
  });

  it('needs SELinux', () => {
    expect(thrown(() => createWorld({ lsm: 'yama', policy: feature }))).toMatchObject({ code: 'NO_SELINUX' });
  });
});

describe('the modules of createWorld', () => {
  it.each(['selinx', 'selinux,smak'])('lsm=%s is refused', (lsm) => {
    expect(thrown(() => createWorld({ lsm }))).toBeInstanceOf(BootError);
  });

  it('are ignored as by a kernel on request', () => {
    expect(createWorld({ lsm: 'selinx,yama', refuse: 'none' }).stack.active).toContain('yama');
  });
});

describe('access', () => {
  const world = createWorld({ lsm: 'selinux', policy: feature });
  const kernel = world.spawn().fs.readFileSync('/proc/self/attr/current', 'latin1').replace('\0', '');

  it('names the permissions', () => {
    const { allowed, auditdeny, permissive, seqno } = world.access(kernel, kernel, 'process');
    expect(allowed).toContain('transition');
    expect(auditdeny.length).toBeGreaterThanOrEqual(allowed.length);
    expect([permissive, seqno]).toEqual([false, 1]);
  });

  it('fails as the files do', () => {
    expect(thrown(() => world.access(kernel, kernel, 'nonsense'))).toBeInstanceOf(FileSystemError);
    expect(thrown(() => world.access(kernel, kernel, 'nonsense'))).toMatchObject({ code: 'ENOENT' });
    expect(thrown(() => world.access(kernel, 'a:b:c', 'process'))).toMatchObject({ code: 'EINVAL' });
    expect(thrown(() => createWorld({ lsm: 'selinux' }).access('kernel', 'kernel', 'file'))).toMatchObject({
      code: 'ENOENT',
    });
  });
});
