/**
 * Directories that a kernel with the world's modules makes in every sysfs (sysfs_create_mount_point()) and the host's kernel does not.
 *
 * Model: as launcher/mount-points.ts. sysfs refuses mkdir, so the directory above is covered with a tmpfs that has the
 * missing names, empty, and in which every other child is mounted at its old name; it ends read-only. A child on which
 * the kernel wants something mounted (fs/cgroup, kernel/debug) is an empty directory there, too, or systemd-nspawn takes it
 * for mounted. Here the sysfs is one that a process of the world has just made, in the process' mount namespace; nothing
 * is looked up there but names below the root of that sysfs. Mount tables leave covers out, by their source
 * (kernel-files/mount-table/emulated.ts).
 */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { attachMountOn, copyMount, detachedFilesystem, setMountAttributes } from '../../../host/mounts/mount.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { O_DIRECTORY, O_NOFOLLOW, O_PATH, RESOLVE_NO_XDEV } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import { TMPFS_MAGIC } from '../../../linux/magic.ts';
import {
  MNT_DETACH,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_RDONLY,
} from '../../../linux/mount.ts';
import { S_IFDIR } from '../../../linux/stat.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { detachInNamespaceOf, visit } from '../caller/mount-namespace.ts';

const ATTRIBUTES = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
const MOUNT_POINT_MODE = 0o555;
const { ENOENT, EBUSY, EINVAL } = ERRNO;

/** A tmpfs that is not attached yet. */
export interface Cover {
  /** Name in the root of the sysfs. */
  readonly parent: string;
  readonly tmpfs: number;
  /** What is to be mounted in it again. */
  readonly children: readonly string[];
}

export class SysfsCovers {
  readonly #view: CallerView;
  /** Device name of the world's mounts. */
  readonly #source: string;
  /** `fs/selinux`. */
  readonly #directories: readonly string[];

  constructor(view: CallerView, source: string, directories: readonly string[]) {
    this.#view = view;
    this.#source = source;
    this.#directories = directories;
  }

  get source(): string {
    return this.#source;
  }

  /** What the sysfs behind `root` lacks; to be put or closed. */
  make(root: number): Cover[] {
    const missing = new Map<string, string[]>();
    for (const directory of this.#directories) {
      if (this.#has(root, directory)) continue;
      const [parent, name] = [path.dirname(directory), path.basename(directory)];
      if (this.#has(root, parent)) missing.set(parent, [...(missing.get(parent) ?? []), name]);
    }
    return [...missing].flatMap(([parent, names]) => this.#cover(root, parent, names));
  }

  close(covers: readonly Cover[]): void {
    for (const { tmpfs } of covers) this.#view.close(tmpfs);
  }

  /** In the mount namespace where `root` is attached. */
  put(root: number, covers: readonly Cover[]): void {
    for (const cover of covers) this.#put(root, cover);
  }

  /** Parents in the sysfs that have a cover. @param isOurs by mount number. */
  covered(root: number, isOurs: (mountId: number) => boolean): string[] {
    const parents = new Set(this.#directories.map((directory) => path.dirname(directory)));
    return [...parents].filter((parent) => {
      const fd = this.#view.openAt(root, parent, O_PATH | O_DIRECTORY);
      if (fd < 0) return false;
      const id = this.#view.identity(fd)?.mountRoot ? this.#view.mountId(fd) : -1;
      this.#view.close(fd);
      return isOurs(id);
    });
  }

  /** Takes covers away. @returns 0, or a negative errno: something below is in use, and its cover is broken. */
  remove(tid: Tid, root: number, parents: readonly string[]): number {
    for (const parent of parents) {
      const tmpfs = this.#view.openAt(root, parent, O_PATH | O_DIRECTORY);
      if (tmpfs < 0) return tmpfs;
      if (this.#view.filesystemMagic(tmpfs, tid) !== TMPFS_MAGIC) {
        this.#view.close(tmpfs);
        return -EBUSY; // another mount was made there meanwhile
      }
      let result = 0;
      for (const name of this.#view.names(tmpfs)) {
        const detached = detachInNamespaceOf(this.#view, tid, tmpfs, name, 0);
        if (detached < 0 && detached !== -EINVAL) result = detached; // EINVAL: one of the missing names
      }
      this.#view.close(tmpfs);
      if (result === 0) result = detachInNamespaceOf(this.#view, tid, root, parent, 0);
      if (result < 0) return result;
    }
    return 0;
  }

  /** Makes covers anew, also of what is left of earlier ones. */
  renew(tid: Tid, root: number, parents: readonly string[]): void {
    for (const parent of parents) detachInNamespaceOf(this.#view, tid, root, parent, MNT_DETACH);
    const covers = this.make(root);
    visit(this.#view, tid, () => {
      this.put(root, covers);
      return 0;
    });
    this.close(covers);
  }

  /** Also when something is mounted on it or above it: EXDEV then (a copy of a whole tree is moved like a new sysfs). */
  #has(root: number, directory: string): boolean {
    const fd = this.#open(root, directory);
    if (fd >= 0) this.#view.close(fd);
    return fd !== -ENOENT;
  }

  #cover(root: number, parent: string, names: readonly string[]): Cover[] {
    const from = this.#open(root, parent);
    if (from < 0) return [];
    const tmpfs = detachedFilesystem('tmpfs', { source: this.#source, mode: '755' }, ATTRIBUTES);
    if (tmpfs < 0) {
      this.#view.close(from);
      return [];
    }
    const there = `/proc/thread-self/fd/${tmpfs}`;
    for (const name of names) {
      mkdirSync(path.join(there, name));
      chmodSync(path.join(there, name), MOUNT_POINT_MODE);
    }
    const children = this.#view.names(from).filter((name) => this.#prepare(from, name, path.join(there, name)));
    this.#view.close(from);
    setMountAttributes(`${there}/.`, MOUNT_ATTR_RDONLY);
    return [{ parent, tmpfs, children }];
  }

  /** Makes a place for a child. @returns whether it is to be mounted there. */
  #prepare(from: number, name: string, place: string): boolean {
    const child = this.#open(from, name);
    if (child < 0) return false; // gone, or below a mount
    const link = this.#view.readlinkAt(child, '');
    const isPlace = link === undefined && this.#isMountPoint(child);
    if (link !== undefined) symlinkSync(link, place);
    else if (this.#view.identity(child)?.directory) mkdirSync(place);
    else writeFileSync(place, '');
    if (isPlace) chmodSync(place, MOUNT_POINT_MODE);
    this.#view.close(child);
    return link === undefined && !isPlace;
  }

  /** A directory of sysfs_create_mount_point() stays empty and has mode 0555. */
  #isMountPoint(child: number): boolean {
    const mode = this.#view.stat(child)?.mode ?? 0;
    return mode === (S_IFDIR | MOUNT_POINT_MODE) && this.#view.names(child).length === 0;
  }

  #put(root: number, { parent, tmpfs, children }: Cover): void {
    // Copied before the cover hides them.
    const copies = children.map((name) => ({ name, copy: this.#copy(root, `${parent}/${name}`) }));
    this.#attach(tmpfs, root, parent);
    for (const { name, copy } of copies) {
      if (copy < 0) continue; // it is gone
      this.#attach(copy, tmpfs, name);
      this.#view.close(copy);
    }
  }

  #copy(root: number, name: string): number {
    const fd = this.#open(root, name);
    if (fd < 0) return fd;
    const copy = copyMount(fd);
    this.#view.close(fd);
    return copy;
  }

  #attach(mount: number, directory: number, name: string): void {
    const place = this.#open(directory, name);
    if (place < 0) return;
    attachMountOn(mount, place);
    this.#view.close(place);
  }

  /** O_PATH, with RESOLVE_NO_XDEV: never leads into a mount that the process makes there meanwhile. */
  #open(directory: number, name: string): number {
    return this.#view.openAt2(directory, name, O_NOFOLLOW, RESOLVE_NO_XDEV);
  }
}
