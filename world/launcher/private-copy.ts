/**
 * A directory of the machine that programs of a world change for themselves alone.
 *
 * Model: an overlay of the directory and an empty one on a tmpfs, in the world's mount namespace. Only what is changed takes memory; it is
 * gone with the last process of the world. Without overlayfs (an overlay on two overlays, a user namespace before Linux 5.11) the tmpfs has
 * a copy of all.
 */
import { execFileSync } from 'node:child_process';
import { accessSync, chmodSync, chownSync, closeSync, constants, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { getXattr, setXattr } from '../../host/files/xattr.ts';
import { attachMount, copyTree, detachedFilesystem, detachMount, mountFilesystem } from '../../host/mounts/mount.ts';
import { KNOWN_MODULES } from '../../lsm/known-modules.ts';
import { checkMount } from './mount-points.ts';

/** Directories are renamed as elsewhere with the first; a user namespace may keep only attributes `user.*` in the upper directory. */
const KINDS: readonly Readonly<Record<string, string | null>>[] = [{ redirect_dir: 'on' }, { userxattr: null }];
const LABELS = KNOWN_MODULES.flatMap(({ explains }) => explains?.fileLabel ?? []);

/** What the launcher may not change needs no copy. @param stage an empty directory. @param source of the world's mounts. */
export function makePrivate(directory: string, stage: string, source: string): void {
  if (!mayChange(directory)) return;
  const copy = privateCopy(directory, stage, source);
  checkMount(`move_mount ${directory}`, attachMount(copy, directory));
  closeSync(copy);
}

/** @returns a detached mount: of the directory itself, read-only for the caller anyway, where the launcher may not change it. */
export function privateCopy(directory: string, stage: string, source: string): number {
  if (!mayChange(directory)) return checkMount(`open_tree ${directory}`, copyTree(directory, false));
  checkMount(`tmpfs on ${stage}`, mountFilesystem('tmpfs', stage, { source, mode: '700' }, 0));
  const [upper, work] = ['upper', 'work'].map((name) => path.join(stage, name)) as [string, string];
  mkdirSync(work);
  makeLike(directory, upper);
  const layers = { source, lowerdir: directory, upperdir: upper, workdir: work };
  let copy = -1;
  for (const kind of KINDS) if (copy < 0) copy = detachedFilesystem('overlay', { ...layers, ...kind });
  if (copy < 0) {
    execFileSync('cp', ['-aT', directory, upper]);
    copy = checkMount(`open_tree ${upper}`, copyTree(upper, false));
  }
  detachMount(stage);
  return copy;
}

function mayChange(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EROFS';
  }
}

/** The root directory of an overlay is the upper one. */
function makeLike(directory: string, made: string): void {
  const { mode, uid, gid } = statSync(directory);
  mkdirSync(made);
  chownSync(made, uid, gid);
  chmodSync(made, mode & 0o7777);
  for (const name of LABELS) {
    const label = getXattr(directory, name);
    if (typeof label === 'string') setXattr(made, name, label);
  }
}
