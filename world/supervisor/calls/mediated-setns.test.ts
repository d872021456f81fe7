import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import { CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWUTS } from '../../../linux/process.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { WorkerContext } from '../context.ts';
import { setns } from './mediated-setns.ts';

const ALL = (1n << 41n) - 1n;
const [SYS_CHROOT, SYS_ADMIN] = ['18', '21'];

/** Capabilities that are asked about, `inner` in a user namespace; other hooks by name. @param link what the descriptor is. */
function asked(link: string, flags: number, held = ALL, families: readonly string[] = ['capabilities']): string[] {
  const found: string[] = [];
  const own = 'Tgid:\t7\nUid:\t0 0 0 0\nGid:\t0 0 0 0\nCapEff:\t1ff\n';
  const context = {
    call: { tid: tidOf(7), low: () => flags, fd: () => 3, fail: () => undefined },
    view: {
      readlinkAt: (_directory: number, path: string) => (path.endsWith('/ns/user') ? 'user:[1]' : link),
      readFile: () => 'pos:\t0\nPid:\t8\n',
      readStatus: (tid: number) => (tid === 8 ? own.replace('Tgid:\t7', 'Tgid:\t8') : own),
      status: () => ({ effectiveCapabilities: held }),
    },
    mediator: {
      families: new Set(families),
      subjects: { forget: () => undefined },
      credentials: () => ({ capabilities: held }),
      decide: (_tid: number, checks: readonly AccessCheck[]) => {
        found.push(
          ...checks.map((check) => {
            if (check.hook !== 'capable') return check.hook;
            return `${check.about.capability}${check.about.inner === true ? ' inner' : ''}`;
          }),
        );
        return 0;
      },
    },
  };
  setns(context as unknown as WorkerContext);
  return found;
}

it('a namespace needs sys_admin over it and in the own user namespace; one of mounts sys_chroot, too', () => {
  expect(asked('net:[5]', 0)).toEqual([SYS_ADMIN, SYS_ADMIN]);
  expect(asked('net:[5]', CLONE_NEWNET)).toEqual([SYS_ADMIN, SYS_ADMIN]);
  expect(asked('mnt:[5]', 0)).toEqual([SYS_ADMIN, SYS_CHROOT, SYS_ADMIN]);
  expect(asked('user:[5]', 0)).toEqual([`${SYS_ADMIN} inner`]);
});

it('what the kernel refuses by itself asks nobody', () => {
  expect(asked('net:[5]', CLONE_NEWNS)).toEqual([]);
  expect(asked('user:[1]', 0)).toEqual([]);
  expect(asked('net:[5]', 0, 0n)).toEqual([]);
  expect(asked('anon_inode:[pidfd]', 0)).toEqual([]);
  expect(asked('anon_inode:[pidfd]', 1)).toEqual([]);
  expect(asked('net:[5]', 0, ALL, ['files'])).toEqual([]);
});

it('those of a process need a look into it, and are entered in the order of the kernel', () => {
  const pidfd = 'anon_inode:[pidfd]';
  expect(asked(pidfd, CLONE_NEWUTS | CLONE_NEWNS)).toEqual([
    'ptraceAccess',
    SYS_ADMIN,
    SYS_CHROOT,
    ...[SYS_ADMIN, SYS_ADMIN, SYS_ADMIN],
  ]);
  const inner = `${SYS_ADMIN} inner`;
  expect(asked(pidfd, CLONE_NEWUSER | CLONE_NEWUTS)).toEqual(['ptraceAccess', inner, inner, inner]);
});
