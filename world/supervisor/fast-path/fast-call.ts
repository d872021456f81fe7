/**
 * The calls that the fast path knows, and what of their arguments decides. Others, and other arguments, are the handlers' business.
 *
 * Model: calls whose checks depend on the caller, the directory, the file and the three words of {@link FastCall.key} alone, as the
 * handlers tell (access/foreseen.ts, areGranted() of access/calls.ts).
 */
import {
  AT_EACCESS,
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_REMOVEDIR,
  AT_SYMLINK_NOFOLLOW,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOATIME,
  O_NOFOLLOW,
  O_PATH,
  O_TMPFILE,
  O_TRUNC,
  O_WRONLY,
} from '../../../linux/fcntl.ts';
import { RENAME_NOREPLACE, UTIME_NOW, UTIME_OMIT } from '../../../linux/fs.ts';
import { IOCTL_OF_FILE } from '../../../linux/ioctl.ts';
import { LSM_MMAP_MIN_ADDR, MAP_ANONYMOUS, MAP_FIXED, MAP_FIXED_NOREPLACE } from '../../../linux/mman.ts';
import { S_IFDIR, S_IFREG } from '../../../linux/stat.ts';
import { ABSENT, type SyscallName, syscallNumbers } from '../../../linux/syscall-numbers.ts';
import { flagsOfMapping, flagsOfOpen } from '../access/deciding-flags.ts';
import type { Notification } from '../notification.ts';
import { type Scratch, STAT } from './scratch.ts';

/** S_IALLUGO */
const PERMISSIONS = 0o7777;
/** Argument numbers. */
const NONE = -1;

type Arguments = Pick<Notification, 'high' | 'int' | 'isNull' | 'low' | 'tid'>;
/** @returns `false` = the handlers have to look. */
type Reader = (asked: FastCall, call: Arguments) => boolean;

export class FastCall {
  readonly #readers: (Reader | undefined)[] = [];
  readonly #scratch: Scratch;
  /** Tells the call with what counts of its arguments. */
  readonly key = new Int32Array(3);
  /** Number of the argument with the path; {@link NONE} = it is about {@link descriptor}. */
  path = NONE;
  descriptor = 0;
  /** The same of a second path; {@link NONE} = there is none. */
  other = NONE;
  otherDescriptor = 0;
  follows = true;
  /** S_IFREG or S_IFDIR; 0 = it makes nothing. */
  makes = 0;
  /** It fails if the file exists. */
  isExclusive = false;
  /** Paths may lead elsewhere, or be passed otherwise, if the file is a directory or a link. */
  changesWays = false;
  /** It removes a directory. */
  removesDirectory = false;
  /** Permissions that the file gets, with its set-id and sticky bits; {@link NONE} = others are set, or none. */
  mode = NONE;
  /** A file that is missing is no error of its own. */
  needsFile = false;
  /** A second descriptor, which is written to, while {@link descriptor} is read; {@link NONE} = there is none. */
  written = NONE;
  /** Who opened the descriptor counts. */
  ofOwnFiles = false;
  byRealIds = false;
  /** Only who owns the file may do it without being asked about more. */
  byOwner = false;
  /** Other paths start elsewhere afterwards. */
  changesStart = false;
  /** It is about a program to run. */
  runsProgram = false;
  /** It is about the filesystem, of which nothing is told that the daemon serves. */
  ofFilesystem = false;
  /** Numbers of the arguments with the name of an attribute, and with the value that it gets. */
  attributeName = NONE;
  attributeValue = NONE;
  /** It is about the names of all attributes. */
  listsAttributes = false;

  /** Does this command of ioctl(2) ask for more than the permission to give it? */
  readonly asksMore: (command: number) => boolean;

  constructor(scratch: Scratch, asksMore: FastCall['asksMore'], arch: string = process.arch) {
    this.#scratch = scratch;
    this.asksMore = asksMore;
    const numbers = syscallNumbers(arch);
    for (const [name, reader] of Object.entries(READERS) as [SyscallName, Reader][])
      if (numbers[name] !== ABSENT) this.#readers[numbers[name]] = reader;
  }

  /** It does with `..` what it does with any other directory. */
  get takesParent(): boolean {
    return this.makes === 0 && !this.changesWays && this.other < 0 && !this.runsProgram;
  }

  get isOnAttributes(): boolean {
    return this.listsAttributes || this.attributeName >= 0;
  }

  knows(number: number): boolean {
    return this.#readers[number] !== undefined;
  }

  /** @returns `false` = the handlers have to look at it. */
  read(number: number, call: Arguments): boolean {
    const reader = this.#readers[number];
    if (reader === undefined) return false;
    this.key[0] = number;
    this.key[1] = 0;
    this.key[2] = 0;
    this.path = NONE;
    this.other = NONE;
    this.descriptor = AT_FDCWD;
    this.follows = true;
    this.makes = 0;
    this.isExclusive = false;
    this.changesWays = false;
    this.removesDirectory = false;
    this.mode = NONE;
    this.written = NONE;
    this.needsFile = false;
    this.ofOwnFiles = false;
    this.byRealIds = false;
    this.byOwner = false;
    this.ofFilesystem = false;
    this.changesStart = false;
    this.runsProgram = false;
    this.attributeName = NONE;
    this.attributeValue = NONE;
    this.listsAttributes = false;
    return reader(this, call);
  }

  /** Has the file these permissions already? */
  leavesMode(stat: Int32Array): boolean {
    return this.mode !== NONE && ((stat[STAT.MODE] as number) & PERMISSIONS) === this.mode;
  }

  /** @param times number of the argument. @returns which times are set: 0 = to now, 1 = to others, -1 = none, or not known. */
  times(call: Arguments, times: number): number {
    if (call.isNull(times)) return 0;
    const scratch = this.#scratch;
    if (!scratch.readTimes(call.tid, call.low(times), call.high(times))) return -1;
    const [accessed, modified] = [scratch.times[2], scratch.times[6]];
    if (accessed === UTIME_OMIT && modified === UTIME_OMIT) return -1;
    return accessed === UTIME_NOW && modified === UTIME_NOW ? 0 : 1;
  }
}

function opens(asked: FastCall, flags: number): boolean {
  if ((flags & O_TMPFILE) === O_TMPFILE || (flags & O_NOATIME) !== 0) return false;
  const creates = (flags & O_CREAT) !== 0;
  if (creates && (flags & (O_DIRECTORY | O_PATH)) !== 0) return false;
  asked.key[1] = flagsOfOpen(flags);
  asked.makes = creates ? S_IFREG : 0;
  asked.isExclusive = creates && (flags & O_EXCL) !== 0;
  asked.follows = (flags & O_NOFOLLOW) === 0 && !asked.isExclusive;
  return true;
}

function at(asked: FastCall, call: Arguments, path: number): boolean {
  asked.path = path;
  asked.descriptor = path === 0 ? AT_FDCWD : call.int(path - 1);
  return true;
}

/** Gives a file another name. Its kind and that of its directory are filled into the key. */
function moves(asked: FastCall, call: Arguments, path: number, other: number, flags: number): boolean {
  if ((flags & ~RENAME_NOREPLACE) !== 0) return false;
  asked.follows = false;
  asked.other = other;
  asked.otherDescriptor = path === 0 ? AT_FDCWD : call.int(other - 1);
  return changes(asked) && at(asked, call, path);
}

function accesses(asked: FastCall, call: Arguments, path: number, flags: number): boolean {
  if ((flags & AT_EMPTY_PATH) !== 0) return false;
  asked.key[1] = call.low(path + 1) & 7;
  asked.follows = (flags & AT_SYMLINK_NOFOLLOW) === 0;
  asked.byRealIds = (flags & AT_EACCESS) === 0;
  return at(asked, call, path);
}

/** Changes the way to what is below a directory. */
function changes(asked: FastCall): boolean {
  asked.changesWays = true;
  asked.needsFile = true;
  return true;
}

function permits(asked: FastCall, call: Arguments, mode: number): boolean {
  asked.mode = call.low(mode) & PERMISSIONS;
  return changes(asked);
}

function owns(asked: FastCall, call: Arguments, user: number): boolean {
  asked.key[1] = call.int(user);
  asked.key[2] = call.int(user + 1);
  return changes(asked);
}

function removes(asked: FastCall, call: Arguments, path: number): boolean {
  asked.follows = false;
  return changes(asked) && at(asked, call, path);
}

function makesDirectory(asked: FastCall, call: Arguments, path: number): boolean {
  asked.follows = false;
  asked.makes = S_IFDIR;
  asked.isExclusive = true;
  return at(asked, call, path);
}

function namesAttribute(asked: FastCall, call: Arguments, follows: boolean): boolean {
  asked.follows = follows;
  asked.attributeName = 1;
  asked.needsFile = true;
  return at(asked, call, 0);
}

function setsAttribute(asked: FastCall, call: Arguments, follows: boolean): boolean {
  asked.attributeValue = 2;
  return call.low(4) === 0 && namesAttribute(asked, call, follows);
}

function listsAttributes(asked: FastCall, call: Arguments, follows: boolean): boolean {
  asked.follows = follows;
  asked.listsAttributes = true;
  asked.needsFile = true;
  return at(asked, call, 0);
}

const READERS: Partial<Record<SyscallName, Reader>> = {
  open: (asked, call) => opens(asked, call.low(1)) && at(asked, call, 0),
  openat: (asked, call) => opens(asked, call.low(2)) && at(asked, call, 1),
  creat: (asked, call) => opens(asked, O_CREAT | O_WRONLY | O_TRUNC) && at(asked, call, 0),
  access: (asked, call) => accesses(asked, call, 0, 0),
  faccessat: (asked, call) => accesses(asked, call, 1, 0),
  faccessat2: (asked, call) => accesses(asked, call, 1, call.low(3)),
  chdir: (asked, call) => {
    asked.changesStart = true;
    return at(asked, call, 0);
  },
  chmod: (asked, call) => permits(asked, call, 1) && at(asked, call, 0),
  fchmodat: (asked, call) => permits(asked, call, 2) && at(asked, call, 1),
  fchmod: (asked, call) => {
    asked.descriptor = call.int(0);
    return permits(asked, call, 1);
  },
  chown: (asked, call) => owns(asked, call, 1) && at(asked, call, 0),
  lchown: (asked, call) => {
    asked.follows = false;
    return owns(asked, call, 1) && at(asked, call, 0);
  },
  fchown: (asked, call) => {
    asked.descriptor = call.int(0);
    return owns(asked, call, 1);
  },
  fchownat: (asked, call) => {
    const flags = call.low(4);
    asked.follows = (flags & AT_SYMLINK_NOFOLLOW) === 0;
    return (flags & AT_EMPTY_PATH) === 0 && owns(asked, call, 2) && at(asked, call, 1);
  },
  utimensat: (asked, call) => {
    const [isBehind, flags] = [call.isNull(1), call.low(3)];
    asked.key[1] = asked.times(call, 2);
    if (asked.key[1] < 0 || (flags & AT_EMPTY_PATH) !== 0) return false;
    asked.byOwner = isBehind && asked.key[1] === 0;
    asked.needsFile = true;
    asked.follows = (flags & AT_SYMLINK_NOFOLLOW) === 0;
    asked.descriptor = call.int(0);
    return isBehind || at(asked, call, 1);
  },
  statfs: (asked, call) => {
    asked.ofFilesystem = true;
    return at(asked, call, 0);
  },
  fstatfs: (asked, call) => {
    asked.ofFilesystem = true;
    asked.descriptor = call.int(0);
    return true;
  },
  mkdir: (asked, call) => makesDirectory(asked, call, 0),
  mkdirat: (asked, call) => makesDirectory(asked, call, 1),
  unlink: (asked, call) => removes(asked, call, 0),
  unlinkat: (asked, call) => {
    asked.removesDirectory = (call.low(2) & AT_REMOVEDIR) !== 0;
    asked.key[1] = call.low(2);
    return removes(asked, call, 1);
  },
  rmdir: (asked, call) => {
    asked.removesDirectory = true;
    return removes(asked, call, 0);
  },
  rename: (asked, call) => moves(asked, call, 0, 1, 0),
  renameat: (asked, call) => moves(asked, call, 1, 3, 0),
  renameat2: (asked, call) => moves(asked, call, 1, 3, call.low(4)),
  getxattr: (asked, call) => namesAttribute(asked, call, true),
  lgetxattr: (asked, call) => namesAttribute(asked, call, false),
  setxattr: (asked, call) => setsAttribute(asked, call, true),
  lsetxattr: (asked, call) => setsAttribute(asked, call, false),
  listxattr: (asked, call) => listsAttributes(asked, call, true),
  llistxattr: (asked, call) => listsAttributes(asked, call, false),
  execve: (asked, call) => {
    asked.runsProgram = true;
    return at(asked, call, 0);
  },
  sendfile: (asked, call) => {
    asked.written = call.int(0);
    asked.descriptor = call.int(1);
    return asked.written >= 0;
  },
  mmap: (asked, call) => {
    const flags = call.low(3);
    const isLow = call.high(0) === 0 && call.low(0) < LSM_MMAP_MIN_ADDR;
    if ((flags & MAP_ANONYMOUS) !== 0 || (isLow && (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) !== 0)) return false;
    asked.key[1] = call.low(2);
    asked.key[2] = flagsOfMapping(flags);
    asked.descriptor = call.int(4);
    asked.ofOwnFiles = true;
    return true;
  },
  ioctl: (asked, call) => {
    const command = call.low(1);
    if (asked.asksMore(command) || IOCTL_OF_FILE.FREE.has(command)) return false;
    asked.key[1] = command;
    asked.descriptor = call.int(0);
    asked.ofOwnFiles = true;
    return true;
  },
};
