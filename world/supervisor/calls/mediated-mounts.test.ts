import { expect, it } from 'vitest';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { callerFd, tidOf } from '../../../linux/ids.ts';
import { MOVE_MOUNT_F_EMPTY_PATH, MS_BIND, MS_MOVE, MS_NOUSER, OPEN_TREE_CLONE } from '../../../linux/mount.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { WorkerContext } from '../context.ts';
import { calls } from './mediated-mounts.ts';

const ALL = (1n << 41n) - 1n;
/** Where nothing of the caller is. */
const FAULT = 1;

/**
 * Hooks that a call asks; `way`: it goes along a path.
 * @param args numbers, or texts in the memory of the caller.
 * @param held capabilities. @param here those of our user namespace.
 */
function asked(name: string, args: readonly (number | string)[], held = ALL, here = held): string[] {
  const hooks: string[] = [];
  const file = { path: '/mnt', device: '0:30', mode: 0o40755, inode: { class: 'dir', path: '/', ino: 1 } };
  const low = (index: number): number => {
    const given = args[index] ?? 0;
    return typeof given === 'number' ? given >>> 0 : 0x1000 + index;
  };
  const context = {
    call: {
      tid: tidOf(7),
      low,
      high: () => 0,
      isNull: (index: number) => low(index) === 0,
      fd: (index: number) => callerFd(Number(args[index])),
    },
    memory: {
      readString: (_tid: number, address: number) => {
        const text = args[address - 0x1000];
        return typeof text === 'string' ? text : -ERRNO.EFAULT;
      },
    },
    types: new Set(),
    view: {
      status: () => ({ effectiveCapabilities: held }),
      identity: () => ({ mountRoot: true }),
      mountId: () => -1,
      openStart: () => 5,
      openDescriptor: (_tid: number, fd: number) => (fd < 0 ? -ERRNO.ENOENT : 5),
      path: () => 0,
      close: () => undefined,
    },
    mediator: {
      families: new Set(['mounts', 'files']),
      known: { namesChange: () => undefined, isOrdinary: () => true },
      isExempt: () => {
        hooks.push('way');
        return true;
      },
      credentials: () => ({ capabilities: here }),
      // A descriptor's mount is in no list, nor is the filesystem of one.
      look: (fd: number) => (fd === 5 ? undefined : file),
      walk: ({ path }: { readonly path: string }) => ({
        file: path === '/none' ? -ERRNO.ENOENT : 4,
        checks: path === '/none' ? [{ hook: 'inodePermission', about: { file, mask: 1 } }] : [],
        close: () => undefined,
      }),
      decide: (_tid: number, checks: readonly AccessCheck[]) => {
        const fails = (about: object): string => ('fails' in about ? ` ${about.fails}` : '');
        hooks.push(...checks.map(({ hook, about }) => `${hook}${fails(about)}`));
        return 0;
      },
    },
  };
  calls.find((call) => call.name === name)?.handle?.(context as unknown as WorkerContext);
  return hooks;
}

it('a type with a subtype is mediated where the kernel takes one', () => {
  expect(asked('mount', ['tmpfs', '/mnt', 'tmpfs', 0, 0])).toEqual(['sbMount', 'capable']);
  expect(asked('mount', ['ssh', '/mnt', 'fuse.sshfs', 0, 0])).toEqual(['sbMount', 'capable']);
  expect(asked('mount', ['ssh', '/mnt', `fuse.${'s'.repeat(100)}`, 0, 0])).toEqual(['sbMount', 'capable']);
  expect(asked('mount', ['none', '/mnt', 'tmpfs.more', 0, 0])).toEqual(['sbMount ENODEV', 'capable']);
});

it('the mount point and the capability come before the kernel looks for what is mounted', () => {
  expect(asked('mount', ['/none', '/mnt', '', MS_BIND, 0])).toEqual(['sbMount ENOENT', 'capable', 'inodePermission']);
  expect(asked('mount', ['/none', '/mnt', '', MS_BIND, 0], 0n)).toEqual(['sbMount ENOENT']);
  expect(asked('mount', ['/none', '/mnt', '', MS_MOVE, 0])).toEqual(['sbMount ENOENT', 'capable', 'inodePermission']);
  expect(asked('mount', ['/src', '/none', '', MS_BIND, 0])).toEqual([]);
});

it('what the kernel refuses before it asks the modules is left to it', () => {
  expect(asked('mount', ['tmpfs', '/mnt', 'tmpfs', MS_NOUSER, 0])).toEqual([]);
  expect(asked('mount', ['tmpfs', '/mnt', FAULT, 0, 0])).toEqual([]);
  expect(asked('mount', [FAULT, '/mnt', 'tmpfs', 0, 0])).toEqual([]);
  expect(asked('umount2', ['/mnt', 0x10])).toEqual([]);
  expect(asked('move_mount', [AT_FDCWD, '/mnt', AT_FDCWD, '/mnt', 0x1000])).toEqual(['capable']);
});

it('a mount is moved by the working directory and by a descriptor without a path', () => {
  const move = (fd: number, path: string | number): string[] =>
    asked('move_mount', [fd, path, AT_FDCWD, '/mnt', MOVE_MOUNT_F_EMPTY_PATH]);
  expect(move(3, '')).toEqual(['capable', 'moveMount']);
  expect(move(AT_FDCWD, '')).toEqual(['capable', 'moveMount']);
  expect(move(3, 0)).toEqual(['capable', 'moveMount']);
});

it('mounts are mediated in other user namespaces too, and nothing is asked without the capability', () => {
  const places: readonly [string, readonly (number | string)[], string][] = [
    ['umount2', ['/mnt', 0], 'sbUmount'],
    ['move_mount', [AT_FDCWD, '/mnt', AT_FDCWD, '/mnt', 0], 'moveMount'],
    ['pivot_root', ['/mnt', '/mnt'], 'sbPivotroot'],
    ['open_tree', [AT_FDCWD, '/mnt', OPEN_TREE_CLONE], 'way'],
    ['fspick', [AT_FDCWD, '/mnt', 0], 'way'],
    ['mount_setattr', [AT_FDCWD, '/mnt', 0], 'way'],
  ];
  for (const [name, args, hook] of places) {
    expect(asked(name, args)).toEqual(['capable', hook]);
    expect(asked(name, args, ALL, 0n)).toEqual(['capable', hook]);
    expect(asked(name, args, 0n)).toEqual([]);
  }
  expect(asked('open_tree', [AT_FDCWD, '/mnt', 0], 0n)).toEqual(['way']);
});
