/**
 * Reads the facts of an ordinary file that the stack decides by: class, filesystem, owner, path and stored security attributes.
 *
 * Model: all facts are read through an O_PATH descriptor; attributes through its /proc/thread-self/fd link, which leads
 * to the file itself, even when that is a symbolic link. A filesystem that a process of the world may serve is asked
 * nothing.
 */

import { inInitialUserNamespace } from '../../../host/process/user-namespace.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import { PROC_SUPER_MAGIC, SECURITYFS_MAGIC, SYSFS_MAGIC, TMPFS_MAGIC } from '../../../linux/magic.ts';
import { ST_NOSUID } from '../../../linux/statfs.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { type InodeFacts, inodeClass, KNOWN_BY_PATH, UNKNOWN_FILESYSTEM } from '../../../lsm/framework/files/inode.ts';
import { KERNEL_FILESYSTEMS } from '../labels/kernel-filesystems.ts';
import { bornAt } from '../pending/new-inode.ts';
import type { DeviceTable } from '../protocol/devices.ts';
import { anonymousInode } from './anonymous-inode.ts';
import type { CallerView } from './caller-view.ts';
import { deviceOfNode } from './device-node.ts';
import { EntryOwners } from './entry-owners.ts';
import { KnownMounts } from './known-mounts.ts';
import { type HostXattrs, OwnXattrs } from './own-xattrs.ts';
import type { PidNamespaces } from './pid-namespaces.ts';
import { pathInFilesystem } from './world-mount.ts';

const { ENODATA } = ERRNO;

/** FileFacts without the label options of the mount, which the daemon adds, and with what only the supervisor needs. */
export interface InspectedFile extends FileFacts {
  /** Number of names. */
  readonly links: number;
  /** Not known = false. */
  readonly nosuid: boolean;
  /** As in mountinfo. */
  readonly mountId: number;
}

/** Types of filesystems served by the daemon whose files have no label of their own. */
const LABELLED_HERE: ReadonlySet<number> = new Set([SECURITYFS_MAGIC, SYSFS_MAGIC]);

/** In procfs; whoever opens one gets ours (calls/open.ts). */
const ATTR_FILE = /^\/\d+\/(?:task\/\d+\/)?attr\//;

/** Files labelled after the process that made them; that is taken to be the asking process. */
const OF_ITS_MAKER = /^(?:pipe:|socket:|\/memfd:)/;

/** d_path() adds it to the path of a file that has no name any more; the name of its entry stays. */
const DELETED = ' (deleted)';
/** In mountinfo, of the root of a mount that has been removed since. */
const DELETED_ROOT = /\/\/deleted$/;

/** Of the null device in a filesystem of its own; its number. */
const NULL_PATH = '/null';
const NULL_DEVICE = '1:3';

/** An attribute name that no file has. */
const NO_ATTRIBUTE = 'security.lsmfs.none';

/** The part that questions to the daemon carry. */
export function factsOf({ inode, path, device, mode, served, layer }: InspectedFile): FileFacts {
  return { inode, path, device, mode, ...(served && { served }), ...(layer && { layer }) };
}

export class FileInspector {
  readonly #view: CallerView;
  readonly #devices: DeviceTable;
  /** Attributes that modules decide about. */
  readonly names: ReadonlySet<string>;
  /** Prefixes of attribute names that belong to namespaces of a module. */
  readonly #prefixes: readonly string[];
  /** Attributes that a module of the host's kernel decides about, too. */
  readonly #ofHost: ReadonlySet<string>;
  readonly #xattrs: HostXattrs;
  /** May we store security attributes on every filesystem? Read once: the daemon stays in its user namespace. */
  readonly privileged = inInitialUserNamespace();
  readonly #mounts: KnownMounts;
  readonly #owners: EntryOwners;

  /**
   * @param names of attributes that modules decide about; one that ends with a dot is a prefix.
   * @param ofHost those among them that a module of the host's kernel decides about, too: what it stores is neither read nor changed.
   */
  constructor(
    view: CallerView,
    devices: DeviceTable,
    namespaces: PidNamespaces,
    names: readonly string[],
    ofHost: readonly string[],
    xattrs: HostXattrs = new OwnXattrs(),
  ) {
    this.#xattrs = xattrs;
    this.#view = view;
    this.#mounts = new KnownMounts(view);
    this.#devices = devices;
    this.#owners = new EntryOwners(view, namespaces);
    this.names = new Set(names.filter((name) => !name.endsWith('.')));
    this.#prefixes = names.filter((name) => name.endsWith('.'));
    this.#ofHost = new Set(ofHost);
  }

  /** True when the host's kernel runs one of the world's modules: the daemon keeps that module's attributes. */
  get keepsLabels(): boolean {
    return this.#ofHost.size > 0;
  }

  /** Does the host's kernel decide about this attribute, too? */
  isOfHost(name: string): boolean {
    return this.#ofHost.has(name);
  }

  /** Does the daemon keep this attribute of files of this type of filesystem, which the host's files have no part in? */
  keeps(name: string, type: string): boolean {
    return this.isOfHost(name) || (KERNEL_FILESYSTEMS.has(type) && this.isDecided(name));
  }

  /** Are there such attributes for it? */
  keepsAny(type: string): boolean {
    return this.keepsLabels || KERNEL_FILESYSTEMS.has(type);
  }

  /** Is it the stored name of an attribute of a module's namespace? */
  isNamespaced(name: string): boolean {
    return !this.names.has(name) && this.isDecided(name);
  }

  /** Do modules of the world decide about this attribute? */
  isDecided(name: string): boolean {
    return this.names.has(name) || this.#prefixes.some((prefix) => name.startsWith(prefix));
  }

  /**
   * `undefined` for files that the daemon serves, whose attributes it answers itself, and for files that cannot be looked at.
   * @param answers true = the filesystem is known not to block us.
   * @param isWanted which attributes are read; absent = those that modules decide about.
   */
  look(
    fd: number,
    tid: Tid,
    { answers = false, isWanted = (name: string) => this.isDecided(name) } = {},
  ): InspectedFile | undefined {
    const view = this.#view;
    const stat = this.#stat(fd);
    if (stat === undefined) return undefined;
    const { mode, uid, gid, ino, links, device, mountId, mountRoot } = stat;
    if (!answers && !view.mayAsk(fd, tid, device)) return undefined;
    const mount = this.#mounts.find({ fd, device, mountId, root: mountRoot ? ino : undefined }, tid);
    if (mount === undefined) return undefined;
    const { shown, listed, magic } = mount;
    const nosuid = (mount.flags & ST_NOSUID) !== 0;
    const link = this.pathOf(fd);
    const named = links === 0 && link.endsWith(DELETED) ? link.slice(0, -DELETED.length) : link;
    const path = KNOWN_BY_PATH.has(shown.type)
      ? pathInFilesystem(shown, link)
      : mountRoot
        ? shown.root.replace(DELETED_ROOT, '')
        : named;
    const anonymous = listed ? undefined : anonymousInode(magic, link);
    const itsMaker = !listed && (OF_ITS_MAKER.test(link) || anonymous?.anonymous !== undefined);
    const inProc = magic === PROC_SUPER_MAGIC;
    const procfs = listed ? { id: mountId, mountPoint: shown.mountPoint } : undefined;
    const process = inProc ? this.#owners.of(path, procfs, tid) : itsMaker ? tid : undefined;
    const stored = inProc ? [] : this.list(fd); // procfs stores none
    const names = typeof stored === 'number' ? [] : stored.filter((name) => !this.keeps(name, shown.type));
    const inode: InodeFacts = {
      class: inodeClass(mode),
      filesystem: { type: shown.type, id: shown.id },
      path,
      ...(listed && { entry: pathInFilesystem(shown, link) }),
      ino,
      uid,
      gid,
      xattrs: this.#values(fd, names.filter(isWanted)),
      ...(process !== undefined && { process }),
      ...anonymous,
      ...(!listed && this.#isSubstitute(fd, magic, link) && { substitute: true }),
      ...((links === 0 || /^\w+:/.test(link)) && { unlisted: true }),
    };
    const served = stat.served || (process !== undefined && inode.class === 'file' && ATTR_FILE.test(path));
    return { inode, path: link, device, mode, nosuid, links, mountId, ...(served && { served }) };
  }

  /** The null device of host/mounts/null-device.ts. */
  #isSubstitute(fd: number, magic: number, link: string): boolean {
    return magic === TMPFS_MAGIC && link === NULL_PATH && deviceOfNode(this.#view, fd) === NULL_DEVICE;
  }

  /**
   * A file whose mount the caller's mountinfo does not have, because that ends at the caller's root or the file is
   * mounted elsewhere or nowhere: its filesystem is not known. With all attributes.
   */
  lookUnlisted(fd: number, tid: Tid): InspectedFile | undefined {
    const stat = this.#stat(fd);
    if (stat === undefined || !this.#view.mayAsk(fd, tid, stat.device)) return undefined;
    const { uid, gid, ino, mode, links, device, mountId } = stat;
    const path = this.pathOf(fd);
    const xattrs = this.attributes(fd);
    const inode = { class: inodeClass(mode), filesystem: UNKNOWN_FILESYSTEM, path, ino, uid, gid, xattrs };
    return { inode, path, device, mode, links, nosuid: false, mountId };
  }

  /** `undefined` for files on filesystems that the daemon serves and labels. */
  #stat(fd: number) {
    const stat = this.#view.stat(fd);
    if (stat === undefined) return undefined;
    const own = this.#devices.magic(stat.major, stat.minor);
    if (own !== 0 && !LABELLED_HERE.has(own)) return undefined;
    return { ...stat, device: `${stat.major}:${stat.minor}`, served: own !== 0 };
  }

  /** Path by which the calling thread reaches the file behind `fd`. */
  pathOf(fd: number): string {
    return this.#view.readlinkAt(AT_FDCWD, `/proc/thread-self/fd/${fd}`) ?? '';
  }

  /** setxattr(2). @returns 0 or a negative errno. */
  store(fd: number, name: string, value: Uint8Array, flags: number): number {
    return this.#xattrs.set(fd, name, value, flags);
  }

  /** removexattr(2). @returns 0 or a negative errno. */
  remove(fd: number, name: string): number {
    return this.#xattrs.remove(fd, name);
  }

  /**
   * The errno that setxattr(2) gives because of the file alone, found without changing it: by removing an attribute
   * that no file has.
   * @returns 0, or a negative errno: EROFS, EPERM (immutable), EOPNOTSUPP (no attributes there).
   */
  changeable(fd: number): number {
    const result = this.#xattrs.remove(fd, NO_ATTRIBUTE);
    return result === -ENODATA ? 0 : result;
  }

  /** ms since the epoch; `undefined` where the filesystem keeps no time of birth. */
  bornAt(fd: number): number | undefined {
    return bornAt(this.#view, fd);
  }

  /** Is it on a filesystem that the daemon serves? */
  isOurs(fd: number): boolean {
    return this.#devices.has(this.#view.deviceOf(fd) ?? '');
  }

  /** Is it on a served filesystem that labels its files itself? */
  answersItself(fd: number): boolean {
    const identity = this.#view.identity(fd);
    const own = identity === undefined ? 0 : this.#devices.magic(identity.major, identity.minor);
    return own !== 0 && !LABELLED_HERE.has(own);
  }

  /** The stored value (latin-1), if it is not the host's; `undefined` = there is none. */
  attribute(fd: number, name: string): string | undefined {
    return this.isOfHost(name) ? undefined : this.#xattrs.get(fd, name);
  }

  /** Names that are stored, as listxattr(2) gives them; without those of the host. @returns a negative errno on failure. */
  list(fd: number): string[] | number {
    return this.#withoutHost(this.#xattrs.list(fd));
  }

  #withoutHost(names: string[] | number): string[] | number {
    return typeof names === 'number' ? names : names.filter((name) => !this.isOfHost(name));
  }

  /** All that are stored and not the host's, name to value (latin-1). */
  attributes(fd: number): Record<string, string> {
    const names = this.list(fd);
    return typeof names === 'number' ? {} : this.#values(fd, names);
  }

  /** Those of a directory that modules decide about. */
  securityOfDirectory(fd: number): Record<string, string> {
    const names = this.#withoutHost(this.#xattrs.listOfDirectory(fd));
    return typeof names === 'number'
      ? {}
      : this.#values(
          fd,
          names.filter((name) => this.isDecided(name)),
        );
  }

  /** A mount of `type` was made that is not attached yet. */
  expectDetached(device: string, type: string): void {
    this.#mounts.expectDetached(device, type);
  }

  #values(fd: number, names: Iterable<string>): Record<string, string> {
    const values: Record<string, string> = {};
    for (const name of names) {
      const value = this.#xattrs.get(fd, name);
      if (value !== undefined) values[name] = value;
    }
    return values;
  }
}
