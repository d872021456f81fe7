import { beforeEach, describe, expect, it } from 'vitest';
import { CAP } from '../../../../linux/capability.ts';
import { POLLIN } from '../../../../linux/poll.ts';
import { Pending } from '../../../../vfs/tree/node.ts';
import { AuditTree, ROOT, without } from './testing.ts';

let tree: AuditTree;

beforeEach(() => {
  tree = AuditTree.enabled();
});

describe('events', () => {
  it('are the same for each reader from its open on', () => {
    const first = tree.opened('events');
    expect(first.read()).toBeInstanceOf(Pending);
    tree.write('user', 'USER_LOGIN a');
    const second = tree.opened('events');
    const waiting = second.waitFor();
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
    expect(tree.bodies('log').at(-1)).toMatch(/ nl-mcgrp=1 op=disconnect res=1$/);
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
    expect(tree.bodies('log').at(-1)).toMatch(/ nl-mcgrp=1 op=connect res=0$/);
    expect(tree.open('events', without(CAP.AUDIT_CONTROL))).toBeTypeOf('object');
  });
});
