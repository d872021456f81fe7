/**
 * `lsmfs mount DIR`: serves the whole tree below a directory, in our mount namespace, until this process is told to end.
 *
 * DIR is covered with a tmpfs that has the mount points; each filesystem of the stack is mounted at its usual place below. All processes
 * of the host may use it; there is no supervisor, so only file operations are emulated.
 */
import { closeSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { MountError, openFuseSuperblock, serveWithFuseNative, type Transport } from '../../fuse/index.ts';
import { detachMount, mountFilesystem, setMountAttributes } from '../../host/mounts/mount.ts';
import { failed } from '../../linux/errno.ts';
import { O_PATH } from '../../linux/fcntl.ts';
import { tgidOf } from '../../linux/ids.ts';
import { MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID, MOUNT_ATTR_RDONLY } from '../../linux/mount.ts';
import type { KernelLogWriter } from '../../lsm/framework/facts.ts';
import { createProc } from '../../lsm/framework/proc/proc.ts';
import { maySyslog } from '../../lsm/framework/syslog.ts';
import { MOUNT_POINTS } from '../../lsm/known-modules.ts';
import type { Stack } from '../../lsm/library/index.ts';
import { KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import type { Filesystem } from '../../vfs/tree/filesystem.ts';
import { bootFromOptions, ignoredOptions } from '../daemon/boot-stack.ts';
import { ProcFacts } from '../daemon/facts/process-facts.ts';
import { WorldError } from '../errors.ts';
import { kmsgTree } from '../kernel-files/kmsg/files.ts';
import { PrintkLog } from '../kernel-files/kmsg/kernel-log.ts';
import { Syslog } from '../kernel-files/kmsg/syslog.ts';
import type { MountOptions } from '../options.ts';
import { liveServerAt, treeSource } from '../registry/mount-servers.ts';
import { reapDeadWorlds } from '../registry/reap.ts';
import { SupervisorThread } from '../supervisor/thread.ts';
import { checkMount } from './mount-points.ts';
import { hasSysAdmin, ownStatus } from './process-status.ts';
import { requireFuseDevice, requirePolicyFile } from './requirements.ts';
import { restartRestricted } from './restart-restricted.ts';

export async function mountTree(options: MountOptions): Promise<void> {
  const directory = requireDirectory(path.resolve(options.directory));
  requireAdministrator();
  requireFuseDevice();
  requirePolicyFile(options.policy);
  restartRestricted();
  reapDeadWorlds();
  const trace = (text: string): void => {
    process.stderr.write(`lsmfs: ${text}\n`);
  };
  const facts = new ProcFacts();
  const log = new TreeLog();
  const stack = bootFromOptions(options, { facts, log, now: () => Date.now() });
  for (const remark of ignoredOptions(options, stack)) trace(remark);
  const stopped = stopSignal();
  checkMount(
    `tmpfs on ${directory}`,
    mountFilesystem('tmpfs', directory, { source: treeSource(), mode: '755' }, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC),
  );
  const transports: Transport[] = [];
  const mountPoints: string[] = [];
  const hands = new SupervisorThread();
  try {
    for (const [place, filesystem] of placesOf(stack, log)) {
      const mountPoint = path.join(directory, place);
      mkdirSync(mountPoint, { recursive: true });
      transports.push(
        options.transport === 'kernel'
          ? await serveDirectly(filesystem, mountPoint, { facts, hands, trace })
          : await serveWithFuseNative(filesystem, mountPoint, facts.caller(tgidOf(process.pid)) ?? KERNEL_CALLER, {
              onTrace: trace,
            }),
      );
      mountPoints.push(mountPoint);
    }
    await hands.worker.terminate();
    setMountAttributes(directory, MOUNT_ATTR_RDONLY);
    options.onReady?.(mountPoints);
    // The tree may also be unmounted by others; that ends the process, too.
    await Promise.race([stopped, Promise.all(transports.map(({ ended }) => ended))]);
  } finally {
    // libfuse unmounts by path, so the paths must still be there; one lazy unmount then takes the rest away at once.
    for (const transport of transports) transport.close();
    await Promise.all(transports.map(({ ended }) => ended));
    await hands.worker.terminate();
    detachMount(directory);
  }
}

/** Mounting in the host's namespace needs privileges there; other commands mount in a namespace of their own. */
function requireAdministrator(): void {
  if (hasSysAdmin(ownStatus())) return;
  const fix = 'Run it with sudo; `lsmfs run` gives one command the same files without.';
  throw new WorldError('no-privileges', 'Mounts that others see need CAP_SYS_ADMIN.', fix);
}

function placesOf(stack: Stack, { kernel }: TreeLog): ReadonlyMap<string, Filesystem> {
  const syslog = new Syslog(kernel.ring, {
    now: kernel.now,
    restricted: () => false,
    allowed: (action, caller) => maySyslog(stack, action, caller),
  });
  const places = new Map<string, Filesystem>([
    ['proc', createProc(stack)],
    ['dev', kmsgTree(syslog)],
  ]);
  for (const type of stack.filesystems.types) {
    const filesystem = stack.filesystems.mount(type, KERNEL_CALLER);
    const place = MOUNT_POINTS[type];
    if (place !== undefined && !failed(filesystem)) places.set(place, filesystem);
  }
  for (const [name, filesystem] of stack.moduleDirectories) places.set(`sys/module/${name}`, filesystem);
  return places;
}

/** The kernel log, which can be read in the tree only. */
class TreeLog implements KernelLogWriter {
  readonly kernel = new PrintkLog(() => Number(process.hrtime.bigint() / 1000n));

  print(text: string, level?: number): void {
    this.kernel.print(text, level);
  }

  audit(type: number, body: string, stamp: string): void {
    this.kernel.audit(type, stamp, body);
  }
}

/** @returns its path without symbolic links. */
function requireDirectory(name: string): string {
  const status = statSync(name, { throwIfNoEntry: false });
  if (status?.isDirectory() !== true) {
    throw new WorldError('not-a-directory', `${name} is not a directory.`, `Make it: mkdir -p ${name}`);
  }
  const directory = realpathSync(name);
  if (directory === '/') {
    throw new WorldError(
      'not-a-directory',
      'The tree would cover /proc and /sys of this machine.',
      'Name another directory.',
    );
  }
  const server = liveServerAt(directory);
  if (server !== undefined) {
    // Each of two servers would unmount the other's tree at its end.
    throw new WorldError(
      'mount-failed',
      `${directory} has a tree already.`,
      `Name another directory, or: kill ${server}`,
    );
  }
  return directory;
}

interface ServingTools {
  readonly facts: ProcFacts;
  /** It attaches what this thread serves (supervisor/staging.ts). */
  readonly hands: SupervisorThread;
  readonly trace: (text: string) => void;
}

async function serveDirectly(
  filesystem: Filesystem,
  mountPoint: string,
  { facts, hands, trace }: ServingTools,
): Promise<Transport> {
  const superblock = openFuseSuperblock({
    filesystem,
    identify: (tid, uid, gid) => facts.requester(tid, uid, gid),
    onTrace: trace,
  });
  const { mountFd: mount } = superblock;
  try {
    if (mount === undefined) superblock.mountAt(mountPoint);
    else {
      const directory = openSync(mountPoint, O_PATH);
      const attached = await hands.stage({ kind: 'attach', mount, directory });
      for (const fd of [directory, mount]) closeSync(fd);
      checkMount(`move_mount ${mountPoint}`, attached);
    }
  } catch (error) {
    superblock.connection.close();
    if (!(error instanceof MountError)) throw error;
    throw new WorldError('mount-failed', error.message, 'See `lsmfs doctor`.');
  }
  return superblock.connection;
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}
