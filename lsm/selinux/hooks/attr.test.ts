import { describe, expect, it } from 'vitest';
import { failed } from '../../../linux/errno.ts';
import { taskId, tgidOf, tidOf } from '../../../linux/ids.ts';
import { policyImage, SelinuxBox } from '../../../test/selinux-golden/selinux-box.ts';
import { UNKNOWN_FILESYSTEM } from '../../framework/files/inode.ts';
import { inodeFacts } from '../../framework/testing/files.ts';

const KERNEL = 'msys_u:msys_r:mkern_t:s0\0';
const APP = 'msys_u:msys_r:mapp_t:s0';

const attr = (name: string, tid = 100) => `/proc/${tid}/attr/${name}`;

describe('exec', () => {
  it('turns the exec attribute into the current one and clears what is for one program', () => {
    const box = new SelinuxBox({ policy: 'mini.33' });
    for (const name of ['exec', 'fscreate', 'sockcreate']) expect(box.write(attr(name), APP)).toBe(APP.length);
    box.stack.apply({ kind: 'exec', tid: tgidOf(100) });
    expect(box.read(attr('current'))).toBe(`${APP}\0`);
    expect(box.read(attr('prev'))).toBe(KERNEL);
    expect(['exec', 'fscreate', 'sockcreate'].map((name) => box.read(attr(name)))).toEqual(['', '', '']);
  });

  it('follows a type transition when the label of the file is known', () => {
    const box = new SelinuxBox({ policy: 'mini.33' });
    box.write(attr('current'), APP);
    const wanted = box.ask('create', `${APP} msys_u:object_r:mexec_t:s0 ${box.read('class/process/index')}`);
    expect(wanted).not.toBe(`${APP}\0`);
    const xattrs = { 'security.selinux': 'msys_u:object_r:mexec_t:s0\0' };
    box.stack.apply({
      kind: 'exec',
      tid: tgidOf(100),
      file: { path: '/x', inode: inodeFacts({ filesystem: UNKNOWN_FILESYSTEM, xattrs }) },
    });
    expect(box.read(attr('current'))).toBe(wanted);
    expect(box.read(attr('prev'))).toBe(`${APP}\0`);
  });

  it('makes every task init before the first load', () => {
    const box = new SelinuxBox();
    expect(box.write(attr('current'), 'unlabeled')).toBe(9);
    expect(box.read(attr('current'))).toBe('unlabeled\0');
    box.stack.apply({ kind: 'exec', tid: tgidOf(100) });
    expect([box.read(attr('current')), box.read(attr('prev'))]).toEqual(['kernel\0', 'unlabeled\0']);
  });
});

it('a fork copies all six values', () => {
  const box = new SelinuxBox({ policy: 'mini.33' });
  box.write(attr('current'), APP);
  box.write(attr('exec'), APP);
  box.stack.apply({ kind: 'fork', parent: tidOf(100), child: taskId(101) });
  expect(['current', 'prev', 'exec'].map((name) => box.read(attr(name, 101)))).toEqual([
    `${APP}\0`,
    KERNEL,
    `${APP}\0`,
  ]);
  box.write(attr('exec'), '\n');
  expect(box.read(attr('exec', 101))).toBe(`${APP}\0`);
});

it('the permission to look at another task is checked and recorded with the reader', () => {
  const box = new SelinuxBox({ policy: 'mini.33' });
  box.stack.apply({ kind: 'enter', task: taskId(200) });
  box.write(attr('current'), APP);
  box.write('enforce', '1');
  box.log.length = 0;
  expect(box.read(attr('current', 200))).toBe('EACCES');
  expect(box.read(attr('current'))).toBe(`${APP}\0`);
  expect(box.log).toEqual([
    `1400 avc:  denied  { getattr } for  pid=100 comm="test" scontext=${APP} tcontext=${KERNEL.slice(0, -1)} tclass=process permissive=0`,
  ]);
});

it('fscreate takes any text with CAP_MAC_ADMIN, and refuses it with a record without', () => {
  const box = new SelinuxBox({ policy: 'mini.33' });
  expect(box.write(attr('fscreate'), 'bad')).toBe(3);
  expect(box.read(attr('fscreate'))).toBe('msys_u:object_r:munl_t:s0\0');
  const plain = { ...box.caller, capabilities: 0n };
  box.log.length = 0;
  expect(box.write(attr('fscreate'), 'a b', plain)).toBe('EINVAL');
  expect(box.log).toEqual(['1401 op=fscreate invalid_context=612062']);
  expect(box.write(attr('exec'), 'bad')).toBe('EINVAL');
});

it('threads may only move to a bounded type', () => {
  const box = new SelinuxBox({ policy: 'mini.33' });
  box.stack.apply({ kind: 'fork', parent: tidOf(100), child: taskId(101, 100) });
  expect(box.write(attr('current'), APP)).toBe('EPERM');
  expect(box.log).toContain(
    `1401 op=security_bounded_transition seresult=denied oldcontext=${KERNEL.slice(0, -1)} newcontext=${APP}`,
  );
});

it('values follow reloads by name: unlabeled while unknown, back when known again', () => {
  const box = new SelinuxBox({ policy: 'mini.33' });
  box.write(attr('exec'), APP);
  const image = Buffer.from(policyImage('mini.33')).toString('latin1');
  box.write('load', Buffer.from(image.replaceAll('mapp_t', 'mopp_t'), 'latin1'));
  expect(box.read(attr('exec'))).toBe('msys_u:object_r:munl_t:s0\0');
  box.write('load', policyImage('mini.33'));
  expect(box.read(attr('exec'))).toBe(`${APP}\0`);
});

it('lsm_get_self_attr and lsm_set_self_attr see the same values', () => {
  const box = new SelinuxBox({ policy: 'mini.33' });
  const size = 32 + APP.length;
  const ctx = new Uint8Array(size);
  const view = new DataView(ctx.buffer);
  [101, 0, size, APP.length].forEach((value, index) => {
    view.setBigUint64(8 * index, BigInt(value), true);
  });
  ctx.set(Buffer.from(APP), 32);
  expect(box.stack.syscalls.setSelfAttr({ attr: 101, ctx, size, flags: 0 }, box.caller)).toBe(0);
  expect(box.read(attr('exec'))).toBe(`${APP}\0`);
  const got = box.stack.syscalls.getSelfAttr({ attr: 101, ctxPresent: true, size: 4096, flags: 0 }, box.caller);
  expect(got.result).toBe(1);
  expect(Buffer.from(got.data ?? []).toString('latin1')).toContain(`${APP}\0`);
  const unknown = box.stack.syscalls.getSelfAttr({ attr: 106, ctxPresent: true, size: 4096, flags: 0 }, box.caller);
  expect(failed(unknown.result) && unknown.result.code).toBe('EOPNOTSUPP');
});
