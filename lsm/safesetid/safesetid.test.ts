import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, KERNEL_BUILDS, type World } from '../library/index.ts';

const ROOT = '/sys/kernel/security/safesetid';

let world: World;
beforeEach(() => {
  world = createWorld({ lsm: 'safesetid', build: KERNEL_BUILDS.full });
});

const read = (what: string): string => world.fs.readFileSync(`${ROOT}/${what}_allowlist_policy`, 'latin1');
const write =
  (text: string, what = 'uid', fs = world.fs) =>
  () => {
    const fd = fs.openSync(`${ROOT}/${what}_allowlist_policy`, 'r+');
    try {
      return fs.writeSync(fd, text);
    } finally {
      fs.closeSync(fd);
    }
  };

describe('policies', () => {
  it('are shown as they were written', () => {
    expect(world.fs.readdirSync(ROOT)).toEqual(['gid_allowlist_policy', 'uid_allowlist_policy']);
    expect(read('uid')).toBe('');
    const text = '0x1:02\n2:2\n';
    expect(write(text)()).toBe(text.length);
    expect([read('uid'), read('gid')]).toEqual([text, '']);
    expect(write('1:1\n', 'gid')()).toBe(4);
    expect([read('uid'), read('gid')]).toEqual([text, '1:1\n']);
  });

  it.each([
    ['1:2', 'EINVAL'],
    ['1\n', 'EINVAL'],
    ['1:x\n', 'EINVAL'],
    [' 1:2\n', 'EINVAL'],
    [':\n', 'EINVAL'],
    ['1:4294967295\n', 'EINVAL'],
    ['1:4294967296\n', 'ERANGE'],
    ['1:2\n2:2\n1:2\n', 'EEXIST'],
    ['1:08\n', 'EINVAL'],
  ])('%j is refused and changes nothing', (text, code) => {
    write('5:5\n')();
    expect(write(text)).toThrow(code);
    expect(read('uid')).toBe('5:5\n');
  });

  it('are flushed by a write of nothing', () => {
    write('5:5\n')();
    expect(write('')()).toBe(0);
    expect(read('uid')).toBe('');
  });

  it('tell of a way out', () => {
    write('1:2\n', 'gid')();
    expect(world.kernelLog).toContain(
      'SafeSetID: insecure policy detected: gid 1 is constrained but transitively unconstrained through gid 2',
    );
    expect(read('gid')).toBe('1:2\n');
  });

  it('need CAP_MAC_ADMIN and position 0', () => {
    expect(write('1:1\n', 'uid', world.spawn({ capabilities: 2n }).fs)).toThrow('EPERM');
    const fd = world.fs.openSync(`${ROOT}/uid_allowlist_policy`, 'r+');
    expect(() => world.fs.writeSync(fd, '1:1\n', 1)).toThrow('EINVAL');
    world.fs.closeSync(fd);
  });
});
