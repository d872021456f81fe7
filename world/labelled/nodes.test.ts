import { describe, expect, it } from 'vitest';
import { nodeId } from '../../fuse/protocol/ids.ts';
import { STRUCT_STATX_SIZE, STX } from '../../linux/stat.ts';
import { BackedNodes, type FoundFile, pathOfNode } from './nodes.ts';

function file(fd: number, ino: number, born = 0): FoundFile {
  const statx = new DataView(new ArrayBuffer(STRUCT_STATX_SIZE));
  statx.setBigUint64(STX.INO, BigInt(ino), true);
  statx.setBigInt64(STX.BTIME, BigInt(born), true);
  return { fd, statx, handle: new Uint8Array() };
}

/** `closed` gets the descriptors that are closed. */
function nodesWith(most: number): { nodes: BackedNodes; closed: number[] } {
  const closed: number[] = [];
  return { nodes: new BackedNodes(file(3, 2), most, (fd) => closed.push(fd)), closed };
}

describe('nodes that nobody uses', () => {
  it('are closed when they are too many, the longest unused first', () => {
    const { nodes, closed } = nodesWith(2);
    const [a, b] = [nodes.found(file(10, 100), nodes.root, 'a'), nodes.found(file(11, 101), nodes.root, 'b')];
    expect(nodes.found(file(12, 100), nodes.root, 'a')).toBe(a);
    nodes.found(file(13, 102), nodes.root, 'c');
    expect(closed).toEqual([12, 11]);
    expect([a.fd, b.fd]).toEqual([10, -1]);
  });

  it('are not closed while requests are about them or they are open, nor is the root', () => {
    const { nodes, closed } = nodesWith(0);
    const [root] = [nodes.root];
    nodes.use(root);
    nodes.unused(root);
    const node = nodes.found(file(10, 100), root, 'a');
    expect(closed.splice(0)).toEqual([10]);
    nodes.use(node);
    nodes.use(node);
    expect(nodes.reopened(node, file(11, 100))).toBe(true);
    nodes.opened(node);
    nodes.unused(node);
    nodes.unused(node);
    expect(closed).toEqual([]);
    nodes.closed(node);
    expect(closed).toEqual([11]);
  });

  it('are opened again by their inode alone', () => {
    const { nodes, closed } = nodesWith(1);
    const node = nodes.found(file(10, 100, 1), nodes.root, 'a');
    nodes.found(file(11, 101), nodes.root, 'b');
    expect(nodes.reopened(node, file(12, 100, 2))).toBe(false);
    expect(nodes.reopened(node, file(13, 102, 1))).toBe(false);
    const other = nodes.found(file(14, 100, 2), nodes.root, 'a');
    expect(other).not.toBe(node);
    expect(nodes.reopened(node, file(15, 100, 1))).toBe(true);
    expect(closed).toEqual([10, 12, 13, 11, 14]);
  });

  it('are gone when the kernel has forgotten them, after the request about them', () => {
    const { nodes, closed } = nodesWith(5);
    const node = nodes.found(file(10, 100), nodes.root, 'a');
    nodes.use(node);
    nodes.forget(node.id, 1);
    expect(nodes.find(node.id)).toBeUndefined();
    expect(closed).toEqual([]);
    nodes.unused(node);
    expect(closed).toEqual([10]);
    nodes.forget(nodeId(1), 1);
    expect(nodes.find(nodeId(1))).toBe(nodes.root);
  });
});

describe('the place of a node', () => {
  it('has an end where others have moved a directory into what was in it', () => {
    const { nodes } = nodesWith(5);
    const outer = nodes.found(file(10, 100), nodes.root, 'outer');
    const inner = nodes.found(file(11, 101), outer, 'inner');
    expect(pathOfNode(inner)).toBe('outer/inner');
    nodes.found(file(12, 100), inner, 'outer');
    expect(pathOfNode(inner)).toBe('outer/inner');
    nodes.found(file(13, 101), nodes.root, 'inner');
    nodes.found(file(14, 100), inner, 'outer');
    expect(pathOfNode(outer)).toBe('inner/outer');
  });
});
