/** Names of what can be asked for, with the bits that stand for them in policy (features/, perms.h, net.h). */
import { ADDRESS_FAMILIES, CAPABILITIES, SIGNALS } from '../policy/features.ts';
import { MAY } from '../policy/index.ts';

export type Bits = Readonly<Record<string, number>>;

/** Letters of file rules. */
export const FILE_LETTERS: Bits = {
  r: MAY.READ,
  w: MAY.WRITE,
  a: MAY.APPEND,
  x: MAY.EXEC,
  m: MAY.MMAP_EXEC,
  k: MAY.LOCK,
  l: MAY.LINK,
};

/** What the kernel asks for that has no letter of its own. */
export const FILE_WORDS: Bits = {
  open: MAY.OPEN,
  create: MAY.CREATE,
  delete: MAY.DELETE,
  rename: MAY.RENAME,
  getattr: MAY.GETATTR,
  setattr: MAY.SETATTR,
  chmod: MAY.CHMOD,
  chown: MAY.CHOWN,
};

export const NETWORK: Bits = {
  create: 0x10,
  bind: 0x200000,
  listen: 0x400000,
  accept: 0x100000,
  connect: 0x40,
  send: 0x2,
  receive: 0x4,
  shutdown: 0x20,
  getattr: 0x200,
  setattr: 0x100,
  getopt: 0x2000000,
  setopt: 0x1000000,
};

export const SIGNAL: Bits = { send: 0x2, receive: 0x4 };
export const PTRACE: Bits = { trace: 0x2, read: 0x4, tracedby: 0x8, readby: 0x10 };
export const PIVOT_ROOT = 0x1;
export const MOUNT = 0x2;
export const UMOUNT = 0x4;
export const USERNS_CREATE = 0x8;

export const capabilityNames: readonly string[] = CAPABILITIES.split(' ');
export const familyNames: readonly string[] = ADDRESS_FAMILIES.split(' ');

export const SOCKET_TYPES: Bits = { stream: 1, dgram: 2, raw: 3, rdm: 4, seqpacket: 5, dccp: 6, packet: 10 };

const signals = SIGNALS.split(' ');
const SIGNAL_EXISTS = 35;
const REAL_TIME = 128;

/** The number that stands for a signal in rules; `undefined` for a name that is none. */
export function signalNumber(name: string): number | undefined {
  const signal = name.toLowerCase().replace(/^sig/, '');
  if (signal === 'exists') return SIGNAL_EXISTS;
  const realTime = /^rtmin\+(\d{1,2})$/.exec(signal)?.[1];
  if (realTime !== undefined) return REAL_TIME + Number(realTime);
  const at = signals.indexOf(signal);
  return at < 0 ? undefined : at + 1;
}

export const signalNames: readonly string[] = [...signals, 'exists'];

/** Flags of mount(2), by the names of their options. `rw` is none. */
export const MOUNT_FLAGS: Bits = {
  rw: 0,
  ro: 0x1,
  nosuid: 0x2,
  nodev: 0x4,
  noexec: 0x8,
  sync: 0x10,
  remount: 0x20,
  mand: 0x40,
  dirsync: 0x80,
  nosymfollow: 0x100,
  noatime: 0x400,
  nodiratime: 0x800,
  bind: 0x1000,
  move: 0x2000,
  rbind: 0x5000,
  rec: 0x4000,
  silent: 0x8000,
  acl: 0x10000,
  unbindable: 0x20000,
  runbindable: 0x24000,
  private: 0x40000,
  rprivate: 0x44000,
  slave: 0x80000,
  rslave: 0x84000,
  shared: 0x100000,
  rshared: 0x104000,
  relatime: 0x200000,
  iversion: 0x800000,
  strictatime: 0x1000000,
};

/** MS_BIND, MS_MOVE */
export const MOVES_TREE = 0x3000;
/** MS_REMOUNT and the kinds of propagation */
export const CHANGES_MOUNT = 0x1e0020;
