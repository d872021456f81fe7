/** lsm_unshare(2) in profile 2026: the way into an SELinux namespace, and the only one. */
import { describe, expect, it } from 'vitest';
import { failed } from '../../../linux/errno.ts';
import { NamespaceBox, type NamespaceTask } from '../../../test/selinux/namespace-box.ts';
import { policyImage } from '../../../test/selinux-golden/selinux-box.ts';

const KERNEL = 'msys_u:msys_r:mkern_t:s0\0';
const APP = 'msys_u:msys_r:mapp_t:s0';

function context(id: bigint, value = ''): Buffer {
  const header = Buffer.alloc(32);
  header.writeBigUInt64LE(id, 0);
  header.writeBigUInt64LE(BigInt(32 + value.length), 16);
  header.writeBigUInt64LE(BigInt(value.length), 24);
  return Buffer.concat([header, Buffer.from(value)]);
}

function unshare(box: NamespaceBox, task: NamespaceTask, value = ''): number | string {
  const ctx = context(101n, value);
  const result = box.stack.syscalls.unshare({ ctx, size: ctx.length, flags: 0 }, task.caller);
  return failed(result) ? result.code : result;
}

describe('lsm_unshare', () => {
  it('moves the calling thread into a namespace without a policy', () => {
    const box = new NamespaceBox({ profile: '2026', policy: 'mini.33' });
    const task = box.spawn();
    const sibling = task.thread();
    expect([task.read('/attr/current'), unshare(box, task), task.read('/attr/current')]).toEqual([
      KERNEL,
      0,
      'kernel\0',
    ]);
    expect(sibling.read('/attr/current')).toBe(KERNEL);
    expect(task.write('enforce', '1')).toBe('EPERM'); // it still sees the other's selinuxfs
    task.mount();
    expect([task.list('booleans'), task.write('load', policyImage('mini.33'))]).toEqual([
      [],
      policyImage('mini.33').length,
    ]);
    expect([task.write('enforce', '1'), sibling.read('enforce')]).toEqual([1, '0']);
    expect(sibling.read(`/${task.caller.tid}/attr/current`)).toBe(KERNEL);
    expect(task.fork().read('/attr/current')).toBe(KERNEL);
  });

  it('asks a permission, no capability, and says what is wrong with limits', () => {
    const box = new NamespaceBox({ profile: '2026', policy: 'minideny.33' });
    const task = box.spawn();
    const other = box.spawn();
    task.write('/attr/current', APP);
    box.kernel.write('enforce', '1');
    expect(unshare(box, task)).toBe('EACCES');
    expect(box.log.at(-1)).toMatch(/denied {2}\{ unshare_selinuxns \}.* tclass=process2 permissive=0$/);
    box.kernel.write('enforce', '0');
    Object.assign(other.caller, { capabilities: 0n, uid: 1000 });
    expect(unshare(box, other)).toBe(0);
    box.kernel.write('maxns', '2');
    expect([unshare(box, task), task.read('/attr/current')]).toEqual(['ENOSPC', `${APP}\0`]);
    box.kernel.write('maxns', '9');
    box.kernel.write('maxnsdepth', '1');
    expect(unshare(box, other)).toBe('ENOSPC');
  });

  it('takes no value', () => {
    const box = new NamespaceBox({ profile: '2026', policy: 'mini.33' });
    const task = box.spawn();
    expect([unshare(box, task, 'web'), task.read('/attr/current')]).toEqual(['EINVAL', KERNEL]);
  });

  it('stands for the node and the attribute', () => {
    const box = new NamespaceBox({ profile: '2026', policy: 'mini.33' });
    const task = box.spawn();
    expect(task.read('unshare')).toBe('ENOENT');
    const inodes = ['validatetrans', 'maxns', 'maxnsdepth', 'booleans', 'null', 'class'];
    expect(inodes.map((name) => task.stat(name).ino)).toEqual([21, 22, 23, 24, 25, 33]);
    const ctx = context(101n);
    expect(box.stack.syscalls.setSelfAttr({ attr: 106, ctx, size: 32, flags: 0 }, task.caller)).toMatchObject({
      code: 'EOPNOTSUPP',
    });
    const asked = { attr: 106, ctxPresent: true, header: ctx, size: 4096, flags: 1 };
    expect(box.stack.syscalls.getSelfAttr(asked, task.caller).result).toMatchObject({ code: 'EOPNOTSUPP' });
  });
});
