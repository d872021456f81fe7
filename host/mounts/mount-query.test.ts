import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { AT_EMPTY_PATH, AT_FDCWD, O_PATH } from '../../linux/fcntl.ts';
import { STATX_MNT_ID_UNIQUE, STRUCT_STATX_SIZE, STX } from '../../linux/stat.ts';
import { NR } from '../libc.ts';
import { allocateNative, putString } from '../memory/native-memory.ts';
import { parseMountInfo } from '../procfs/mount-info.ts';
import { rawSyscall } from '../raw-syscall.ts';
import { MountQuery } from './mount-query.ts';

/** The numbers of the mount that a path leads to: in mountinfo, and the one that is given once. `undefined` = it leads nowhere. */
function mountAt(path: string): { readonly id: number; readonly unique: bigint } | undefined {
  const memory = allocateNative(STRUCT_STATX_SIZE + 1);
  const name = allocateNative(path.length + 1);
  const fd = rawSyscall(NR.openat, AT_FDCWD, putString(name, 0, path), O_PATH, 0);
  if (fd < 0) return undefined;
  const id = Number(/^mnt_id:\t(\d+)$/m.exec(readFileSync(`/proc/thread-self/fdinfo/${fd}`, 'latin1'))?.[1]);
  const empty = putString(memory, STRUCT_STATX_SIZE, '');
  rawSyscall(NR.statx, fd, empty, AT_EMPTY_PATH, STATX_MNT_ID_UNIQUE, memory.address);
  rawSyscall(NR.close, fd);
  return { id, unique: memory.view.getBigUint64(STX.MNT_ID, true) };
}

it('a mount on which there is no other one is bare', () => {
  const query = new MountQuery();
  const mounts = parseMountInfo(readFileSync('/proc/thread-self/mountinfo', 'latin1'));
  const leaves = mounts.filter(({ id }) => !mounts.some(({ parent }) => parent === id));
  // Others may be below what is mounted over them.
  const leaf = leaves
    .map(({ id, mountPoint }) => ({ ...mountAt(mountPoint), listed: id }))
    .find(({ id, listed }) => id === listed);
  expect(query.isBare(leaf?.unique ?? 0n, 'thread-self')).toBe(true);
  expect(query.isBare(mountAt('/')?.unique ?? 0n, 'thread-self')).toBe(false);
  expect(query.isBare(1n, 'thread-self')).toBe(false);
});
