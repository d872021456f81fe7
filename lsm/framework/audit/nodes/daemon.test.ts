import { beforeEach, describe, expect, it } from 'vitest';
import { POLLIN } from '../../../../linux/poll.ts';
import { Pending } from '../../../../vfs/tree/node.ts';
import { AuditTree, ROOT } from './testing.ts';

let tree: AuditTree;

beforeEach(() => {
  tree = AuditTree.enabled();
});

describe('daemon', () => {
  it('registers by open and unregisters by close, with the records; a second one is EEXIST', () => {
    const daemon = tree.opened('daemon');
    expect(tree.text('status')).toContain('\npid 10\n');
    expect(tree.open('daemon')).toBe('EEXIST');
    daemon.close();
    expect(tree.text('status')).toContain('\npid 0\n');
    const again = tree.opened('daemon');
    expect(tree.bodies('log').map((body) => body.replace(/ auid.*(?= res)/, ''))).toEqual([
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
    const waiting = daemon.waitFor();
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
