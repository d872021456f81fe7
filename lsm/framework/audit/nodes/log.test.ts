import { beforeEach, describe, expect, it } from 'vitest';
import { CAP } from '../../../../linux/capability.ts';
import { O_RDONLY, O_WRONLY } from '../../../../linux/fcntl.ts';
import { AuditTree, ROOT, without } from './testing.ts';

let tree: AuditTree;

beforeEach(() => {
  tree = new AuditTree();
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
    const lines = tree.bodies('log');
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
    expect(tree.bodies('log').filter((body) => body.startsWith('USER_LOGIN')).length).toBeLessThan(40);
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
