/**
 * The mount namespace of a world: the host's, private, with the emulated filesystems in their usual places.
 */
import { chmodSync, closeSync, existsSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { errorText } from '../../host/libc.ts';
import {
  attachMount,
  bindMount,
  detachMount,
  mountFilesystem,
  setMountAttributes,
  unshare,
} from '../../host/mounts/mount.ts';
import { setPropagationEverywhere } from '../../host/mounts/mount-namespace.ts';
import { openProcess, takeDescriptor } from '../../host/process/process.ts';
import { SECURITYFS_MAGIC } from '../../linux/magic.ts';
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID } from '../../linux/mount.ts';
import { CLONE_NEWNS } from '../../linux/process.ts';
import { KNOWN_MODULES, MOUNT_POINTS } from '../../lsm/known-modules.ts';
import { WorldError } from '../errors.ts';
import type { RunOptions } from '../options.ts';
import { ATTR_LINKS_TYPE, type BootedReply, KMSG_TYPE, SYSCTL_TYPE, SYSFS_TYPE } from '../protocol/messages.ts';
import type { WorldDirectory } from '../registry/directory.ts';
import { mountsOf } from '../registry/mount-info.ts';
import { provideConfigurations } from './client-configuration.ts';
import { withParameters } from './command-line.ts';
import { withFilesystemTypes } from './filesystem-types.ts';
import { leaveHostFilesystems, MODULE_FILESYSTEMS, SHARED_FILESYSTEMS } from './host-filesystems.ts';
import { checkMount, MountPoints } from './mount-points.ts';
import { keepOriginals } from './originals.ts';
import { requireCalls } from './requirements.ts';
import { attachSysDirectory } from './sys-directory.ts';

/** Links of /proc that are replaced in worlds without a supervisor. */
const ATTR_LINK_NAMES = ['self', 'thread-self'];
const FILESYSTEMS = '/proc/filesystems';
const COMMAND_LINE = '/proc/cmdline';
const USUAL_ATTRIBUTES = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

/** Enters a new mount namespace, private, without the filesystems of the host's modules. */
export function enterNewNamespace(): void {
  const result = unshare(CLONE_NEWNS);
  if (result < 0) {
    throw new WorldError(
      'no-privileges',
      `No mount namespace for the world: ${errorText(result)}.`,
      'Run as root with CAP_SYS_ADMIN; in a container add `--cap-add SYS_ADMIN`.',
    );
  }
  requireCalls();
  checkMount('private propagation', setPropagationEverywhere('private'));
  leaveHostFilesystems(MODULE_FILESYSTEMS);
}

/** Superblocks of the world that the namespace we are in has. @param source of its mounts. */
export function devicesOf(source: string): string[] {
  return [...new Set(mountsOf('self').flatMap((mount) => (mount.source === source ? [mount.device] : [])))];
}

/**
 * @param source device name of the world's mounts. @param parameters words for /proc/cmdline. @param policies that it has booted with, and
 * whose stores it changes.
 * @returns remarks for the user.
 */
export function furnishNamespace(
  booted: BootedReply,
  world: WorldDirectory,
  source: string,
  parameters: readonly string[],
  policies: Pick<RunOptions, 'policy' | 'hostPolicy'>,
): string[] {
  const mountPoints = new MountPoints(source);
  const shown = booted.filter !== undefined;
  if (shown) leaveHostFilesystems(SHARED_FILESYSTEMS);
  keepOriginals(world.stage, mountPoints.source);
  const pidfd = checkMount('pidfd_open of the daemon', openProcess(booted.daemon));
  for (const { type, fd } of booted.mounts) {
    const mount = checkMount(`pidfd_getfd ${type}`, takeDescriptor(pidfd, fd));
    if (type === SYSCTL_TYPE) attachBelow('/proc/sys', mount, world.stage, booted.sysctls);
    else if (type === ATTR_LINKS_TYPE) attachBelow('/proc', mount, world.stage, ATTR_LINK_NAMES);
    else if (type === KMSG_TYPE) attachBelow('/dev', mount, world.stage, ['kmsg']);
    else if (type.startsWith(SYSFS_TYPE)) {
      attachSysDirectory(mountPoints, type.slice(SYSFS_TYPE.length), mount, world.stage);
    } else attachType(mountPoints, type, mount, shown);
    closeSync(mount);
  }
  closeSync(pidfd);
  replaceFiles(world.stage, source, {
    [FILESYSTEMS]: (text) => withFilesystemTypes(text, booted.filesystemTypes),
    [COMMAND_LINE]: (text) => withParameters(text, parameters),
  });
  const remarks = provideConfigurations(booted.filesystemTypes, mountPoints, policies, world.stage);
  mountPoints.seal();
  return remarks;
}

/** @param shown the supervisor shows the type of the mount in mount tables. */
function attachType(mountPoints: MountPoints, type: string, mount: number, shown: boolean): void {
  const place = MOUNT_POINTS[type];
  if (place === undefined) return;
  mountPoints.ensure(place);
  if (!shown && SHARED_FILESYSTEMS.has(type)) mountRealSecurityfs(place);
  checkMount(`move_mount ${place}`, attachMount(mount, place));
  const { devices } = KNOWN_MODULES.find(({ filesystem }) => filesystem?.type === type)?.filesystem ?? {};
  setMountAttributes(place, devices === true ? MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC : USUAL_ATTRIBUTES);
}

/** Ours comes over the host's, so that /proc/mounts has a line of that type, which programs look for. */
function mountRealSecurityfs(place: string): void {
  if (statfsSync(place).type !== SECURITYFS_MAGIC) mountFilesystem('securityfs', place, {}, USUAL_ATTRIBUTES);
}

/** Replaces files of /proc. They lie on a tmpfs with the world's source, so that its mounts are recognised as ours. */
function replaceFiles(
  stage: string,
  source: string,
  changes: Readonly<Record<string, (text: string) => string>>,
): void {
  const options = { source, mode: '755' };
  checkMount(`tmpfs on ${stage}`, mountFilesystem('tmpfs', stage, options, USUAL_ATTRIBUTES));
  for (const [place, change] of Object.entries(changes)) {
    if (!existsSync(place)) continue;
    const file = path.join(stage, path.basename(place));
    writeFileSync(file, change(readFileSync(place, 'latin1')), 'latin1');
    chmodSync(file, 0o444);
    checkMount(`bind ${place}`, bindMount(file, place));
  }
  detachMount(stage);
}

/**
 * Mounts files of a tree over those with the same names. Only names that the host's kernel has: files cannot be made in
 * /proc or /proc/sys.
 */
function attachBelow(directory: string, mount: number, stage: string, names: readonly string[]): void {
  const present = names.filter((name) => existsSync(path.join(directory, name)));
  if (present.length === 0) return;
  checkMount(`move_mount ${stage}`, attachMount(mount, stage));
  for (const name of present) {
    const target = path.join(directory, name);
    checkMount(`bind ${target}`, bindMount(path.join(stage, name), target));
  }
  detachMount(stage);
}
