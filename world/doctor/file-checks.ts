/**
 * Host checks that only look at files.
 */

import { accessSync, constants, readlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileText } from '../../host/files/file-text.ts';
import { ownerIds } from '../../host/process/user-namespace.ts';
import { PROC_PID_INIT_INO, PROC_USER_INIT_INO } from '../../linux/process.ts';
import type { HostCheck } from '../../lsm/framework/host-side.ts';
import { HOST_SIDES } from '../../lsm/known-modules.ts';
import { fuseProblem } from '../launcher/fuse-device.ts';
import { isNested, WORLD_VARIABLE } from '../launcher/nested.ts';
import { hasSysAdmin, ownStatus } from '../launcher/process-status.ts';
import { nestedError, tracerProblem } from '../launcher/requirements.ts';
import { taskProblem } from '../launcher/task-limits.ts';
import { userNamespaceProblem } from '../launcher/user-namespace-problem.ts';
import { capabilities } from './capabilities-check.ts';
import { hostFileLabellers } from './file-labellers.ts';
import { HOST_FILES } from './host-files.ts';
import { rootless } from './rootless-check.ts';

/** Of the namespaces that exist since boot. */
const INITIAL = { user: PROC_USER_INIT_INO, pid: PROC_PID_INIT_INO } as const;
const WANTED_PAGES = 4096;

/** What no host lets be in a world, and what to do instead. docs/reference/differences.md has the same. */
const IMPOSSIBLE: readonly HostCheck[] = [
  [
    'own-listeners',
    'a program in a world has no seccomp listener of its own (EBUSY: a task can have one); without it: `lsmfs run --no-seccomp`, files alone',
  ],
  [
    'strict-seccomp',
    'strict mode of seccomp(2) is EINVAL in a world; a filter of its own that allows read, write, exit and sigreturn does the same',
  ],
].map(([id = '', detail = '']) => ({ id, status: 'ok', detail }));

function worldsInWorlds(nested: boolean): HostCheck {
  const id = 'worlds-in-worlds';
  if (!nested) {
    const detail =
      'a world has none in it; `lsmfs exec NAME -- CMD` enters one from outside, and modules with namespaces have theirs in it';
    return { id, status: 'ok', detail };
  }
  const name = process.env[WORLD_VARIABLE];
  const world = name === undefined ? 'a world' : `the world ${name}`;
  const { fix } = nestedError();
  return { id, status: 'fail', detail: `this is inside ${world}, and a world has none in it`, ...(fix && { fix }) };
}

export function fileChecks(): HostCheck[] {
  const nested = isNested();
  return [
    privileges(),
    rootless(),
    tracer(),
    capabilities(),
    fuse(),
    tasks(),
    pages(),
    securityfs(),
    ...(nested ? [] : [hostLabels()]),
    namespaces(),
    fuseNative(),
    swtpm(),
    worldsInWorlds(nested),
    ...IMPOSSIBLE,
    ...HOST_SIDES.flatMap(({ checks }) => checks?.(HOST_FILES) ?? []),
  ];
}

function can(file: string, mode: number): boolean {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
}

function privileges(): HostCheck {
  return hasSysAdmin(ownStatus())
    ? { id: 'privileges', status: 'ok', detail: 'CAP_SYS_ADMIN' }
    : {
        id: 'privileges',
        status: 'fail',
        detail: `no CAP_SYS_ADMIN, and ${userNamespaceProblem().cause}`,
        fix: userNamespaceProblem().fix,
      };
}

function tracer(): HostCheck {
  const id = 'ptrace';
  const problem = hasSysAdmin(ownStatus()) ? tracerProblem() : undefined;
  if (problem === undefined) return { id, status: 'ok', detail: 'processes of worlds can be supervised' };
  return { id, status: 'fail', detail: problem.cause, fix: problem.fix };
}

function fuse(): HostCheck {
  const id = 'fuse';
  const problem = fuseProblem();
  if (problem === undefined) return { id, status: 'ok', detail: '/dev/fuse' };
  return { id, status: 'fail', detail: problem.cause, fix: problem.fix };
}

function tasks(): HostCheck {
  const id = 'processes';
  const problem = taskProblem();
  if (problem === undefined) return { id, status: 'ok', detail: 'limits leave room for those of a world' };
  return { id, status: 'fail', detail: problem.cause, fix: problem.fix };
}

function pages(): HostCheck {
  const id = 'fuse-max-pages';
  const file = '/proc/sys/fs/fuse/max_pages_limit';
  const limit = Number.parseInt(fileText(file) ?? '', 10);
  if (can(file, constants.W_OK) || limit >= WANTED_PAGES) {
    return { id, status: 'ok', detail: 'programs can write a policy of any size at once' };
  }
  return {
    id,
    status: 'warn',
    detail: 'the kernel passes policies on in pieces of 1 MiB: an error in a later piece shows as a short write',
    fix: `Use Linux 6.13 or newer as root, or set ${file} to ${WANTED_PAGES}.`,
  };
}

function securityfs(): HostCheck {
  const id = 'securityfs';
  if (fileText('/proc/filesystems')?.includes('\tsecurityfs\n')) {
    return {
      id,
      status: 'ok',
      detail: 'the kernel has it: programs find that of a world in /proc/mounts with --no-seccomp, too',
    };
  }
  return {
    id,
    status: 'warn',
    detail: 'the kernel has none: with --no-seccomp programs do not find that of a world in /proc/mounts',
    fix: 'Use a kernel with CONFIG_SECURITYFS.',
  };
}

function namespaces(): HostCheck {
  const id = 'namespaces';
  const other = Object.entries(INITIAL).flatMap(([name, inode]) =>
    readlinkOf(`/proc/self/ns/${name}`) === `${name}:[${inode}]` ? [] : [name],
  );
  if (other.join() === 'user' && ownerIds() !== undefined) {
    return { id, status: 'ok', detail: 'a user namespace made for this command' };
  }
  return other.length === 0
    ? { id, status: 'ok', detail: 'initial user and pid namespaces' }
    : {
        id,
        status: 'warn',
        detail: `inside a ${other.join(' and ')} namespace (a container)`,
        fix: 'Nothing to do; process tracking is less exact there.',
      };
}

function readlinkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

function swtpm(): HostCheck {
  const id = 'swtpm';
  const isInstalled = (process.env.PATH ?? '').split(':').some((folder) => can(path.join(folder, id), constants.X_OK));
  if (isInstalled) return { id, status: 'ok', detail: 'worlds can have a TPM that programs speak to' };
  return {
    id,
    status: 'warn',
    detail: 'not installed; only `lsmfs run --tpm=swtpm` uses it',
    fix: 'apt-get install swtpm tpm2-tools',
  };
}

function fuseNative(): HostCheck {
  const id = 'fuse-native';
  try {
    createRequire(import.meta.url).resolve('fuse-native');
    return { id, status: 'ok', detail: 'the second transport is installed' };
  } catch {
    return {
      id,
      status: 'warn',
      detail: 'not installed; only `lsmfs mount --transport=fuse-native` uses it',
      fix: 'Run `npm install fuse-native` and install libfuse2.',
    };
  }
}

/** Does the host's kernel label files itself? In a world its own module would seem to. */
function hostLabels(): HostCheck {
  const id = 'host-labels';
  const modules = hostFileLabellers().join(', ');
  if (modules === '')
    return { id, status: 'ok', detail: 'worlds store labels with files: the host has none of its own' };
  return {
    id,
    status: 'warn',
    detail: `the host runs ${modules}: its labels of files are neither read nor changed by worlds`,
    fix: 'Nothing to do; a world with the same module keeps its labels of files itself, until it ends.',
  };
}
