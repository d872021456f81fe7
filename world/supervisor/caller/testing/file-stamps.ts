import type { FileStamp } from '../file-stamp.ts';

/** Of an ordinary file. */
export const fileStamp = (more: Partial<FileStamp> = {}): FileStamp => ({
  at: 1000,
  device: '8:1',
  mount: 7n,
  isMountUnique: true,
  isMountRoot: false,
  ino: 12n,
  mode: 0o100644,
  uid: 0,
  gid: 0,
  seconds: 1n,
  nanoseconds: 0,
  born: 5,
  ...more,
});
