/** Smack in a booted stack where recordings do not reach: stacked, in bring-up mode, its records, and ordinary files. */

import { beforeEach, describe, expect, it } from 'vitest';
import { bytesOf, textOf } from '../../linux/bytes.ts';
import { ALL_CAPABILITIES, CAP } from '../../linux/capability.ts';
import type { InodeFacts } from '../framework/files/inode.ts';
import { execCall, inodeFacts } from '../framework/testing/files.ts';
import { createWorld, type World, type WorldTask } from '../library/index.ts';
import { codeOf, outcomeOf } from '../library/testing.ts';

const SMACKFS = '/sys/fs/smackfs';
const MAC = (1n << BigInt(CAP.MAC_ADMIN)) | (1n << BigInt(CAP.MAC_OVERRIDE));
const USER = { uid: 1000, gid: 1000, capabilities: 0n };

let world: World;
let root: WorldTask;

function start(lsm = 'smack', profile: 'talk' | 'mainline' = 'mainline'): void {
  world = createWorld({ lsm, profile });
  root = world.spawn();
}

beforeEach(() => start());

const write = (node: string, text: string, task = root) =>
  codeOf(() => task.fs.writeFileSync(node.startsWith('/') ? node : `${SMACKFS}/${node}`, text));
const read = (node: string, task = root): string => task.fs.readFileSync(`${SMACKFS}/${node}`, 'latin1');
const label = (task: WorldTask): string => task.fs.readFileSync('/proc/self/attr/current', 'latin1');

/** A child with a label. */
function child(name: string, identity = {}): WorldTask {
  const task = root.fork();
  expect(write('/proc/self/attr/current', name, task)).toBeUndefined();
  task.setIdentity(identity);
  return task;
}

function file(xattrs: Record<string, string> = {}, facts: Partial<InodeFacts> = {}): InodeFacts {
  return inodeFacts({ filesystem: { type: 'ext4', id: 'vda1' }, path: '/srv/f', xattrs, ...facts });
}

describe('labels of tasks', () => {
  it('are inherited, and changed by administrators or once by announcement', () => {
    const task = child('App', USER);
    expect(label(task.fork())).toBe('App');
    expect(write('/proc/self/attr/current', 'Other', task)).toBe('EPERM');
    const other = root.fork();
    expect(write('relabel-self', 'App Web', other)).toBeUndefined();
    other.setIdentity(USER);
    expect(write('/proc/self/attr/current', 'Web', other)).toBeUndefined();
    expect(write('/proc/self/attr/current', 'App', other)).toBe('EPERM');
  });

  it('onlycap takes privilege from all other labels', () => {
    const task = child('App', { capabilities: ALL_CAPABILITIES });
    expect(write('onlycap', '_')).toBeUndefined();
    expect([write('load2', 'A B r', task), write('load2', 'A B r')]).toEqual(['EPERM', undefined]);
  });

  it('have their numbers for ever', () => {
    const { secids, tasks } = world.stack;
    const secid = (task: WorldTask): number => {
      const found = tasks.find(task.tid);
      return found === undefined ? 0 : secids.of(found);
    };
    expect([secid(root), secid(child('App')), secid(child('^')), secid(child('App'))]).toEqual([5, 10, 3, 10]);
  });
});

describe('records', () => {
  const label = { 'security.SMACK64': 'Secret' };
  const get = (task: WorldTask) => world.stack.files.getXattr(file(label), 'security.SMACK64', task.caller);

  it('tell of denials, by the kernel’s text', () => {
    const task = child('App', USER);
    expect(get(task)).toMatchObject({ code: 'EACCES' });
    expect(world.audit.map(({ type, body }) => `${type} ${body}`)).toEqual([
      `1400 lsm=SMACK fn=smack_inode_getxattr action=denied subject="App" object="Secret" requested=r pid=${task.tid} comm="init" name="f" dev="vda1" ino=7`,
    ]);
  });

  it('tell what logging asks for', () => {
    const task = child('App', USER);
    let seen = 0;
    const actions = () => {
      const fresh = world.audit.slice(seen);
      seen = world.audit.length;
      return fresh.map(({ body }) => /action=(\w+)/.exec(body)?.[1]);
    };
    write('logging', '0');
    get(task);
    expect(actions()).toEqual([]);
    write('load2', 'App Secret r');
    write('logging', '3');
    get(task);
    expect(actions()).toEqual(['granted']);
  });
});

describe('a rule of one’s own', () => {
  it('takes away, and CAP_MAC_OVERRIDE gives back', () => {
    const facts = file({ 'security.SMACK64': 'Data' });
    const may = (task: WorldTask) => world.stack.files.getXattr(facts, 'security.SMACK64', task.caller);
    write('load2', 'App Data rw');
    const task = child('App', USER);
    expect(may(task)).toEqual(bytesOf('Data'));
    expect(write('load-self2', 'App Data w', task)).toBeUndefined();
    expect(may(task)).toMatchObject({ code: 'EACCES' });
    task.setIdentity({ ...USER, capabilities: MAC });
    expect(may(task)).toEqual(bytesOf('Data'));
  });
});

describe('new files', () => {
  const made = (task: WorldTask, directory: InodeFacts, kind: 'file' | 'dir' | 'sock_file' = 'file') =>
    Object.fromEntries(
      world.stack.files
        .initSecurity(directory, { class: kind, name: 'new' }, task.caller)
        .xattrs.map(({ name, value }) => [name.replace('security.', ''), textOf(value)]),
    );
  const directory = (xattrs: Record<string, string> = {}) => file(xattrs, { class: 'dir', path: '/srv' });
  const SHARED = directory({ 'security.SMACK64': 'Shared', 'security.SMACK64TRANSMUTE': 'TRUE' });

  it('have the label of their maker; nothing is stored where it would mean nothing', () => {
    expect(made(child('App'), directory())).toEqual({ SMACK64: 'App' });
    expect(made(root, directory())).toEqual({});
    expect(made(child('App'), directory(), 'sock_file')).toEqual({});
    const labels = { smackfsdef: 'Usb' };
    const usb = file({}, { class: 'dir', filesystem: { type: 'vfat', id: 'sdb1', labels } });
    expect(made(root, usb)).toEqual({ SMACK64: '_' });
    expect(made(child('Usb'), usb)).toEqual({});
    const queues = file({}, { class: 'dir', filesystem: { type: 'mqueue', id: 'mqueue' } });
    expect(made(child('App'), queues)).toEqual({});
    const mounted = { class: 'dir', name: '', byKernel: true, isRoot: true } as const;
    const { xattrs } = world.stack.files.initSecurity(directory(), mounted, child('App').caller);
    expect(xattrs).toEqual([]);
  });

  it('of a transmuting directory have its label, where a rule says t', () => {
    const task = child('App');
    expect(made(task, SHARED)).toEqual({ SMACK64: 'App' });
    write('load2', 'App Shared rwxt');
    expect(made(task, SHARED)).toEqual({ SMACK64: 'Shared' });
    expect(made(task, SHARED, 'dir')).toEqual({ SMACK64: 'Shared', SMACK64TRANSMUTE: 'TRUE' });
  });
});

describe('labels of files', () => {
  const labelOf = (facts: InodeFacts): string => {
    const value = world.stack.files.getXattr(facts, 'security.SMACK64', root.caller);
    return value instanceof Uint8Array ? textOf(value) : value.code;
  };
  const on = (type: string, labels: Record<string, string>, path = '/f') =>
    file({}, { path, filesystem: { type, id: type, labels } });

  it.each([
    ['stored', file({ 'security.SMACK64': 'Stored' }), 'Stored'],
    ['stored badly', file({ 'security.SMACK64': '-x' }), '_'],
    ['not stored', file(), '_'],
    ['a UNIX socket', file({ 'security.SMACK64': 'X' }, { class: 'sock_file' }), '*'],
    ['of cgroups', file({}, { filesystem: { type: 'cgroup2', id: 'cgroup2' } }), '*'],
    ['smackfsdef', on('vfat', { smackfsdef: 'Usb', smackfsroot: 'Root' }), 'Usb'],
    ['smackfsdefault', on('vfat', { smackfsdefault: 'Usb' }), 'Usb'],
    ['smackfsroot', on('vfat', { smackfsdef: 'Usb', smackfsroot: 'Root' }, '/'), 'Root'],
    ['smackfsdef alone, of the root', on('vfat', { smackfsdef: 'Usb' }, '/'), '_'],
    ['smackfstransmute', on('vfat', { smackfstransmute: 'Root' }, '/'), 'Root'],
  ])('%s', (_what, facts, expected) => {
    expect(labelOf(facts)).toBe(expected);
  });

  it('of /proc/PID are those of the process', () => {
    const task = child('App');
    expect(labelOf(file({}, { process: task.tid, path: `/${task.tid}/stat` }))).toBe('App');
  });
});

describe('options of mounts', () => {
  const option = (before: Record<string, string>, name: string, value: string, task = root) =>
    world.stack.files.mountOption(before, name, value, task.caller)?.code;

  it('must be labels, each once, from an administrator', () => {
    expect(option({}, 'smackfsdef', 'Usb')).toBeUndefined();
    expect(option({}, 'smackfsdef', '-x')).toBe('EINVAL');
    expect(option({ smackfsdef: 'A' }, 'smackfsdefault', 'B')).toBe('EINVAL');
    expect(option({ smackfsdef: 'A' }, 'smackfsroot', 'B')).toBeUndefined();
    const mount = (labels: Record<string, string>, task: WorldTask) =>
      world.stack.files.mayMount('tmpfs', labels, task.caller)?.code;
    expect(mount({ smackfsdef: 'A' }, root)).toBeUndefined();
    expect(mount({ smackfsdef: 'A' }, child('App', USER))).toBe('EPERM');
    expect(mount({}, child('App', USER))).toBeUndefined();
  });
});

describe('execution', () => {
  const program = (xattrs: Record<string, string>, more = {}) => ({
    path: '/srv/f',
    inode: file(xattrs),
    call: execCall(more),
  });
  const EXEC = { 'security.SMACK64EXEC': 'Service' };

  it('gives the label of the program', () => {
    const task = child('App');
    task.exec(program(EXEC));
    expect(label(task)).toBe('Service');
    task.exec(program({ 'security.SMACK64EXEC': '*' }));
    expect(label(task)).toBe('Service');
  });

  it('changes what sockets show where the program has another label', () => {
    const task = child('App');
    const mayRelabel = (xattrs: Record<string, string>) =>
      world.stack.files.execMayRelabel(program(xattrs), task.caller);
    expect([{}, { 'security.SMACK64EXEC': 'App' }, EXEC].map(mayRelabel)).toEqual([false, false, true]);
  });

  it.each([
    ['a program that may be read and executed', {}, {}, undefined],
    ['one that may not', { 'security.SMACK64': 'Secret' }, {}, 'EACCES'],
    ['another label', EXEC, {}, undefined],
    ['another label without new privileges', EXEC, { noNewPrivs: true }, 'EPERM'],
  ])('%s', (_what, xattrs: Record<string, string>, more, expected) => {
    const task = child('App', USER);
    expect(world.stack.files.mayExec(program(xattrs, more), task.caller)?.code).toBe(expected);
  });
});

describe('stacked', () => {
  it('three labelling modules have a part each; plain files mean the chosen one', () => {
    start('selinux,smack,apparmor', 'talk');
    const task = childBesideOthers('App');
    expect(task.fs.readFileSync('/proc/self/attr/context', 'latin1')).toBe(
      'selinux\0kernel\0smack\0App\0apparmor\0unconfined\0',
    );
    expect(label(task)).toBe('kernel\0');
    write('/proc/self/attr/display', 'smack', task);
    expect(label(task)).toBe('App');
  });

  it('labelled networking belongs to one module: the other’s nodes refuse changes', () => {
    start('selinux,smack', 'talk');
    for (const node of ['cipso', 'cipso2', 'netlabel', 'ipv6host', 'doi', 'direct', 'mapped']) {
      expect([node, write(node, '5')]).toEqual([node, 'EINVAL']);
    }
    expect(write('doi', '5', world.spawn(USER))).toBe('EACCES');
    expect(world.fs.readFileSync(`${SMACKFS}/doi`, 'latin1')).toBe('3');
    for (const node of ['cipso', 'cipso2', 'netlabel', 'direct', 'mapped', 'ipv6host'])
      expect(() => world.fs.readFileSync(`${SMACKFS}/${node}`)).not.toThrow();
    expect(write('ambient', 'App')).toBeUndefined();
    start('smack,selinux', 'talk');
    expect(write('doi', '5')).toBeUndefined();
  });

  function childBesideOthers(name: string): WorldTask {
    const task = root.fork();
    expect(write('/proc/self/attr/smack/current', name, task)).toBeUndefined();
    return task;
  }
});

describe('bring-up mode', () => {
  it('has the node unconfined, which mainline lacks', () => {
    expect(world.fs.existsSync(`${SMACKFS}/unconfined`)).toBe(false);
    start('smack', 'talk');
    expect(read('unconfined')).toBe('\0');
    expect(write('unconfined', 'App')).toBeUndefined();
    expect(read('unconfined')).toBe('App\0');
    const task = child('App', USER);
    const value = world.stack.files.getXattr(file({ 'security.SMACK64': 'X' }), 'security.SMACK64', task.caller);
    expect(value).toEqual(bytesOf('X'));
    expect(world.audit.at(-1)?.body).toMatch(/action=granted subject="App" object="X" requested=r\(US\) /);
    expect(write('unconfined', '-')).toBeUndefined();
    expect(read('unconfined')).toBe('\0');
  });
});

it('who has no privilege can neither name labels without end nor have rules without end', () => {
  const world = createWorld({ lsm: 'smack' });
  const user = world.spawn({ uid: 1000, gid: 1000, capabilities: 0n });
  const own = (first: number, count: number): number =>
    Array.from({ length: count }, (_, at) => first + at).filter(
      (index) => outcomeOf(() => user.fs.writeFileSync('/sys/fs/smackfs/load-self2', `A l${index} r`)) !== 'ok',
    ).length;
  expect([own(0, 1024), own(1024, 2)]).toEqual([0, 2]);
  expect(outcomeOf(() => user.fs.writeFileSync('/sys/fs/smackfs/load-self2', 'A l0 w'))).toBe('ok');
  const labels = (from: number, count: number): string =>
    Array.from({ length: count }, (_, at) => `n${from + at} n${from + at} r`).join('\n');
  for (let from = 0; from < 65_536; from += 128) world.fs.writeFileSync('/sys/fs/smackfs/load2', labels(from, 128));
  const other = world.spawn({ uid: 1000, gid: 1000, capabilities: 0n });
  const write = (rule: string): string => outcomeOf(() => other.fs.writeFileSync('/sys/fs/smackfs/load-self2', rule));
  expect([write('new n1 r'), write('n1 n2 r')]).toEqual(['ENOMEM', 'ok']);
});
