import { describe, expect, it } from 'vitest';
import { E, failed } from '../../../linux/errno.ts';
import { O_CREAT, O_RDONLY, O_RDWR, O_TRUNC } from '../../../linux/fcntl.ts';
import { SECURITYFS_MAGIC } from '../../../linux/magic.ts';
import { KERNEL_CALLER } from '../../../vfs/tree/caller.ts';
import { MountTable } from '../../../vfs/user/mounts.ts';
import { Session } from '../../../vfs/user/session.ts';
import { bootToys, toy } from '../testing/toy.ts';

const LSM = '/sys/kernel/security/lsm';
const { stack } = bootToys([toy('one', 901), toy('two', 902)]);
const mounts = new MountTable();
mounts.mount('/sys/kernel/security', stack.securityfs);
const session = new Session(mounts);
const { paths } = session;

function open(flags: number): number {
  const fd = session.open(LSM, flags, 0, KERNEL_CALLER);
  if (failed(fd)) throw new Error(fd.code);
  return fd;
}

describe('the lsm node', () => {
  it('has the names without a newline, read in parts', () => {
    const fd = open(O_RDONLY);
    const part = (length: number, position?: number) => {
      const data = session.read(fd, length, position, KERNEL_CALLER);
      return data instanceof Uint8Array ? Buffer.from(data).toString() : data;
    };
    expect([part(3), part(1), part(5, 2), part(100), part(100)]).toEqual(['one', ',', 'e,two', 'two', '']);
  });

  it('is 0444, of size 0, opened for writing by root and never written', () => {
    const place = paths.resolve(LSM, true, KERNEL_CALLER);
    expect(failed(place) || place.node.attributes(KERNEL_CALLER)).toMatchObject({ mode: 0o100444, size: 0, uid: 0 });
    expect(session.write(open(O_RDWR), Buffer.from('x'), undefined, KERNEL_CALLER)).toBe(E.EINVAL);
    expect(failed(session.open(LSM, O_RDONLY | O_TRUNC, 0, KERNEL_CALLER))).toBe(false);
    const user = { ...KERNEL_CALLER, uid: 1000, capabilities: 0n };
    expect(session.open(LSM, O_RDWR, 0, user)).toBe(E.EACCES);
    expect(failed(session.open(LSM, O_RDONLY, 0, user))).toBe(false);
  });
});

describe('the root', () => {
  const at = (name: string) => `/sys/kernel/security/${name}`;

  it('lists the newest entry first, with the empty integrity directory', () => {
    const names = (path: string) => {
      const entries = paths.readEntries(path, KERNEL_CALLER);
      return failed(entries) ? entries : entries.map(({ name }) => name);
    };
    expect(names(at(''))).toEqual(['integrity', 'lsm']);
    expect(names(at('integrity'))).toEqual([]);
    expect(stack.securityfs.magic).toBe(SECURITYFS_MAGIC);
  });

  it.each<[string, () => unknown, unknown]>([
    ['mkdir', () => paths.mkdir(at('zz'), 0o700, KERNEL_CALLER), E.EPERM],
    ['create', () => paths.open(at('zz'), O_RDWR | O_CREAT, 0o600, KERNEL_CALLER), E.EACCES],
    ['symlink', () => paths.symlink('a', at('zz'), KERNEL_CALLER), E.EPERM],
    ['unlink', () => paths.unlink(at('lsm'), KERNEL_CALLER), E.EPERM],
    ['rmdir', () => paths.rmdir(at('integrity'), KERNEL_CALLER), E.EPERM],
    ['rename', () => paths.rename(at('lsm'), at('lsm2'), 0, KERNEL_CALLER), E.EPERM],
  ])('%s', (_name, act, expected) => {
    expect(act()).toBe(expected);
  });
});

it('a mount of an unknown type is ENODEV, of a known one always the same object', () => {
  expect(stack.filesystems.mount('nopefs', KERNEL_CALLER)).toBe(E.ENODEV);
  expect(stack.filesystems.mount('securityfs', KERNEL_CALLER)).toBe(stack.securityfs);
  expect(stack.filesystems.types).toEqual(['securityfs']);
});
