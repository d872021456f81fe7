import { beforeEach, describe, expect, it } from 'vitest';
import { E } from '../../../../linux/errno.ts';
import { O_RDONLY } from '../../../../linux/fcntl.ts';
import * as operations from '../../../../vfs/tree/operations.ts';
import { callerOf } from '../../testing/toy.ts';
import { AuditTree, ROOT } from './testing.ts';

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

let tree: AuditTree;

beforeEach(() => {
  tree = new AuditTree();
});

function modeOf(path: string): string {
  const node = tree.node(path);
  return typeof node === 'string' ? node : (node.attributes(ROOT).mode & 0o777).toString(8);
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
