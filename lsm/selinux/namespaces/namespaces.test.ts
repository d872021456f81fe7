import { describe, expect, it } from 'vitest';
import { NamespaceBox } from '../../../test/selinux/namespace-box.ts';
import { policyImage } from '../../../test/selinux-golden/selinux-box.ts';
import type { KernelProfile } from '../../framework/config.ts';

const KERNEL = 'msys_u:msys_r:mkern_t:s0\0';
const APP = 'msys_u:msys_r:mapp_t:s0';
const NAMESPACED = ['talk', '2018', '2025'] as const;

const box = (profile: KernelProfile = 'talk', policy?: string) =>
  new NamespaceBox({ profile, ...(policy && { policy }) });

describe('the nodes', () => {
  it('are there except in mainline, after validatetrans, and move what follows', () => {
    const names = (profile: KernelProfile) => box(profile).spawn().list('.');
    expect(names('mainline')).not.toContain('unshare');
    for (const profile of NAMESPACED) {
      const all = names(profile);
      const at = all.indexOf('maxnsdepth');
      expect(all.slice(at, at + 4)).toEqual(['maxnsdepth', 'maxns', 'unshare', 'validatetrans']);
      const task = box(profile).spawn();
      const inodes = ['unshare', 'maxns', 'maxnsdepth', 'booleans', 'null', 'avc', 'avc/cache_threshold', 'class'];
      expect(inodes.map((name) => task.stat(name).ino)).toEqual([22, 23, 24, 25, 26, 27, 28, 34]);
      expect(inodes.slice(0, 3).map((name) => task.stat(name).mode & 0o777)).toEqual([0o600, 0o600, 0o600]);
    }
  });

  it.each(NAMESPACED)('unshare says where the reader is, whatever the instance: %s', (profile) => {
    const { host, child } = box(profile).pair();
    expect([host.read('unshare'), child.read('unshare')]).toEqual(['0', '1']);
    expect(child.through(host).read('unshare')).toBe('1');
    expect(host.through(child).read('unshare')).toBe('0');
  });

  it.each([
    ['2025', '1', true],
    ['2025', 'Yes!\n', true],
    ['2025', 'tomato', true],
    ['2025', 'enable', true],
    ['2025', 'oN', true],
    ['2025', '0', false],
    ['2025', 'never', false],
    ['2025', 'offset', false],
    ['2025', 'oz', 'EINVAL'],
    ['2025', '', 'EINVAL'],
    ['2025', 'web', 'EINVAL'],
    ['talk', '1\n', true],
    ['talk', 'TRUE', true],
    ['talk', 'off', false],
    ['talk', 'web \n', 'web'],
    ['talk', 'tomato', 'tomato'],
    ['talk', ' a b', ' a b'],
    ['talk', '', ''],
    ['2018', 'web', 'web'],
    ['2018', 'n'.repeat(236), 'n'.repeat(236)],
    ['2018', 'n'.repeat(237), 'EINVAL'],
  ] as const)('unshare of %s takes %j', (profile, text, expected) => {
    const one = box(profile, 'mini.33');
    const task = one.spawn();
    const written = task.write('unshare', text);
    const moved = task.read('unshare') === '1';
    if (typeof expected === 'string' && expected.startsWith('E') && expected.length > 4) {
      expect([written, moved]).toEqual([expected, false]);
      return;
    }
    expect([written, moved]).toEqual([text.length, expected !== false]);
    if (!moved) return;
    task.mount();
    task.write('load', policyImage('mini.33'));
    const name = typeof expected === 'string' ? expected : profile === '2025' ? '' : '1';
    const suffix = name === '' ? '' : `.${name}`;
    expect(one.stack.files.storedName('security.selinux', task.caller)).toBe(`security.selinux${suffix}`);
    expect(one.stack.files.storedName('security.other', task.caller)).toBe('security.other');
  });

  it('unshare checks size, position, permission and text, in this order', () => {
    const task = box('2025', 'minideny.33').spawn();
    task.write('/attr/current', APP);
    task.write('enforce', '1');
    expect(task.write('unshare', 'x'.repeat(4096))).toBe('ENOMEM');
    expect(task.write('unshare', '1', 1)).toBe('EINVAL');
    expect(task.write('unshare', 'bad')).toBe('EACCES'); // the policy knows no such permission, and denies unknown ones
  });

  it('unshare by the kernel itself moves nobody', () => {
    const one = box();
    expect(one.kernel.write('unshare', '1')).toBe('ENOMEM');
    expect(one.spawn().read('unshare')).toBe('0');
  });
});

describe('limits', () => {
  it('count the initial namespace, and are lowered without ending any', () => {
    const one = box();
    const host = one.spawn();
    expect([host.read('maxns'), host.read('maxnsdepth')]).toEqual(['65535', '32']);
    expect(host.write('maxns', '5')).toBe(1);
    const tasks = Array.from({ length: 5 }, () => one.spawn());
    expect(tasks.map((task) => task.write('unshare', '1'))).toEqual([1, 1, 1, 1, 'ENOMEM']);
    expect(host.write('maxns', '1')).toBe(1);
    expect(tasks.map((task) => task.read('unshare'))).toEqual(['1', '1', '1', '1', '0']);
    tasks[0]?.exit();
    expect(tasks[4]?.write('unshare', '1')).toBe('ENOMEM');
    host.write('maxns', '5');
    expect(tasks[4]?.write('unshare', '1')).toBe(1);
  });

  it('bound the depth', () => {
    const one = box();
    one.spawn().write('maxnsdepth', '2');
    const task = one.spawn();
    expect([task.descend(), task.descend(), task.descend()]).toEqual([1, 1, 'ENOMEM']);
    expect(task.read('maxnsdepth')).toBe('2');
  });

  it.each([
    ['0x20', '32'],
    ['010\n', '8'],
    ['+7', '7'],
    ['4294967295', '4294967295'],
    ['4294967296', 'ERANGE'],
    ['18446744073709551616x', 'ERANGE'],
    ['4294967296x', 'EINVAL'],
    ['-1', 'EINVAL'],
    ['0x', 'EINVAL'],
    ['08', 'EINVAL'],
    ['7 ', 'EINVAL'],
    ['', 'EINVAL'],
  ])('%j as maxns is %s', (text, expected) => {
    const task = box().spawn();
    const written = task.write('maxns', text);
    expect(typeof written === 'string' ? written : task.read('maxns')).toBe(expected);
    expect(task.read('maxns')).toBe(typeof written === 'string' ? '65535' : expected);
  });

  it('belong to the initial namespace', () => {
    const { host, child } = box().pair();
    expect(child.write('maxns', '9')).toBe('EPERM');
    expect(child.through(host).write('maxns', 'x'.repeat(5000))).toBe('EPERM');
    expect(host.through(child).write('maxnsdepth', '9')).toBe('EPERM');
    expect(host.write('maxns', 'x'.repeat(4096))).toBe('ENOMEM');
    expect(host.write('maxns', '9')).toBe(1);
    expect(child.read('maxns')).toBe('9');
  });

  it('need a permission of their own', () => {
    const task = box('talk', 'minideny.33').spawn();
    task.write('/attr/current', APP);
    task.write('enforce', '1');
    expect(task.write('maxns', 'x'.repeat(4096))).toBe('EACCES');
    expect(task.write('maxnsdepth', '9')).toBe('EACCES');
  });
});

describe.each(NAMESPACED)('a new namespace: %s', (profile) => {
  it('starts permissive, without policy, as an enforcing kernel with one goes on', () => {
    const one = box(profile, 'mini.33');
    const host = one.spawn();
    const child = host.fork();
    expect(child.write('unshare', '1')).toBe(1);
    host.write('enforce', '1');
    expect(child.read('enforce')).toBe('1'); // still the old mount
    child.mount();
    expect([child.read('enforce'), child.read('mls'), child.read('deny_unknown')]).toEqual(['0', '0', '1']);
    expect([child.list('booleans'), child.list('class')]).toEqual([[], []]);
    expect(child.read('policyvers')).toBe('33');
    expect(child.read('policy_capabilities/open_perms')).toBe('0');
    expect([child.read('/attr/current'), child.read('/attr/prev')]).toEqual(['kernel\0', 'kernel\0']);
    expect(host.list('booleans')).not.toEqual([]);
  });

  it('has policy, booleans, mode, sequence number, cache and status page of its own', () => {
    const { host, child } = box(profile, 'mini.33').pair();
    const before = host.read('status');
    child.write('load', policyImage('mini.33'));
    child.write('booleans/mone', '0');
    child.write('commit_pending_bools', '1');
    child.write('enforce', '1');
    child.write('avc/cache_threshold', '9');
    expect([child.read('booleans/mone'), host.read('booleans/mone')]).toEqual(['0 0', '1 1']);
    expect([child.read('enforce'), host.read('enforce')]).toEqual(['1', '0']);
    expect([child.read('avc/cache_threshold'), host.read('avc/cache_threshold')]).toEqual(['9', '512']);
    expect(host.read('status')).toBe(before);
    expect(Buffer.from(child.read('status'), 'latin1').readUInt32LE(12)).toBe(2);
    expect([child.read('/attr/current'), host.read('/attr/current')]).toEqual([KERNEL, KERNEL]);
  });

  it('takes in only the thread that asked', () => {
    const one = box(profile);
    const task = one.spawn();
    const thread = task.thread();
    expect(thread.write('unshare', '1')).toBe(1);
    expect([task.read('unshare'), thread.read('unshare')]).toEqual(['0', '1']);
    const child = thread.fork();
    expect(child.read('unshare')).toBe('1');
    thread.exec();
    expect(thread.read('unshare')).toBe('1');
  });

  it('shows the same tree at each mount, and another than the one around', () => {
    const one = box(profile);
    const { host, child } = one.pair();
    const of = (task: typeof host) => one.stack.filesystems.mount('selinuxfs', task.caller);
    expect(of(child)).toBe(of(child));
    expect(of(child)).not.toBe(of(host));
    expect(of(child.fork())).toBe(of(child));
  });
});

describe('a foreign instance', () => {
  it('may be read, and shows what it shows to its own', () => {
    const { host, child } = box('talk', 'mini.33').pair();
    expect(child.through(host).read('policy').length).toBe(host.read('policy').length);
    for (const name of [
      'enforce',
      'mls',
      'booleans/mone',
      'initial_contexts/kernel',
      'avc/cache_threshold',
      'status',
    ]) {
      expect(child.through(host).read(name), name).toBe(host.read(name));
    }
    expect(host.through(child).read('initial_contexts/kernel')).toBe('kernel\0');
    expect(host.through(child).list('class')).toEqual([]);
  });

  it.each([
    ['enforce', 'x'.repeat(5000)],
    ['checkreqprot', 'x'.repeat(5000)],
    ['booleans/mone', 'x'.repeat(5000)],
    ['commit_pending_bools', 'x'.repeat(5000)],
    ['validatetrans', 'x'.repeat(5000)],
    ['avc/cache_threshold', 'x'.repeat(5000)],
    ['unshare', 'x'.repeat(5000)],
    ['context', 'x'.repeat(5000)],
    ['access', ''],
    ['create', ''],
    ['relabel', ''],
    ['member', ''],
    ['user', 'x'.repeat(5000)],
    ['load', 'x'],
  ])('may not be written, before everything else: %s', (name, text) => {
    const { host, child } = box('talk', 'mini.33').pair();
    host.write('/attr/current', APP);
    host.write('enforce', '1');
    expect(child.through(host).write(name, text)).toBe('EPERM');
    child.write('load', policyImage('mini.33'));
    expect(host.through(child).write(name, text)).toMatch(/^(EPERM|EACCES)$/);
  });

  it('load looks at position and length first; what does nothing is not refused', () => {
    const { host, child } = box().pair();
    const foreign = child.through(host);
    expect([foreign.write('load', ''), foreign.write('load', 'x', 1)]).toEqual(['EINVAL', 'EINVAL']);
    expect(foreign.write('disable', '1')).toBe(1);
  });
});

it('user is not for namespaces', () => {
  const one = box('talk');
  const { host, child } = one.pair();
  expect(host.ask('user', 'kernel nobody')).toBe('0\0');
  one.log.length = 0;
  expect(child.ask('user', 'kernel nobody')).toBe('EPERM');
  expect(one.log).toEqual([
    `SELinux: test (${child.caller.tid}) tried to write to /sys/fs/selinux/user! This is not supported in non-init SELinux namespaces; please update your userspace.`,
  ]);
});

it('labels are stored by the nearest namespace that has a policy', () => {
  const one = box('talk', 'mini.33');
  const host = one.spawn();
  const outer = host.fork();
  outer.descend('outer');
  outer.write('load', policyImage('mini.33'));
  const inner = outer.fork();
  inner.descend('inner');
  const stored = () => one.stack.files.storedName('security.selinux', inner.caller);
  expect(stored()).toBe('security.selinux.outer');
  inner.write('load', policyImage('mini.33'));
  expect(stored()).toBe('security.selinux.inner');
  expect(one.stack.files.storedName('security.selinux', host.caller)).toBe('security.selinux');
});

it('what explains decisions knows whose', () => {
  const one = box('talk', 'mini.33');
  const { host, child } = one.pair();
  child.write('load', policyImage('minideny.33'));
  const told = (task?: typeof host) => {
    const request = { query: 'access', words: [APP, APP, 'tun_socket', 'create'] };
    return one.stack.explanations.get('selinux')?.(request, task && one.stack.tasks.find(task.caller.tid));
  };
  // Only the kernel knows this class: handle_unknown decides.
  expect(told(child)).toMatchObject({ allowed: false });
  expect(told(host)).toMatchObject({ allowed: true });
  expect(told()).toMatchObject({ allowed: true });
});
