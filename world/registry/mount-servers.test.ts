import { expect, test } from 'vitest';
import { treeServer, treeSource } from './mount-servers.ts';
import { isAlive } from './process-id.ts';

test('the device name leads back to the process that serves', () => {
  const server = treeServer(treeSource());
  expect(server?.pid).toBe(process.pid);
  expect(server !== undefined && isAlive(server)).toBe(true);
});

test('the same pid with another start time is another process', () => {
  const server = treeServer(`lsmfs-mount:${process.pid}.1`);
  expect(server !== undefined && isAlive(server)).toBe(false);
});

test.each(['tmpfs', 'lsmfs:name', 'lsmfs-mount:', 'lsmfs-mount:1', 'lsmfs-mount:1.2x', 'xlsmfs-mount:1.2'])(
  '%s is no tree of ours',
  (source) => {
    expect(treeServer(source)).toBeUndefined();
  },
);
