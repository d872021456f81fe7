/** What calls ask that few programs make: perf_event_open(2), seccomp(2), prctl(2), alarm clocks, modules, mbind(2), the newest calls. */
import { expect, it } from 'vitest';
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { callerFd, tidOf } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { WorkerContext } from '../context.ts';
import { CALLS } from './index.ts';

const ALL = (1n << 41n) - 1n;
const [PERFMON, SYS_ADMIN] = [1n << 38n, 1n << 21n];
const FILE = { path: '/f', inode: { class: 'file', uid: 5, filesystem: { type: 'ext4' } } };

interface Caller {
  readonly held?: bigint;
  readonly noNewPrivs?: boolean;
  readonly paranoid?: number;
  readonly families?: readonly string[];
  readonly objectClass?: string;
  /** Flags of the fanotify group, and the number of the filesystem, which cannot be asked if it is absent. */
  readonly group?: number;
  readonly fsid?: number;
}

/** Questions, each with what its refusal means. @param args numbers, texts or pieces of memory. */
function asked(
  name: string,
  args: readonly (number | string | Uint8Array)[],
  {
    held = ALL,
    noNewPrivs = false,
    paranoid = 2,
    families = ['capabilities', 'files', 'mounts'],
    objectClass = 'file',
    group = 0,
    fsid,
  }: Caller = {},
): string[] {
  const found: string[] = [];
  const low = (index: number): number => {
    const given = args[index] ?? 0;
    return typeof given === 'number' ? given >>> 0 : 0x1000 + index;
  };
  const bytes = new Uint8Array(4096);
  const view = {
    isInOurUserNamespace: () => true,
    readStatus: (tid: number) =>
      `Tgid:\t${tid}\nUid:\t1 1 1 1\nGid:\t1 1 1 1\nCapPrm:\t0\nNoNewPrivs:\t${noNewPrivs ? 1 : 0}\n`,
    readFile: (_directory: number, path: string) =>
      path.includes('/fdinfo/') ? `pos:\t0\nfanotify flags:${group.toString(16)} event-flags:0\n` : String(paranoid),
    permits: () => 0,
    readlinkAt: (_directory: number, path: string) => (path.endsWith('/fd/3') ? 'anon_inode:[fscontext]' : 'user:[1]'),
    status: () => ({ effectiveCapabilities: held }),
    credentials: () => ({ capabilities: held, fsuid: 1 }),
    openDescriptor: () => 9,
    openStart: () => 8,
    mayAsk: () => fsid !== undefined,
    filesystem: () => ({ magic: 1, flags: 0 }),
    filesystemNumber: () => BigInt(fsid ?? 0),
    close: () => undefined,
  };
  const context = {
    call: {
      tid: tidOf(7),
      low,
      high: () => 0,
      int: (index: number) => low(index) | 0,
      fd: (index: number) => callerFd(low(index) | 0),
      isNull: (index: number) => low(index) === 0,
      fail: (errno: number) => found.push(`fails ${errno}`),
    },
    memory: {
      bytes,
      readString: (_tid: number, address: number) => {
        const text = args[address - 0x1000];
        return typeof text === 'string' ? text : -14;
      },
      read: (_tid: number, address: number, _high: number, length: number) => {
        const piece = args[address - 0x1000];
        if (!(piece instanceof Uint8Array)) return -14;
        bytes.set(piece);
        return Math.min(length, piece.length);
      },
    },
    view,
    files: { isDecided: (name: string) => name === 'security.mine' },
    sysPlaces: [],
    places: { find: () => undefined },
    emulatedFsContexts: { of: () => undefined },
    namespaces: { ofCaller: (_tid: number, number: number) => tidOf(number) },
    mediator: {
      families: new Set(families),
      subjects: { forget: () => undefined },
      known: {
        begin: () => undefined,
        isOrdinary: () => false,
        namesChange: () => undefined,
        identity: () => undefined,
      },
      isExempt: () => false,
      look: () => ({ ...FILE, inode: { ...FILE.inode, class: objectClass } }),
      credentials: () => ({ capabilities: held, fsuid: 1 }),
      walk: ({ path, follow }: { path: string; follow: boolean }) => {
        found.push(`walks ${path}${follow ? '' : ' without the last link'}`);
        return { file: 4, parent: -1, checks: [], close: () => undefined };
      },
      decide: (_tid: number, checks: readonly AccessCheck[]) => {
        for (const { hook, about, refusal, otherwise } of checks) {
          const what = hook === 'capable' ? about.capability : JSON.stringify({ ...about, file: undefined });
          found.push(
            `${hook} ${what} ${otherwise === undefined ? (refusal ?? '') : `or ${otherwise[0]?.hook}`}`.trim(),
          );
        }
        return 0;
      },
    },
  };
  const handle = CALLS.find((call) => call.name === name && call.when.startsWith('mediate-'))?.handle;
  handle?.(context as unknown as WorkerContext);
  return found;
}

/** struct perf_event_attr of its oldest size. */
function events(bits: bigint, size = 64): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(64));
  bytes.setUint32(4, size, true);
  bytes.setBigUint64(40, bits, true);
  return new Uint8Array(bytes.buffer);
}

it('an event of the kernel or of a processor is asked about, after the capability where it is restricted', () => {
  const [open, kernel, cpu] = ['open', 'kernel', 'cpu'].map((type) => `perfEventOpen {"type":"${type}"}`);
  const every = events(0n);
  expect(asked('perf_event_open', [every, -1, 0, -1, 0])).toEqual([
    open,
    'capable 38 EACCES',
    kernel,
    'capable 38 EACCES',
    cpu,
  ]);
  expect(asked('perf_event_open', [every, -1, 0, -1, 0], { paranoid: -1 })).toEqual([open, kernel, cpu]);
  expect(asked('perf_event_open', [every, -1, 0, -1, 0], { held: SYS_ADMIN })[1]).toBe('capable 21 EACCES');
  expect(asked('perf_event_open', [every, -1, 0, -1, 0], { held: 0n })).toEqual([open]);
  const user = events(1n << 5n);
  expect(asked('perf_event_open', [user, 0, -1, -1, 0], { held: 0n })).toEqual([open]);
  expect(asked('perf_event_open', [user, 0, -1, -1, 0])).toEqual([open, 'capable 38 ignored']);
  expect(asked('perf_event_open', [user, 8, -1, -1, 0], { held: PERFMON })).toEqual([
    open,
    'capable 38 or ptraceAccess',
  ]);
  expect(asked('perf_event_open', [user, 8, -1, -1, 0], { held: 0n })[1]).toMatch(/^ptraceAccess .*EACCES$/);
});

it('what perf_event_open(2) says to its arguments comes first', () => {
  expect(asked('perf_event_open', [events(0n), -1, 0, -1, 16])).toEqual([]);
  expect(asked('perf_event_open', [events(0n, 63), -1, 0, -1, 0])).toEqual([]);
  expect(asked('perf_event_open', [1, -1, 0, -1, 0])).toEqual([]);
});

it('a filter of system calls needs sys_admin of who has not set no_new_privs', () => {
  const [filter, empty] = [new Uint8Array([1, 0]), new Uint8Array([0, 0])];
  expect(asked('seccomp', [1, 0, filter])).toEqual(['capable 21 EACCES']);
  expect(asked('prctl', [22, 2, filter])).toEqual(['capable 21 EACCES']);
  expect(asked('prctl', [22, 1, filter])).toEqual([]);
  expect(asked('seccomp', [1, 0, filter], { noNewPrivs: true })).toEqual([]);
  expect(asked('seccomp', [1, 0, empty])).toEqual([]);
  expect(asked('prctl', [24, 3])).toEqual(['capable 8 EPERM']);
});

it('what prctl(2) changes of memory and swapping needs sys_resource', () => {
  expect([asked('prctl', [57, 1]), asked('prctl', [58])]).toEqual([['capable 24 EPERM'], ['capable 24 EPERM']]);
  expect(asked('prctl', [57, 1], { held: 0n })).toEqual([]);
  const setsMemory = (...args: number[]) => asked('prctl', [35, ...args]);
  expect([setsMemory(6, 1, 0, 0), setsMemory(12, 1, 8, 0)]).toEqual([['capable 24 EPERM'], ['capable 24 EPERM']]);
  expect([setsMemory(6, 1, 8, 0), setsMemory(6, 1, 0, 1), setsMemory(14, 1, 104, 0)]).toEqual([[], [], []]);
});

it('cores are shared with whom one may look into, if there are threads of cores', () => {
  const shares = (args: number[], smt = 1) => asked('prctl', [62, ...args], { paranoid: smt, families: ['tasks'] });
  expect(shares([2, 8, 0, 0]).at(-1)).toMatch(/^ptraceAccess .*EPERM$/);
  expect([shares([2, 8, 0, 0], 0), shares([4, 8, 0, 0]), shares([2, 8, 3, 0]), shares([2, 8, 0, 8])]).toEqual([
    [],
    [],
    [],
    [],
  ]);
  expect(shares([0, 8, 0, 8])).not.toEqual([]);
  expect(asked('prctl', [62, 2, 8, 0, 0], { paranoid: 1 })).toEqual([]);
});

it('clocks that wake the machine need wake_alarm, after what the kernel says to the arguments', () => {
  const wakes = ['capable 35 EPERM'];
  expect([asked('timerfd_create', [8, 0]), asked('timerfd_create', [8, 1])]).toEqual([wakes, []]);
  const ofMachine = rawSyscall(NR.clock_getres, 8, 0) === 0 ? wakes : [];
  const [place, wrong] = [new Uint8Array(4), new Uint8Array(64).fill(9)];
  expect([asked('timer_create', [8, 0, place]), asked('timer_create', [8, wrong, place])]).toEqual([ofMachine, []]);
  const time = (fraction: number) => new Uint8Array(BigInt64Array.of(1n, BigInt(fraction)).buffer);
  const sleeps = (flags: number, fraction: number) => asked('clock_nanosleep', [9, flags, time(fraction)]);
  expect([sleeps(1, 5), sleeps(2, 5), sleeps(0, 1_000_000_000)]).toEqual([ofMachine, [], []]);
});

it('a module is asked about after the capability, unless there are to be no more', () => {
  expect(asked('init_module', [1, 64])).toEqual(['capable 16 EPERM', 'kernelLoadModule {}']);
  expect(asked('init_module', [1, 63])).toEqual(['capable 16 EPERM']);
  expect(asked('init_module', [1, 64], { paranoid: 1 })).toEqual(['capable 16 EPERM']);
  expect(asked('init_module', [1, 64], { held: 0n })).toEqual([]);
  expect(asked('kexec_load', [])).toEqual(['capable 22 EPERM']);
  expect(asked('mbind', [0, 0, 0, 0, 0, 4])).toEqual(['capable 23 EPERM']);
  expect(asked('mbind', [0, 0, 0, 0, 0, 12])).toEqual([]);
});

it('attributes are asked about by the calls with a directory, too', () => {
  const attributes = new Uint8Array(16);
  const get = (flags: number, path: string | number = '/f', size = 16) =>
    asked('getxattrat', [3, path, flags, 'trusted.a', attributes, size]);
  expect(get(0)[0]).toBe('walks /f');
  expect(get(0x100)[0]).toBe('walks /f without the last link');
  expect([get(1), get(0, '/f', 24)]).toEqual([[], []]);
  expect(asked('listxattrat', [3, '/f', 0])).toEqual(['walks /f', 'inodeListxattr {}']);
  expect(asked('setxattrat', [3, '/f', 0, 'trusted.a', attributes, 16])).toEqual([
    'walks /f',
    'capable 21 EPERM',
    'xattrChange {"removes":false}',
  ]);
  expect(asked('removexattrat', [3, '/f', 0, 'trusted.a'])[2]).toBe('xattrChange {"removes":true}');
});

it('no module is asked about an attribute that the capabilities alone refuse', () => {
  const set = (name: string, held = 0n) => asked('setxattr', ['/f', name, new Uint8Array(1), 1, 0], { held }).slice(1);
  expect(set('security.other', SYS_ADMIN)).toEqual(['capable 21 EPERM', 'xattrChange {"removes":false}']);
  expect(['security.other', 'security.mine', 'security.capability', 'trusted.a'].flatMap((name) => set(name))).toEqual(
    [],
  );
  expect(asked('getxattr', ['/f', 'security.other', 0, 1], { held: 0n }).slice(1)).toEqual(['inodeGetxattr {}']);
});

it('an empty path, or none, means the working directory', () => {
  const none = (name: string, ...more: number[]) => [asked(name, [-100, '', ...more]), asked(name, [-100, 0, ...more])];
  expect(none('listxattrat', 0x1000)).toEqual(Array(2).fill(['inodeListxattr {}']));
  expect(none('file_getattr', 1, 24, 0x1000)).toEqual(Array(2).fill(['inodeFileAttr {"changes":false}']));
  expect(none('newfstatat', 1, 0x1000)).toEqual(Array(2).fill(['inodeGetattr {}']));
  expect(none('statx', 0x1000)).toEqual(Array(2).fill(['inodeGetattr {}']));
});

it('flags of a file are read by anybody whom the modules let, and set by its owner', () => {
  expect(asked('file_getattr', [3, '/f', 1, 24, 0])).toEqual(['walks /f', 'inodeFileAttr {"changes":false}']);
  expect(asked('file_setattr', [3, '/f', 1, 24, 0])).toEqual([
    'walks /f',
    'capable 3 EPERM',
    'inodeFileAttr {"changes":true}',
  ]);
  expect(asked('file_setattr', [3, '/f', 1, 24, 0], { held: 0n })).toEqual(['walks /f']);
  expect(asked('file_getattr', [3, '/f', 1, 23, 0])).toEqual([]);
  expect(asked('file_getattr', [3, '/f', 1, 24, 1])).toEqual([]);
});

it('the new calls that mount ask for the capability, then about the way', () => {
  expect(asked('open_tree', [3, '/f', 0])).toEqual(['walks /f']);
  expect(asked('open_tree', [3, '/f', 1])).toEqual(['capable 21 EPERM', 'walks /f']);
  expect(asked('open_tree_attr', [3, '/f', 0x100, 1, 32])).toEqual([
    'capable 21 EPERM',
    'walks /f without the last link',
  ]);
  expect(asked('fspick', [3, '/f', 2])).toEqual(['capable 21 EPERM', 'walks /f without the last link']);
  expect(asked('mount_setattr', [3, '/f', 0], { families: ['mounts'] })).toEqual(['capable 21 EPERM']);
  expect(asked('fsconfig', [3, 6])).toEqual(['capable 21 EPERM']);
  expect(asked('fsconfig', [3, 7])).toEqual(['capable 21 EPERM']);
  expect(asked('fsconfig', [4, 6])).toEqual([]);
  expect(asked('fsconfig', [3, 1])).toEqual([]);
});

it('the mode of a symbolic link does not change, so only what judges by path is asked', () => {
  const chmod = (objectClass: string, flags: number) =>
    asked('fchmodat2', [-100, 'f', 0o600, flags], { objectClass, families: ['files'] });
  expect(chmod('lnk_file', 0x100)).toEqual(['walks f without the last link', 'pathChmod {}']);
  expect(chmod('file', 0x100).slice(1, 3)).toEqual(['pathChmod {}', expect.stringMatching(/^inodeSetattr /)]);
});

it('a mark of fanotify that reports files by handles asks for the number of the filesystem', () => {
  const marks = (group: number, fsid?: number) =>
    asked('fanotify_mark', [3, 1, 2, -100, 'f'], { held: 0n, group, families: ['files'], ...(fsid && { fsid }) });
  const marked = ['walks f', 'inodePermission {"mask":4}', 'pathNotify {"mask":2}'];
  expect(marks(0, 5)).toEqual(marked);
  expect(marks(0x200)).toEqual([...marked, 'sbStatfs {}']);
  expect(marks(0xc00, 5)).toEqual([...marked, 'sbStatfs {}', 'sbStatfs {}']);
});
