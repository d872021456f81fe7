/**
 * Makes mount points in directories in which mkdir(2) fails.
 *
 * sysfs refuses mkdir. So a directory that lacks a name is covered with a tmpfs in which every former child is mounted (or, for symbolic
 * links, copied) at its old name; the tmpfs ends read-only, as sysfs looks to its users. A child on which the kernel wants something
 * mounted and nothing is (fs/pstore) is an empty directory there, so that it does not look mounted. Children that appear on the host later
 * are not seen.
 */
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  type Stats,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { errorText } from '../../host/libc.ts';
import { attachMount, copyTree, mountFilesystem, setMountAttributes } from '../../host/mounts/mount.ts';
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID, MOUNT_ATTR_RDONLY } from '../../linux/mount.ts';
import { S_IFDIR } from '../../linux/stat.ts';
import { HOST_SIDES } from '../../lsm/known-modules.ts';
import { WorldError } from '../errors.ts';

const COVER_ATTRIBUTES = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

/** Modules of the host's kernel that keep containers from mounting. */
const UNCONFINED = HOST_SIDES.map(({ unconfinedContainer: how }) => (how === undefined ? '' : `, ${how}`)).join('');

interface Child {
  readonly name: string;
  readonly kind: 'directory' | 'file' | 'symlink';
  readonly mode: number;
  /** A detached copy of what is mounted there; -1 = nothing is to be mounted. */
  readonly tree: number;
  readonly target: string;
}

function mountFailed(step: string, result: number): WorldError {
  return new WorldError(
    'mount-failed',
    `Mounting failed at ${step}: ${errorText(result)}.`,
    `Mounting needs CAP_SYS_ADMIN; in a container add \`--cap-add SYS_ADMIN\`${UNCONFINED}.`,
    { errno: -result },
  );
}

export function checkMount(step: string, result: number): number {
  if (result < 0) throw mountFailed(step, result);
  return result;
}

export class MountPoints {
  /** Source of the mounts, by which they are recognised as ours. */
  readonly source: string;
  readonly #covered = new Set<string>();
  readonly #sealed: string[] = [];

  constructor(source: string) {
    this.source = source;
  }

  /** Makes sure that `target` exists as a directory, in this mount namespace only. Its grandparent must exist. */
  ensure(target: string): void {
    if (existsSync(target)) return;
    const parent = path.dirname(target);
    if (!existsSync(parent)) {
      if (path.dirname(parent) === '/') {
        throw new WorldError(
          'mount-failed',
          `${parent} does not exist.`,
          `Mount the kernel's filesystem at ${parent} first.`,
        );
      }
      this.ensure(parent);
    }
    if (!this.#covered.has(parent)) this.#sealed.push(parent);
    this.cover(parent);
    mkdirSync(target, { mode: 0o755 });
  }

  /** Covers a directory with one that has the same children and stays writable. */
  cover(directory: string): void {
    if (!this.#covered.has(directory)) this.#cover(directory);
  }

  /** Makes the covers read-only; `ensure` must not be called any more. */
  seal(): void {
    for (const directory of this.#sealed) setMountAttributes(directory, MOUNT_ATTR_RDONLY);
  }

  #cover(directory: string): void {
    const children = readdirSync(directory).map((name) => describe(directory, name));
    checkMount(
      `tmpfs on ${directory}`,
      mountFilesystem('tmpfs', directory, { source: this.source, mode: '755' }, COVER_ATTRIBUTES),
    );
    for (const child of children) restore(directory, child);
    this.#covered.add(directory);
  }
}

function describe(directory: string, name: string): Child {
  const file = path.join(directory, name);
  const status = lstatSync(file);
  if (status.isSymbolicLink()) {
    return { name, kind: 'symlink', mode: status.mode, tree: -1, target: readlinkSync(file) };
  }
  if (isMountPoint(file, status, directory))
    return { name, kind: 'directory', mode: status.mode, tree: -1, target: '' };
  const tree = checkMount(`open_tree ${file}`, copyTree(file, true));
  return { name, kind: status.isDirectory() ? 'directory' : 'file', mode: status.mode, tree, target: '' };
}

/** A directory of sysfs_create_mount_point() stays empty and has mode 0555. */
function isMountPoint(file: string, { mode, dev }: Stats, directory: string): boolean {
  return mode === (S_IFDIR | 0o555) && dev === lstatSync(directory).dev && readdirSync(file).length === 0;
}

function restore(directory: string, child: Child): void {
  const file = path.join(directory, child.name);
  if (child.kind === 'symlink') {
    symlinkSync(child.target, file);
    return;
  }
  if (child.kind === 'directory') mkdirSync(file, { mode: child.mode & 0o7777 });
  else writeFileSync(file, '', { mode: child.mode & 0o7777 });
  if (child.tree < 0) return;
  checkMount(`move_mount ${file}`, attachMount(child.tree, file));
  closeSync(child.tree);
}
