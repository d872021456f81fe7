import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOf } from '../../../linux/bytes.ts';
import { failed } from '../../../linux/errno.ts';
import { taskId, tidOf } from '../../../linux/ids.ts';
import { smallPolicy } from '../../../test/selinux/policies.ts';
import { SelinuxBox } from '../../../test/selinux-golden/selinux-box.ts';
import type { InodeFacts, MountLabels } from '../../framework/files/inode.ts';
import { inodeFacts } from '../../framework/testing/files.ts';

const NAME = 'security.selinux';
const DATA = 'msys_u:object_r:mdata_t:s0';
const TMP = 'msys_u:object_r:mtmp_t:s0';

function file(facts: Partial<InodeFacts> = {}, label?: string): InodeFacts {
  return inodeFacts({ xattrs: label === undefined ? {} : { [NAME]: label }, ...facts });
}

const on = (type: string, labels?: MountLabels) => ({ filesystem: { type, id: type, ...(labels && { labels }) } });

function get(box: SelinuxBox, inode: InodeFacts, caller = box.caller): string {
  const value = box.stack.files.getXattr(inode, NAME, caller);
  return failed(value) ? value.code : textOf(value);
}

function set(box: SelinuxBox, inode: InodeFacts, value: string, caller = box.caller): string | undefined {
  return box.stack.files.setXattr(inode, NAME, Buffer.from(value, 'latin1'), caller)?.code;
}

describe('before a policy is loaded', () => {
  const box = new SelinuxBox();
  it('what is stored is the business of the filesystem, and the owner may change it', () => {
    expect(get(box, file({}, DATA))).toBe('EOPNOTSUPP');
    expect(box.stack.files.listXattr(box.caller)).toEqual([]);
    expect(set(box, file(), 'anything')).toBeUndefined();
    expect(set(box, file(), 'anything', { ...box.caller, uid: 1000, capabilities: 0n })).toBe('EPERM');
    expect(box.stack.files.removeXattr(file(), NAME, box.caller)).toBeUndefined();
  });
  it('label options of mounts are refused', () => {
    expect(box.stack.files.mountOption({}, 'context', 'kernel', box.caller)?.code).toBe('EINVAL');
    expect(box.log.at(-1)).toBe('SELinux: Unable to set superblock options before the security server is initialized');
  });
});

describe('the label of a file', () => {
  const box = new SelinuxBox({ policy: 'mini.33' });
  const plain = { ...box.caller, capabilities: 0n };

  it('is the stored one, with or without its NUL', () => {
    expect(get(box, file({}, DATA))).toBe(`${DATA}\0`);
    expect(get(box, file({}, `${DATA}\0`))).toBe(`${DATA}\0`);
  });

  it('that the policy does not know is unlabeled, but for the administrator of labels', () => {
    expect(get(box, file({}, 'what'))).toBe('what\0');
    expect(get(box, file({}, 'what'), plain)).toBe('msys_u:object_r:munl_t:s0\0');
  });

  it('comes from the rules of the filesystem when none is stored', () => {
    expect(get(box, file())).toBe(`${TMP}\0`);
    const initial = (name: string) => box.read(`initial_contexts/${name}`);
    expect(get(box, file(on('nosuchfs')))).toBe(initial('unlabeled'));
    expect(get(box, file({ ...on('tmpfs', { rootcontext: DATA }), path: '/', class: 'dir' }))).toBe(`${DATA}\0`);
  });

  it('that is a device of the kernel is what file_contexts say, as udev labels it', () => {
    const device = file({ ...on('devtmpfs'), class: 'chr_file', path: '/dev/null' });
    expect(get(box, { ...device, defaultContext: DATA })).toBe(`${DATA}\0`);
    expect(get(box, device)).not.toBe(`${DATA}\0`);
    expect(get(box, file({ ...on('tmpfs'), defaultContext: DATA }))).toBe(`${TMP}\0`);
  });

  it('in /proc is that of the process, and for the rest that of the path', () => {
    box.stack.apply({ kind: 'fork', parent: tidOf(100), child: taskId(300) });
    expect(get(box, file({ ...on('proc'), path: '/300/status', process: tidOf(300) }))).toBe(
      'msys_u:msys_r:mkern_t:s0\0',
    );
    const here = get(box, file({ ...on('proc'), path: '/net/dev' }));
    expect(get(box, file({ ...on('proc'), path: '/300/net/dev' }))).toBe(here);
  });

  it('of a socket is the one that its maker asked for', () => {
    const socket = file({ ...on('sockfs'), class: 'sock_file', path: 'socket:[7]', process: tidOf(300) });
    expect(get(box, socket)).toBe('msys_u:msys_r:mkern_t:s0\0');
    box.write('/proc/300/attr/sockcreate', DATA, { ...box.caller, ...taskId(300) });
    expect(get(box, socket)).toBe(`${DATA}\0`);
    expect(get(box, { ...socket, class: 'fifo_file' })).toBe('msys_u:msys_r:mkern_t:s0\0');
  });

  it('is that of the mount under context=, whatever is stored, and cannot be changed', () => {
    const inode = file(on('tmpfs', { context: DATA }), TMP);
    expect(get(box, inode)).toBe(`${DATA}\0`);
    expect(set(box, inode, TMP)).toBe('EOPNOTSUPP');
  });
});

describe('setting a label', () => {
  const box = new SelinuxBox({ policy: 'mini.33' });
  const user = { ...box.caller, uid: 1000, capabilities: 0n };
  const record = () => box.log.splice(0).map((line) => line.replace(/ for .*/, ''));

  it('needs a filesystem that has labels, then ownership, then a context', () => {
    expect(set(box, file(on('proc')), 'bad', user)).toBe('EOPNOTSUPP');
    expect(set(box, file(), 'bad', user)).toBe('EPERM');
    expect(set(box, file({ uid: 1000 }), 'bad', user)).toBe('EINVAL');
    expect(record()).toContain('1401 op=setxattr invalid_context="bad"');
    expect(set(box, file({ uid: 1000 }), DATA, user)).toBeUndefined();
  });

  it('takes a context that the policy does not know from the administrator of labels, but not nothing', () => {
    expect(set(box, file(), 'bad')).toBeUndefined();
    expect(set(box, file(), '\0')).toBeUndefined();
    expect(set(box, file(), '')).toBe('EINVAL');
  });

  it('is refused by permissions when enforcing, in the order of the kernel', () => {
    box.write('/proc/100/attr/current', 'msys_u:msys_r:mapp_t:s0');
    box.write('enforce', '1');
    box.log.length = 0;
    expect(set(box, file({}, DATA), TMP)).toBe('EACCES');
    expect(record()).toEqual(['1400 avc:  denied  { relabelfrom }']);
    expect(box.stack.files.removeXattr(file(), NAME, box.caller)?.code).toBe('EACCES');
    box.write('enforce', '0');
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (value) => {
        const answer = box.stack.files.setXattr(file(), NAME, value, user);
        return answer !== undefined;
      }),
    );
  });

  it('leaves other attributes alone', () => {
    expect(box.stack.files.setXattr(file(), 'security.other', new Uint8Array(1), user)).toBeUndefined();
    expect(box.stack.files.removeXattr(file(), 'security.other', user)).toBeUndefined();
  });
});

describe('what is stored with a new file', () => {
  const box = new SelinuxBox({ policy: 'mini.33' });
  const labels = (directory: InodeFacts, name = 'plain') =>
    box.stack.files
      .initSecurity(directory, { class: 'file', name }, box.caller)
      .xattrs.map(({ value }) => textOf(value));
  const tmp = (label?: string) => file({ class: 'dir', path: '/d' }, label);

  it('is nothing where it would be taken for the same anyway', () => {
    expect(labels(tmp())).toEqual([]);
    expect(labels(tmp(TMP))).toEqual([]);
    expect(labels(file({ ...on('nosuchfs'), class: 'dir' }, DATA))).toEqual([]);
  });

  it('is the label of a labelled directory, of a rule, or the one asked for', () => {
    expect(labels(tmp('msys_u:object_r:mbin_t:s0'))).toEqual(['msys_u:object_r:mbin_t:s0\0']);
    box.write('/proc/100/attr/current', 'msys_u:msys_r:mapp_t:s0');
    expect(labels(tmp())).toEqual([`${DATA}\0`]);
    expect(labels(tmp(), 'mnamed')).toEqual(['msys_u:object_r:mdata2_t:s0\0']);
    box.write('/proc/100/attr/fscreate', 'no such label');
    expect(labels(tmp())).toEqual(['no such label\0']);
    expect(labels(file({ ...on('tmpfs', { context: DATA }), class: 'dir' }))).toEqual([]);
  });

  it('has user and level of its maker where files live in memory, though no rule gives it another type', () => {
    const maker = new SelinuxBox({ policy: 'mini.33' });
    maker.write('/proc/100/attr/current', 'mbob_u:mapp_r:mapp_t:s1');
    const made = (type: string) =>
      maker.stack.files
        .initSecurity(file({ ...on(type), class: 'dir', path: '/d' }), { class: 'sock_file', name: 's' }, maker.caller)
        .xattrs.map(({ value }) => textOf(value));
    expect(made('tmpfs')).toEqual(['mbob_u:object_r:mtmp_t:s1\0']);
    expect(made('ext4')).toEqual([]);
  });

  it('depends on names of transition rules only, except where labels depend on paths', () => {
    const apart = (directory: InodeFacts, objectClass: InodeFacts['class'] = 'file') =>
      box.stack.files.initSecurity(directory, { class: objectClass, name: 'plain' }, box.caller).apart;
    box.write('/proc/100/attr/fscreate', '');
    expect(apart(tmp())).toEqual(['mnamed']);
    expect(apart(tmp(), 'dir')).toEqual([]);
    expect(apart(tmp('msys_u:object_r:mbin_t:s0'))).toEqual([]);
    expect(apart({ ...tmp(), process: tidOf(100) })).toBeUndefined();
    const feature = new SelinuxBox();
    feature.write('load', smallPolicy('feature.33'));
    const onDisk = (labels?: MountLabels, xattrs = {}) => {
      const directory = file({ ...on('ext4', labels), class: 'dir', xattrs });
      const made = { class: 'file', name: 'plain' } as const;
      const { apart: names, byDefault } = feature.stack.files.initSecurity(directory, made, feature.caller);
      return { names, byDefault };
    };
    const labelled = { 'security.selinux': 'sys_u:object_r:data_t:s0\0' };
    expect(onDisk({}, labelled)).toEqual({ names: ['special'], byDefault: true });
    expect(onDisk({ defcontext: 'sys_u:object_r:data_t:s0' })).toEqual({ names: ['special'] });
    expect(onDisk({ context: 'sys_u:object_r:data_t:s0' })).toEqual({ names: [] });
  });

  it('has user and level of its maker, not what was asked for, if the kernel makes it in memory', () => {
    const queues = new SelinuxBox({ policy: 'mini.33' });
    queues.write('/proc/100/attr/current', 'msys_u:msys_r:mapp_t:s1');
    queues.write('/proc/100/attr/fscreate', 'msys_u:object_r:mbin_t:s0');
    const made = queues.stack.files.initSecurity(
      file({ ...on('tmpfs'), class: 'dir', path: '/' }),
      { class: 'file', name: '', byKernel: true },
      queues.caller,
    );
    expect(made.xattrs.map(({ value }) => textOf(value))).toEqual(['msys_u:object_r:mdata_t:s1\0']);
  });

  it('is that of a transition from the mounter, if it is the root of a filesystem that no option labels', () => {
    const mounter = new SelinuxBox({ policy: 'mini.33' });
    mounter.write('/proc/100/attr/current', 'msys_u:msys_r:mapp_t:s1');
    mounter.write('/proc/100/attr/fscreate', 'msys_u:object_r:mbin_t:s0');
    const root = (type: string, options?: MountLabels) =>
      mounter.stack.files
        .initSecurity(
          file({ ...on(type, options), class: 'dir', path: '/' }),
          { class: 'dir', name: '', byKernel: true, isRoot: true },
          mounter.caller,
        )
        .xattrs.map(({ value }) => textOf(value));
    // Rules of transitions apply.
    expect(root('tmpfs')).toEqual(['msys_u:object_r:mdata2_t:s1:c0,c2\0']);
    expect(root('tmpfs', { fscontext: 'msys_u:object_r:mbin_t:s0' })).toEqual(['msys_u:object_r:mbin_t:s0\0']);
    expect(root('tmpfs', { rootcontext: 'msys_u:object_r:mbin_t:s0' })).toEqual([]);
    expect(root('tmpfs', { context: 'msys_u:object_r:mbin_t:s0' })).toEqual([]);
    expect(root('proc')).toEqual([]);
    expect(root('ext4')).toEqual([]);
  });

  it('is that of its maker where genfs rules label a filesystem whose files live in memory; no other can be set', () => {
    const genfs = new SelinuxBox({ policy: 'genfs.33' });
    genfs.write('/proc/100/attr/current', 'msys_u:msys_r:mapp_t:s0');
    genfs.write('/proc/100/attr/fscreate', 'msys_u:object_r:mbin_t:s0');
    const made = (type: string) =>
      genfs.stack.files
        .initSecurity(file({ ...on(type), class: 'dir', path: '/d' }), { class: 'file', name: 'plain' }, genfs.caller)
        .xattrs.map(({ value }) => textOf(value));
    expect(made('ramfs')).toEqual([`${DATA}\0`]);
    expect(made('tmpfs')).toEqual([`${DATA}\0`]);
    expect(made('hugetlbfs')).toEqual([]);
    expect(get(genfs, file(on('ramfs'), DATA))).toBe(`${DATA}\0`);
    expect(get(genfs, file(on('ramfs')))).toBe(`${TMP}\0`);
    expect(get(genfs, file(on('hugetlbfs'), DATA))).toBe(`${TMP}\0`);
    expect(set(genfs, file(on('ramfs'), DATA), TMP)).toBe('EOPNOTSUPP');
  });

  it('is the label of the mount where overlayfs stores it in another filesystem', () => {
    expect(labels(file({ ...on('overlay', { context: DATA }), class: 'dir' }, TMP))).toEqual([`${DATA}\0`]);
  });
});

describe('label options of a mount', () => {
  const box = new SelinuxBox({ policy: 'mini.33' });
  const may = (type: string, labels: MountLabels) => box.stack.files.mayMount(type, labels, box.caller)?.code;
  it.each([
    ['tmpfs', { context: DATA }, undefined],
    ['tmpfs', { rootcontext: DATA }, undefined],
    ['tmpfs', { defcontext: DATA }, 'EINVAL'],
    ['mqueue', { context: DATA }, 'EINVAL'],
    ['mqueue', {}, undefined],
    ['tmpfs', {}, undefined],
  ])('on %s: %j is %s', (type, labels, expected) => {
    expect(may(type, labels)).toBe(expected);
  });
  const option = (before: MountLabels, name: string, value: string) =>
    box.stack.files.mountOption(before, name, value, box.caller)?.code;
  it('are taken one by one, each once, with a valid label', () => {
    expect(option({}, 'context', DATA)).toBeUndefined();
    expect(option({ context: DATA }, 'rootcontext', DATA)).toBeUndefined();
    box.log.length = 0;
    expect(option({}, 'context', 'bad')).toBe('EINVAL');
    expect(option({ context: DATA }, 'context', DATA)).toBe('EINVAL');
    expect(option({ context: DATA }, 'defcontext', DATA)).toBe('EINVAL');
    expect(box.log).toEqual([
      'SELinux: security_context_str_to_sid (bad) failed with errno=-22',
      'SELinux:  duplicate or incompatible mount options',
      'SELinux:  duplicate or incompatible mount options',
    ]);
  });
  it('can be repeated at a remount, not changed', () => {
    const may = (before: MountLabels, now: MountLabels) =>
      box.stack.files.mayRemount({ type: 'tmpfs', id: 'tmpfs', labels: before }, now, box.caller)?.code;
    expect(may({ context: DATA }, { context: DATA })).toBeUndefined();
    expect(may({ context: DATA }, {})).toBeUndefined();
    expect(may({ context: DATA }, { context: 'msys_u:object_r:mbin_t:s0' })).toBe('EINVAL');
    expect(may({}, { fscontext: DATA })).toBe('EINVAL');
  });
  it('need permission to relabel the filesystem', () => {
    box.write('/proc/100/attr/current', 'msys_u:msys_r:mapp_t:s0');
    box.write('enforce', '1');
    expect(may('tmpfs', { context: DATA })).toBe('EACCES');
  });
});
