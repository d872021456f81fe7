/**
 * `lsmfs mount DIR`: serves the whole tree below a directory, in our mount namespace, until this process is told to end; with `--labels`
 * a directory of the host (world/labelled), and the tree where that is asked for.
 *
 * DIR is covered with a tmpfs that has the mount points; each filesystem of the stack is mounted at its usual place below. All processes
 * of the host may use it; there is no supervisor, so only file operations are emulated.
 */
import { closeSync, mkdirSync, openSync, realpathSync } from 'node:fs';
import path from 'node:path';
import {
  MountError,
  openFuseSuperblock,
  RequestPoll,
  type ServedSuperblock,
  serveWithFuseNative,
  type Transport,
} from '../../fuse/index.ts';
import { NR } from '../../host/libc.ts';
import { detachMount, mountFilesystem, setMountAttributes } from '../../host/mounts/mount.ts';
import { rawSyscall } from '../../host/raw-syscall.ts';
import { CAP } from '../../linux/capability.ts';
import { failed } from '../../linux/errno.ts';
import { O_PATH } from '../../linux/fcntl.ts';
import { type Tid, tgidOf } from '../../linux/ids.ts';
import { MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID, MOUNT_ATTR_RDONLY } from '../../linux/mount.ts';
import type { KernelLogWriter } from '../../lsm/framework/facts.ts';
import { createProc } from '../../lsm/framework/proc/proc.ts';
import { hasSyslog, maySyslog } from '../../lsm/framework/syslog.ts';
import { MOUNT_POINTS } from '../../lsm/known-modules.ts';
import type { Stack } from '../../lsm/library/index.ts';
import { type Caller, KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import type { Filesystem } from '../../vfs/tree/filesystem.ts';
import { bootFromOptions, bootRemarks } from '../daemon/boot-stack.ts';
import { LazyTask } from '../daemon/content/lazy-task.ts';
import { ProcFacts } from '../daemon/facts/process-facts.ts';
import { WorldError } from '../errors.ts';
import { kmsgTree } from '../kernel-files/kmsg/files.ts';
import { PrintkLog } from '../kernel-files/kmsg/kernel-log.ts';
import { Syslog } from '../kernel-files/kmsg/syslog.ts';
import { requireOwnLabels } from '../labelled/host-labels.ts';
import { mountLabelled } from '../labelled/mount.ts';
import { lookAt } from '../look-at.ts';
import type { MountOptions } from '../options.ts';
import { liveServerAt, treeSource } from '../registry/mount-servers.ts';
import { reapDeadWorlds } from '../registry/reap.ts';
import { SupervisorThread } from '../supervisor/thread.ts';
import { restartRestricted } from './daemon-capabilities.ts';
import { FollowedProcesses } from './followed-processes.ts';
import { JoinedWorld } from './joined-world.ts';
import { checkMount } from './mount-points.ts';
import { hasSysAdmin, ownStatus } from './process-status.ts';
import { requireCalls, requireDescriptors, requireFuseDevice, SERVER_DESCRIPTORS } from './requirements.ts';

/** Further capabilities of a server of ordinary files, which acts on them for its callers. */
const FILE_CAPABILITIES = [CAP.CHOWN, CAP.FSETID, CAP.MKNOD, CAP.SYS_RESOURCE, CAP.SETFCAP];

/** What is served, until it has ended; all of it is taken away together. */
interface Served {
  readonly transports: Transport[];
  readonly mountPoints: string[];
  /** To be called in the end. `true` = a thread waits for a filesystem of the host. */
  readonly detach: (() => void)[];
}

export async function mountTree(options: MountOptions): Promise<void> {
  const { labels } = options;
  const directory = requireDirectory(path.resolve(options.directory));
  const backing = labels === undefined ? undefined : realDirectory(path.resolve(labels));
  const place = labels === undefined ? directory : options.tree && requireDirectory(path.resolve(options.tree));
  requireAdministrator();
  requireFuseDevice();
  requireCalls();
  if (backing !== undefined) requireDescriptors(SERVER_DESCRIPTORS);
  restartRestricted(backing === undefined ? [] : FILE_CAPABILITIES);
  reapDeadWorlds();
  const trace = (text: string): void => {
    process.stderr.write(`lsmfs: ${text}\n`);
  };
  const facts = new ProcFacts();
  const log = new TreeLog();
  const stack = bootFromOptions(options, { facts, log, now: () => Date.now() });
  for (const remark of bootRemarks(options, stack)) trace(remark);
  if (backing !== undefined) requireOwnLabels(stack);
  const stopped = stopSignal();
  const served: Served = { transports: [], mountPoints: [], detach: [] };
  const processes = new FollowedProcesses({ stack, facts });
  const world = options.world === undefined ? undefined : new JoinedWorld(options.world, { stack, facts, processes });
  const tools = { facts, processes, hands: new SupervisorThread(), trace };
  try {
    if (place !== undefined) await serveTree(options, place, placesOf(stack, log), tools, served);
    if (backing !== undefined) {
      const mount = await mountLabelled({
        stack,
        directory: backing,
        mountPoint: directory,
        requester: (tid, uid, gid) => requester(tools, tid, uid, gid),
        introduce: (tid) => world?.introduce(tid),
        task: (tid) => new LazyTask(tid, facts),
        attach: (superblock, mountPoint) => attach(superblock, mountPoint, tools.hands),
        trace,
      });
      served.transports.push(mount);
      served.mountPoints.push(directory);
      served.detach.push(() => mount.detach());
    }
    await tools.hands.end();
    options.onReady?.(served.mountPoints);
    // The tree may also be unmounted by others; that ends the process, too.
    await Promise.race([stopped, Promise.all(served.transports.map(({ ended }) => ended))]);
  } finally {
    // libfuse unmounts by path, so the paths must still be there; one lazy unmount then takes the rest away at once.
    for (const transport of served.transports) transport.close();
    await Promise.all(served.transports.map(({ ended }) => ended));
    await tools.hands.end();
    processes.close();
    world?.close();
    for (const detach of served.detach) detach();
  }
  // Node would wait for the threads of a labelled mount, which may wait for its directory's filesystem.
  if (backing !== undefined) rawSyscall(NR.exit_group, 0);
}

/** A copy of all facts: the caller is used after other requests were handled, when a lazy one would read newer facts. */
function requester({ facts, processes }: ServingTools, tid: Tid, uid: number, gid: number): Caller {
  processes.met(tid);
  return facts.requester(tid, uid, gid).toJSON();
}

/** The emulated filesystems below a directory, which a tmpfs with their mount points covers. */
async function serveTree(
  options: MountOptions,
  directory: string,
  places: ReadonlyMap<string, Filesystem>,
  tools: ServingTools,
  { transports, mountPoints, detach }: Served,
): Promise<void> {
  const { facts, trace } = tools;
  checkMount(
    `tmpfs on ${directory}`,
    mountFilesystem('tmpfs', directory, { source: treeSource(), mode: '755' }, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC),
  );
  detach.push(() => {
    detachMount(directory);
  });
  for (const [place, filesystem] of places) {
    const mountPoint = path.join(directory, place);
    mkdirSync(mountPoint, { recursive: true });
    transports.push(
      options.transport === 'kernel'
        ? await serveDirectly(filesystem, mountPoint, tools)
        : await serveWithFuseNative(filesystem, mountPoint, facts.caller(tgidOf(process.pid)) ?? KERNEL_CALLER, {
            onTrace: trace,
          }),
    );
    mountPoints.push(mountPoint);
  }
  setMountAttributes(directory, MOUNT_ATTR_RDONLY);
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
    privileged: (caller) => hasSyslog(stack, caller),
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
  for (const [place, filesystem] of stack.sysfsDirectories) places.set(`sys/${place}`, filesystem);
  return places;
}

/** The kernel log, kept in memory: it can be read in the tree only. */
class TreeLog implements KernelLogWriter {
  readonly kernel = new PrintkLog(() => Number(process.hrtime.bigint() / 1000n));

  print(text: string, level?: number): void {
    this.kernel.print(text, level);
  }

  printLimited(text: string, level: number, by: string): void {
    this.kernel.printLimited(text, level, by);
  }

  audit(): void {}

  unheard(type: number, body: string, stamp: string): void {
    this.kernel.audit(type, stamp, body);
  }
}

/** @returns its path without symbolic links. */
function realDirectory(name: string): string {
  const status = lookAt(name);
  if (status === undefined)
    throw new WorldError('not-a-directory', `${name} does not exist.`, `Make it: mkdir -p ${name}`);
  if (!status.isDirectory())
    throw new WorldError('not-a-directory', `${name} is not a directory.`, 'Name a directory.');
  return realpathSync(name);
}

/** The same for one that is to be covered. */
function requireDirectory(name: string): string {
  const directory = realDirectory(name);
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
  readonly processes: FollowedProcesses;
  /** It attaches what this thread serves (supervisor/staging.ts). */
  readonly hands: SupervisorThread;
  readonly trace: (text: string) => void;
}

async function serveDirectly(
  filesystem: Filesystem,
  mountPoint: string,
  { facts, processes, hands, trace }: ServingTools,
): Promise<Transport> {
  const superblock = openFuseSuperblock({
    filesystem,
    identify: (tid, uid, gid) => facts.requester(tid, uid, gid),
    beforeRequest: (tid) => processes.met(tid),
    onTrace: trace,
    poll: new RequestPoll(),
  });
  try {
    await attach(superblock, mountPoint, hands);
  } catch (error) {
    superblock.connection.close();
    throw error;
  }
  return superblock.connection;
}

async function attach(superblock: ServedSuperblock, mountPoint: string, hands: SupervisorThread): Promise<void> {
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
    if (!(error instanceof MountError)) throw error;
    throw new WorldError('mount-failed', error.message, 'See `lsmfs doctor`.');
  }
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}
