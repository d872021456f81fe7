/**
 * Looks at a file for nothing but what tells it apart for modules that judge by labels (access-scope.ts): a system call for
 * what it is, and one for each attribute, unless these are known.
 *
 * Model: the number of a mount is given once (STATX_MNT_ID_UNIQUE), so the type of its filesystem stays. Which type that is says a
 * look at a file of the mount as a whole, once in an epoch. Files of an overlay have devices of their layers, each of which gives
 * numbers to its inodes. Attributes hold as in known-files.ts. Files that are told apart by their paths, by processes
 * or by layers (layers.ts) are not looked at here.
 */
import { O_PATH } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { LabelScope } from '../../../lsm/framework/access/access-scope.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import {
  type FilesystemFacts,
  hasKnownFilesystem,
  inodeClass,
  KNOWN_BY_PATH,
} from '../../../lsm/framework/files/inode.ts';
import type { OpenPlace } from '../caller/call-places.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { FileInspector } from '../caller/file-inspector.ts';
import { type FileStamp, isSameTime, isSettled } from '../caller/file-stamp.ts';
import type { FileIdentity } from '../caller/own-files.ts';
import type { Epoch } from '../protocol/epoch.ts';
import type { Layers } from './layers.ts';

const REMEMBERED = 4096;

interface KnownAttributes extends Pick<FileStamp, 'device' | 'nanoseconds' | 'seconds'> {
  /** Which were read. */
  readonly names: readonly string[];
  readonly xattrs: Readonly<Record<string, string>>;
}

type Inspector = Pick<
  FileInspector,
  'attribute' | 'isDecided' | 'keepsAny' | 'keepsLabels' | 'list' | 'look' | 'pathOf'
>;

export class LabelLooks {
  readonly #view: CallerView;
  readonly #files: Inspector;
  readonly #epoch: Pick<Epoch, 'now'>;
  readonly #layers: Pick<Layers, 'mountOf'>;
  /** Of all that is known here. */
  #now = -1;
  /** `undefined`: files of this mount are looked at as a whole. */
  readonly #mounts = new Map<bigint, FilesystemFacts | undefined>();
  /** Of other mount namespaces. */
  readonly #elsewhere = new Set<bigint>();
  /** By mount, then by inode number. */
  readonly #attributes = new Map<bigint, Map<bigint, KnownAttributes>>();
  #size = 0;
  /** Of pipes, once one was looked at: all that is known of one follows from its stamp, and from who asks. */
  #pipes: { readonly device: string; readonly filesystem: FilesystemFacts } | undefined;
  /** Our own root, if it is not that of a mount: its path is the same nevertheless. */
  readonly #ownRoot: FileIdentity | undefined;

  constructor(view: CallerView, files: Inspector, epoch: Pick<Epoch, 'now'>, layers: Pick<Layers, 'mountOf'>) {
    this.#layers = layers;
    this.#view = view;
    this.#files = files;
    this.#epoch = epoch;
    const root = view.open('/', O_PATH);
    const identity = view.identity(root);
    view.close(root);
    this.#ownRoot = identity?.mountRoot === true ? undefined : identity;
  }

  /**
   * Good for keys of decisions (grants.ts) by this scope alone: without paths, and with the attributes of the scope only.
   * `undefined` = it must be looked at as a whole.
   * @param stamp made in this call.
   * @param fd a descriptor of ours; absent = it is not open: only what was looked at before is known.
   * @param place the directory of the call, if it is this one.
   * @param given attributes of this scope that the file is known to have, whatever its times say.
   */
  look(
    stamp: FileStamp,
    tid: Tid,
    { attributes, byDefault, rules, uniform }: LabelScope,
    fd?: number,
    place?: OpenPlace,
    given?: KnownAttributes['xattrs'],
  ): FileFacts | undefined {
    if (this.#files.keepsLabels || !stamp.isMountUnique) return undefined;
    const epoch = this.#epoch.now;
    if (epoch !== this.#now) this.#forget(epoch);
    const { device, mount, ino, mode, uid, gid } = stamp;
    if (device === this.#pipes?.device) return pipe(stamp, tid, this.#pipes.filesystem);
    if (this.#ownRoot !== undefined && Number(ino) === this.#ownRoot.ino) return undefined;
    const filesystem = this.#mounts.get(mount) ?? (fd === undefined ? undefined : this.#mountOf(mount, fd, tid));
    if (filesystem === undefined || this.#view.hazards.waits(tid, device, () => mount)) return undefined;
    const known = this.#files.keepsAny(filesystem.type) ? {} : (given ?? this.#known(stamp, attributes));
    const xattrs = known ?? (fd === undefined ? undefined : this.#read(fd, stamp, attributes, place));
    if (xattrs === undefined) return undefined;
    const byLabel = attributes.every((name) => xattrs[name] !== undefined);
    const isUniform = byLabel || uniform === 'all' || uniform.includes(filesystem.type);
    const byPath = !isUniform || rules.length > 0;
    if (byPath && (fd === undefined || !(isUniform || byDefault.includes(filesystem.type)))) return undefined;
    const shown = fd === undefined || !byPath ? '' : this.#files.pathOf(fd);
    const path = stamp.isMountRoot ? '/' : shown;
    return {
      path: shown || path,
      device,
      mode,
      inode: { class: inodeClass(mode), filesystem, path, ino: Number(ino), uid, gid, xattrs },
    };
  }

  #forget(epoch: number): void {
    this.#now = epoch;
    this.#mounts.clear();
    this.#elsewhere.clear();
    this.#attributes.clear();
    this.#size = 0;
  }

  /** Is it the device of pipes? `false` also as long as none was looked at. */
  isOfPipes(device: string): boolean {
    return device === this.#pipes?.device;
  }

  /**
   * Of the mount of a descriptor of ours; `undefined` = files of it are looked at as a whole. `elsewhere`: so are these, but their paths
   * and attributes tell them, as it is a mount of another mount namespace.
   */
  filesystemOf(mount: bigint, fd: number, tid: Tid): FilesystemFacts | 'elsewhere' | undefined {
    if (this.#files.keepsLabels) return undefined;
    const epoch = this.#epoch.now;
    if (epoch !== this.#now) this.#forget(epoch);
    const filesystem = this.#mountOf(mount, fd, tid) ?? (this.#elsewhere.has(mount) ? 'elsewhere' : undefined);
    const device = filesystem && this.#view.deviceOf(fd);
    return device === undefined || this.#view.hazards.waits(tid, device, () => mount) ? undefined : filesystem;
  }

  #mountOf(mount: bigint, fd: number, tid: Tid): FilesystemFacts | undefined {
    if (this.#mounts.has(mount)) return this.#mounts.get(mount);
    const file = this.#files.look(fd, tid);
    // What cannot be looked at now may be another time.
    if (file === undefined) return undefined;
    const { inode } = file;
    if (inode.filesystem.type === 'pipefs' && inode.process === tid)
      this.#pipes = { device: file.device, filesystem: inode.filesystem };
    const { entry, filesystem, process, socket } = inode;
    const asWhole = KNOWN_BY_PATH.has(filesystem.type) || this.#layers.mountOf(file) !== undefined;
    const isOrdinary = process === undefined && socket === undefined && hasKnownFilesystem(inode) && !asWhole;
    const known = isOrdinary && entry !== undefined ? filesystem : undefined;
    if (this.#mounts.size === REMEMBERED) this.#forget(this.#now);
    this.#mounts.set(mount, known);
    if (isOrdinary && entry === undefined) this.#elsewhere.add(mount);
    return known;
  }

  #known(stamp: FileStamp, names: readonly string[]): KnownAttributes['xattrs'] | undefined {
    const known = this.#attributes.get(stamp.mount)?.get(stamp.ino);
    if (known?.device !== stamp.device || !isSameTime(known, stamp)) return undefined;
    return names.length === known.names.length && names.every((name, index) => name === known.names[index])
      ? known.xattrs
      : undefined;
  }

  #read(
    fd: number,
    stamp: FileStamp,
    names: readonly string[],
    place: OpenPlace | undefined,
  ): KnownAttributes['xattrs'] {
    const xattrs: Record<string, string> = {};
    const attribute = this.#reader(fd, names, place);
    for (const name of names) {
      const value = attribute(name);
      if (value !== undefined) xattrs[name] = value;
    }
    if (!isSettled(stamp)) return xattrs;
    if (this.#size >= REMEMBERED) this.#forget(this.#now);
    const { device, mount, ino, seconds, nanoseconds } = stamp;
    const ofMount = this.#attributes.get(mount) ?? new Map<bigint, KnownAttributes>();
    this.#attributes.set(mount, ofMount.set(ino, { device, seconds, nanoseconds, names, xattrs }));
    this.#size++;
    return xattrs;
  }

  #reader(fd: number, names: readonly string[], place: OpenPlace | undefined): (name: string) => string | undefined {
    const files = this.#files;
    if (place !== undefined && names.every((name) => files.isDecided(name))) {
      // Who asks for the label of what is made there needs them, too (new-label-answers.ts).
      const security = place.security();
      return (name) => security[name];
    }
    // One that is not there costs as much as the list of those that are.
    const stored = names.length > 1 ? files.list(fd) : names;
    return (name) => (typeof stored !== 'number' && stored.includes(name) ? files.attribute(fd, name) : undefined);
  }
}

/** As FileInspector sees a pipe: labelled after the task that asks. */
function pipe({ device, ino, mode, uid, gid }: FileStamp, process: Tid, filesystem: FilesystemFacts): FileFacts {
  const path = `pipe:[${ino}]`;
  const owner = { ino: Number(ino), uid, gid };
  const inode = { class: inodeClass(mode), filesystem, path, ...owner, xattrs: {}, process, unlisted: true };
  return { path, device, mode, inode };
}
