import { expect, test } from 'vitest';
import { tidOf } from '../../linux/ids.ts';
import { StaticDirectory } from '../../vfs/pseudo/index.ts';
import { NodeTable } from '../server/nodes.ts';
import { OpenFiles } from '../server/open-files.ts';
import { fileHandle, ROOT_ID } from './ids.ts';

const nodes = new NodeTable(new StaticDirectory({ ino: 1, mode: 0o755, entries: [] }));

test('a node id and a file handle are numbers that the compiler keeps apart', () => {
  const files = new OpenFiles();
  const handle = files.addDirectory();
  expect(handle + 0).toBe(1);
  expect(nodes.node(ROOT_ID)).toBeDefined();
  // @ts-expect-error a file handle is no node id, though here it is the same number
  expect(nodes.node(handle)).toBeDefined();
  // @ts-expect-error nor the other way round
  expect(files.directory(ROOT_ID)).toBeDefined();
  // @ts-expect-error a plain number is neither
  expect(files.directory(1)).toBeDefined();
  // @ts-expect-error a thread is neither
  expect(nodes.node(tidOf(1))).toBeDefined();
  expect(files.directory(fileHandle(1))).toBeDefined();
});
