import { beforeEach, describe, expect, it } from 'vitest';
import { callerOf } from '../../testing/toy.ts';
import { AuditTree, ROOT, USER_NAMESPACE } from './testing.ts';

let tree: AuditTree;

beforeEach(() => {
  tree = new AuditTree();
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
    const drops = (): number => tree.bodies('log').filter((body) => body.includes('op=drop')).length;
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
    const inside = tree.inside(20, 5n, { userNamespace: USER_NAMESPACE });
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
