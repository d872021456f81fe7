import { beforeEach, describe, expect, it } from 'vitest';
import { textOf } from '../../../../linux/bytes.ts';
import { CAP } from '../../../../linux/capability.ts';
import { E, failed } from '../../../../linux/errno.ts';
import { O_RDONLY, O_WRONLY } from '../../../../linux/fcntl.ts';
import { POLLIN } from '../../../../linux/poll.ts';
import { Pending } from '../../../../vfs/tree/node.ts';
import * as operations from '../../../../vfs/tree/operations.ts';
import { callerOf } from '../../testing/toy.ts';
import { AuditTree, type OpenNode, ROOT } from './testing.ts';

const NODES = [
  'contids',
  'netns',
  'status',
  'features',
  'rules',
  'daemon',
  'events',
  'log',
  'user',
  'queue',
  'instances',
];
const without = (capability: number) => ({ ...ROOT, capabilities: ROOT.capabilities & ~(1n << BigInt(capability)) });
/** Root of a user namespace. */
const userNamespace = { id: 7, ancestors: [], rootUid: 1000, rootGid: 1000 };

let tree: AuditTree;

beforeEach(() => {
  tree = new AuditTree();
});

function modeOf(path: string): string {
  const node = tree.node(path);
  return typeof node === 'string' ? node : (node.attributes(ROOT).mode & 0o777).toString(8);
}

/** Without stamps. */
const bodies = (path: string, caller = ROOT): string[] =>
  tree
    .text(path, caller)
    .split('\n')
    .flatMap((line) => /^type=(\S+) msg=\S+ (.*)$/.exec(line)?.slice(1).join(' ') ?? []);

/** What a read that waits gets. */
function waitFor(file: OpenNode): { text: string } {
  const got = { text: 'nothing' };
  const pending = file.read();
  if (!(pending instanceof Pending)) throw new Error(`it does not wait: ${pending}`);
  pending.start((result) => {
    got.text = failed(result) ? result.code : textOf(result);
  });
  return got;
}

describe('the directory', () => {
  it('has the nodes with their modes, and the same for each container inside', () => {
    tree.inside(20, 5n);
    for (const place of ['', 'children/5/']) {
      expect(tree.names(place)).toEqual([...NODES, 'children']);
      const modes = NODES.map((name) => modeOf(`${place}${name}`));
      expect(modes).toEqual(['440', '440', '600', '600', '600', '600', '440', '440', '200', '440', '600']);
    }
    expect(['6', '05', '+5', ''].map((name) => typeof tree.node(`children/${name}`))).toEqual([
      'string',
      'string',
      'string',
      'object',
    ]);
  });

  it('is that of a container for those who are in it, and goes with it', () => {
    const inside = tree.inside(20, 5n);
    expect(tree.write('status', 'backlog_limit 9\n', inside)).toBe('ok');
    expect(tree.text('status', inside)).toContain('backlog_limit 9\n');
    expect(tree.text('status')).toContain('backlog_limit 64\n');
    expect(tree.text('children/5/status')).toContain('backlog_limit 9\n');
    const open = tree.opened('children/5/status');
    tree.ends(inside);
    expect(tree.node('children/5')).toBe('ENOENT');
    expect(open.read()).toContain('backlog_limit 9\n');
  });

  it('lets nobody out: not by a node of another audit that was found or opened before', () => {
    const one = tree.inside(20, 5n);
    const other = tree.inside(21, 6n);
    expect(tree.names('children', one)).toEqual([]);
    for (const name of NODES) {
      const node = tree.node(`children/6/${name}`);
      if (typeof node === 'string') throw new Error(node);
      expect(operations.open(node, O_RDONLY, one), name).toBe(E.EPERM);
    }
    const passed = tree.opened('children/6/status');
    expect(passed.write('enabled 1\n', one)).toBe('EPERM');
    expect(passed.write('enabled 1\n', other)).toBe('ok');
  });
});

describe('a node', () => {
  const user = callerOf(30, 30, { uid: 1000, gid: 1000 });

  it('is checked for each caller, whatever owner the kernel has in mind', () => {
    for (const name of NODES) expect(tree.open(name, user), name).toBe('EACCES');
    expect(tree.open('log', user, O_RDONLY)).toBe('EACCES');
  });

  it('keeps its mode: one that owns it in his container opens it to nobody', () => {
    const before = NODES.map((name) => modeOf(name));
    for (const name of NODES) {
      const node = tree.node(name);
      if (typeof node === 'string') throw new Error(node);
      expect(operations.setAttributes(node, { mode: 0o666 }, ROOT), name).toBe(E.EPERM);
      expect(operations.setAttributes(node, { size: 0 }, ROOT), name).toBeUndefined();
    }
    expect(NODES.map((name) => modeOf(name))).toEqual(before);
  });
});

describe('status and features', () => {
  it('show what auditctl -s does, and take a line for each write', () => {
    expect(tree.text('status')).toBe(
      `enabled 0\nfailure 1\npid 0\nrate_limit 0\nbacklog_limit 64\nlost 0\nbacklog 0\nbacklog_wait_time 6000\nbacklog_wait_time_actual 0\nloginuid_immutable 0 unlocked\n`,
    );
    const file = tree.opened('status');
    expect(file.handle.write?.(new TextEncoder().encode('enabled 1\nfailure 2\n'), { offset: 0 }, ROOT)).toBe(10);
    expect(file.write('rate_limit 3\n\nbacklog_wait_time 10')).toBe('ok');
    expect(tree.text('status')).toMatch(/^enabled 1\nfailure 1\npid 0\nrate_limit 3\n.*\nbacklog_wait_time 10\n/s);
    expect(bodies('log')[0]).toBe('CONFIG_CHANGE op=set audit_rate_limit=3 old=0 auid=4294967295 ses=4294967295 res=1');
  });

  it.each([
    'enabled 3',
    'enabled',
    'enabled -1',
    'enabled 1 2',
    'enabled 4294967297',
    'failure 3',
    'pid 10',
    'backlog 0',
    'lost 1',
    'no_such 1',
    'backlog_wait_time 60001',
  ])('refuse %s', (line) => {
    expect(tree.write('status', line)).toBe('EINVAL');
  });

  it('are set back where they count, with the records', () => {
    tree.write('status', 'enabled 1');
    tree.toys.stack.audit.status.lost = 7;
    expect(tree.write('status', 'lost 0\nbacklog_wait_time_actual 0\n')).toBe('ok');
    expect(bodies('log').map((body) => body.split(' ').slice(1, 4).join(' '))).toEqual([
      'op=set lost=0 old=7',
      'op=set backlog_wait_time_actual=0 old=0',
    ]);
  });

  it('are locked for good', () => {
    expect(tree.write('status', 'enabled 2\n')).toBe('ok');
    expect(tree.write('status', 'enabled 1\n')).toBe('EPERM');
    expect(tree.write('status', 'rate_limit 1\n')).toBe('EPERM');
    expect(bodies('log')).toEqual([
      'CONFIG_CHANGE op=set audit_enabled=1 old=2 auid=4294967295 ses=4294967295 res=0',
      'CONFIG_CHANGE op=set audit_rate_limit=1 old=0 auid=4294967295 ses=4294967295 res=0',
    ]);
  });

  it('have features, of which one that is locked stays', () => {
    expect(tree.text('features')).toBe('only_unset_loginuid 0 unlocked\nloginuid_immutable 0 unlocked\n');
    expect(tree.write('features', 'loginuid_immutable 1 locked\nonly_unset_loginuid 1\n')).toBe('ok');
    expect(tree.text('features')).toBe('only_unset_loginuid 1 unlocked\nloginuid_immutable 1 locked\n');
    expect(tree.write('features', 'loginuid_immutable 0')).toBe('EPERM');
    for (const line of ['loginuid_immutable 2', 'loginuid_immutable', 'x 1', 'loginuid_immutable 1 loose'])
      expect(tree.write('features', line)).toBe('EINVAL');
  });

  it('are for who has CAP_AUDIT_CONTROL, where it counts, also when the file is open', () => {
    const blind = without(CAP.AUDIT_CONTROL);
    for (const name of ['status', 'features', 'rules', 'daemon', 'instances']) {
      expect(tree.open(name, blind), name).toBe('EPERM');
      expect(tree.open(name, { ...ROOT, userNamespace }), name).toBe('EPERM');
    }
    expect(tree.opened('status').write('enabled 1', blind)).toBe('EPERM');
  });
});

describe('user', () => {
  const log = (): string[] => bodies('log');

  it('writes records of programs, by name or number', () => {
    tree.write('status', 'enabled 1');
    expect(tree.write('user', 'USER_LOGIN op=x\n2107 amtu\ncred_acq y')).toBe('ok');
    expect(log()).toEqual([
      "USER_LOGIN pid=10 uid=0 auid=4294967295 ses=4294967295 msg='op=x'",
      "ANOM_AMTU_FAIL pid=10 uid=0 auid=4294967295 ses=4294967295 msg='amtu'",
      "CRED_ACQ pid=10 uid=0 auid=4294967295 ses=4294967295 msg='y'",
    ]);
  });

  it('takes no other types, and no text that is too long', () => {
    for (const line of [
      '1005 x',
      'USER x',
      '1099 x',
      '1200 x',
      '2099 x',
      '3000 x',
      'NO_SUCH x',
      'USER_LOGIN',
      '',
      'AVC x',
    ])
      expect(tree.write('user', `${line}\n`), line).toBe('EINVAL');
    expect(tree.write('user', `USER_LOGIN ${'x'.repeat(8561)}\n`)).toBe('EMSGSIZE');
    expect(tree.write('user', `USER_LOGIN ${'x'.repeat(8560)}\n`)).toBe('ok');
  });

  it('is for who has CAP_AUDIT_WRITE', () => {
    expect(tree.write('user', 'USER_LOGIN x', without(CAP.AUDIT_WRITE))).toBe('EPERM');
    expect(tree.opened('user').write('USER_LOGIN x', without(CAP.AUDIT_WRITE))).toBe('EPERM');
    expect(tree.open('user', { ...ROOT, userNamespace }, O_WRONLY)).toBe('EPERM');
  });
});

describe('log and queue', () => {
  it('have a size, that of what an open file shows, without ends of events', () => {
    tree.write('status', 'enabled 1');
    tree.write('user', 'USER_LOGIN a');
    const node = tree.node('log');
    const before = tree.text('log');
    expect(typeof node === 'string' || node.attributes(ROOT).size).toBe(before.length);
    const open = tree.opened('log');
    tree.write('user', 'USER_LOGIN b');
    expect(open.handle.size?.()).toBe(before.length);
    expect(open.read()).toBe(before);
    expect(open.read(10, 5)).toBe(before.slice(5, 15));
    expect(tree.text('log')).toHaveLength(2 * before.length);
  });

  it('is open 64 times at most in a container: each keeps what it shows', () => {
    const inside = tree.inside(20, 5n, without(CAP.SYS_ADMIN));
    const files = Array.from({ length: 64 }, () => tree.opened('log', inside, O_RDONLY));
    expect(tree.open('log', inside, O_RDONLY)).toBe('ENFILE');
    expect([tree.open('children/5/log', ROOT, O_RDONLY), tree.open('log', ROOT, O_RDONLY)]).toEqual([
      expect.any(Object),
      expect.any(Object),
    ]);
    files[0]?.close();
    expect(tree.open('log', inside, O_RDONLY)).toBeTypeOf('object');
    expect(tree.open('log', inside, O_RDONLY)).toBe('ENFILE');
    for (let count = 0; count < 65; count++) expect(tree.open('log', ROOT, O_RDONLY)).toBeTypeOf('object');
  });

  it('keep the last records only', () => {
    tree.write('status', 'enabled 1');
    for (let count = 0; count < 100; count++) tree.write('user', `USER_LOGIN ${count} ${'x'.repeat(8000)}`);
    const lines = bodies('log');
    expect(lines.length).toBeLessThan(20);
    expect(lines.at(-1)).toContain("msg='99 x");
  });

  it('count what a daemon that does not read has not taken', () => {
    tree.write('status', 'enabled 1\nbacklog_limit 2\nrate_limit 0');
    const daemon = tree.opened('daemon');
    for (let count = 0; count < 40; count++) tree.write('user', `USER_LOGIN ${count} ${'x'.repeat(8000)}`);
    const { lost } = tree.toys.stack.audit.status;
    expect(lost).toBeGreaterThan(5);
    expect(tree.text('queue')).toBe(`main 0 retry 3 hold 0 lost ${lost} waited 0\n`);
    let seen = '';
    for (let text = daemon.read(); typeof text === 'string'; text = daemon.read()) seen += text;
    expect(tree.text('queue')).toBe(`main 0 retry 0 hold 0 lost ${lost} waited 0\n`);
    // Those of its registration and of a setting, and the messages.
    expect(seen.match(/type=USER_LOGIN/g)).toHaveLength(40 - lost);
    expect(bodies('log').filter((body) => body.startsWith('USER_LOGIN')).length).toBeLessThan(40);
  });
});

it('the queue of a container has an end, whatever its limit', () => {
  const inside = tree.inside(20, 5n);
  tree.write('status', 'enabled 1\nbacklog_limit 0', inside);
  tree.opened('daemon', inside);
  const user = tree.opened('user', inside, O_WRONLY);
  for (let count = 0; count < 8500; count++) user.write(`USER_CMD ${'x'.repeat(1000)}`);
  expect(tree.text('queue', inside)).toMatch(/^main 0 retry 8193 hold 0 lost [1-9]/);
});

describe('daemon', () => {
  beforeEach(() => void tree.write('status', 'enabled 1'));

  it('registers by open and unregisters by close, with the records; a second one is EEXIST', () => {
    const daemon = tree.opened('daemon');
    expect(tree.text('status')).toContain('\npid 10\n');
    expect(tree.open('daemon')).toBe('EEXIST');
    daemon.close();
    expect(tree.text('status')).toContain('\npid 0\n');
    const again = tree.opened('daemon');
    expect(bodies('log').map((body) => body.replace(/ auid.*(?= res)/, ''))).toEqual([
      'CONFIG_CHANGE op=set audit_pid=10 old=0 res=1',
      'CONFIG_CHANGE op=set audit_pid=10 old=10 res=0',
      'CONFIG_CHANGE op=set audit_pid=0 old=10 res=1',
      'CONFIG_CHANGE op=set audit_pid=10 old=0 res=1',
    ]);
    daemon.close();
    expect(tree.text('status')).toContain('\npid 10\n');
    again.close();
  });

  it('waits for records, and gives whole lines', () => {
    const daemon = tree.opened('daemon');
    expect(daemon.read()).toMatch(/^type=CONFIG_CHANGE .*audit_pid=10.*\n$/);
    let woken = 0;
    expect(daemon.handle.poll?.(() => woken++, ROOT)).toBe(0);
    const waiting = waitFor(daemon);
    tree.write('user', 'USER_LOGIN a');
    expect(waiting.text).toMatch(/^type=USER_LOGIN .*msg='a'\n$/);
    expect(woken).toBe(1);
    tree.write('user', 'USER_LOGIN b');
    tree.write('user', 'USER_LOGIN c');
    expect(daemon.handle.poll?.(() => undefined, ROOT)).toBe(POLLIN);
    const line = waiting.text.length;
    expect(daemon.read(line + 5)).toMatch(/^type=USER_LOGIN .*msg='b'\n$/);
    const [head, tail] = [daemon.read(10), daemon.read()];
    expect(`${head}${tail}`).toMatch(/^type=USER_LOGIN .*msg='c'\n$/);
  });

  it('of a read that was interrupted takes nothing', () => {
    const daemon = tree.opened('daemon');
    daemon.read();
    const pending = daemon.read();
    if (!(pending instanceof Pending)) throw new Error('it does not wait');
    pending.start(() => expect.unreachable()).cancel();
    tree.write('user', 'USER_LOGIN a');
    expect(daemon.read()).toContain("msg='a'");
  });

  it('that is closed when its container has ended leaves nothing', () => {
    const inside = tree.inside(20, 5n);
    const daemon = tree.opened('daemon', inside);
    expect(tree.text('children/5/status')).toContain('\npid 20\n');
    expect(tree.open('children/5/daemon')).toBe('EEXIST');
    tree.ends(inside);
    const before = tree.text('log');
    daemon.close();
    expect(tree.text('log')).toBe(before);
  });
});

describe('events', () => {
  beforeEach(() => void tree.write('status', 'enabled 1'));

  it('are the same for each reader from its open on', () => {
    const first = tree.opened('events');
    expect(first.read()).toBeInstanceOf(Pending);
    tree.write('user', 'USER_LOGIN a');
    const second = tree.opened('events');
    const waiting = waitFor(second);
    tree.write('user', 'USER_LOGIN b');
    expect(waiting.text).toMatch(/^type=USER_LOGIN .*msg='b'\n$/);
    const lines = String(first.read()).trimEnd().split('\n');
    expect(lines.map((line) => line.split(' ')[0])).toEqual([
      'type=USER_LOGIN',
      'type=EVENT_LISTENER',
      'type=USER_LOGIN',
    ]);
    expect(`${lines.at(-1)}\n`).toBe(waiting.text);
    second.close();
    expect(bodies('log').at(-1)).toMatch(/ nl-mcgrp=1 op=disconnect res=1$/);
  });

  it('that come too fast are lost, and counted where they were', () => {
    const slow = tree.opened('events');
    tree.write('user', 'USER_LOGIN first');
    expect(slow.handle.poll?.(() => undefined, ROOT)).toBe(POLLIN);
    for (let count = 0; count < 100; count++) tree.write('user', `USER_LOGIN ${count} ${'x'.repeat(8000)}`);
    const [, lost] = /^.*msg='first'\nlost=(\d+)\n$/.exec(String(slow.read(200))) ?? [];
    const next = String(slow.read(8200)).slice(0, 200);
    expect(next).toContain(`msg='${lost} x`);
    expect(tree.text('status')).toContain('\nlost 0\n');
  });

  it('are for who has CAP_AUDIT_READ; a refusal is recorded', () => {
    expect(tree.open('events', without(CAP.AUDIT_READ))).toBe('EPERM');
    expect(bodies('log').at(-1)).toMatch(/ nl-mcgrp=1 op=connect res=0$/);
    expect(tree.open('events', without(CAP.AUDIT_CONTROL))).toBeTypeOf('object');
  });
});

describe('instances', () => {
  it('are made before a process is in them, and end when they are destroyed', () => {
    expect(tree.write('instances', 'create 5\ncreate 6\n')).toBe('ok');
    expect(tree.text('instances')).toBe('5\n6\n');
    expect(tree.write('instances', 'create 5\n')).toBe('EEXIST');
    expect(tree.write('children/5/status', 'enabled 1\n')).toBe('ok');
    const reader = tree.opened('children/5/events');
    expect(tree.write('instances', 'destroy 5')).toBe('EBUSY');
    reader.close();
    const daemon = tree.opened('children/5/daemon');
    expect(tree.write('instances', 'destroy 5')).toBe('EBUSY');
    daemon.close();
    const inside = tree.inside(20, 5n);
    expect(tree.text('status', inside)).toMatch(/^enabled 1\n/);
    expect(tree.write('instances', 'destroy 5')).toBe('EBUSY');
    tree.ends(inside);
    expect(tree.text('instances')).toBe('5\n6\n');
    expect(tree.write('instances', 'destroy 5\ndestroy 7')).toBe('ENOENT');
    expect(tree.text('instances')).toBe('6\n');
    tree.ends(ROOT);
    expect(tree.text('instances', callerOf(1))).toBe('');
  });

  it('that are kept begin anew with the next process, whose user namespace counts', () => {
    tree.write('status', 'enabled 1');
    tree.write('instances', 'create 5');
    tree.ends(tree.inside(20, 5n));
    const drops = (): number => bodies('log').filter((body) => body.includes('op=drop')).length;
    expect([drops(), tree.text('instances')]).toEqual([1, '5\n']);
    tree.inside(21, 5n);
    expect(tree.toys.stack.audit.containers.find(5n)?.first?.tid).toBe(21);
    tree.ends(callerOf(21));
    expect([tree.write('instances', 'destroy 5'), drops()]).toEqual(['ok', 2]);
  });

  it.each([
    'create',
    'create x',
    'create -1',
    'create 18446744073709551615',
    'create 18446744073709551616',
    'make 5',
    'destroy',
  ])('refuse %s', (line) => expect(tree.write('instances', line)).toBe('EINVAL'));

  it('are not made without end, nor while the settings of the host are locked', () => {
    for (let id = 0; id < 256; id++) expect(tree.write('instances', `create ${id}`)).toBe('ok');
    expect(tree.write('instances', 'create 256')).toBe('ENOSPC');
    expect(tree.write('instances', 'destroy 3\ncreate 256')).toBe('ok');
    tree.write('status', 'enabled 2');
    expect(tree.write('instances', 'destroy 4\ncreate 4')).toBe('EPERM');
  });

  it('are made by who may give container ids, and nowhere else than inside of his own', () => {
    const inside = tree.inside(20, 5n, { userNamespace });
    expect(tree.open('instances', inside)).toBe('EPERM');
    expect(tree.write('children/5/instances', 'create 6')).toBe('EPERM');
    const { audit, tasks } = tree.toys.stack;
    const task = tasks.find(inside.tid);
    const boss = tree.toys.stack.taskOf(ROOT);
    if (task === undefined) throw new Error('no task');
    const ids = {
      pid: ROOT.tgid,
      ppid: 1,
      uids: [0],
      gids: [0],
      tty: '',
      comm: '',
      title: '',
      loginuid: 0,
      sessionid: 0,
    };
    const writer = { task: boss, subject: ids, control: true, initialUserNamespace: true };
    expect(audit.containers.setCapability(task, true, writer)).toBeUndefined();
    expect(tree.write('instances', 'create 6', inside)).toBe('ok');
    expect(tree.text('instances', inside)).toBe('6\n');
    expect(tree.text('instances')).toBe('5\n');
    expect(tree.text('children/5/instances')).toBe('6\n');
    expect(tree.text('contids', inside)).toBe('5 - 10 2\n6 5 20 1\n');
    expect(tree.write('children/5/instances', 'destroy 6')).toBe('ok');
    expect(tree.write('instances', 'destroy 5')).toBe('EBUSY');
  });
});
