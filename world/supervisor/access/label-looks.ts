/**
 * Looks at a file for nothing but what tells it apart for modules that judge by labels (access-scope.ts): a system call for
 * what it is, and one for each attribute, unless these are known.
 *
 * Model: the number of a mount is given once (STATX_MNT_ID_UNIQUE), so type and device of its filesystem stay. Which type
 * that is says a look at a file of the mount as a whole, once in an epoch. Attributes hold as in known-files.ts. Files that are
 * told apart by their paths, or by processes, are not looked at here.
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { AT_EMPTY_PATH, AT_STATX_DONT_SYNC, O_PATH } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import {
  STATX_ATTR_MOUNT_ROOT,
  STATX_CTIME,
  STATX_GID,
  STATX_INO,
  STATX_MNT_ID_UNIQUE,
  STATX_MODE,
  STATX_TYPE,
  STATX_UID,
  STX,
} from '../../../linux/stat.ts';
import type { LabelScope } from '../../../lsm/framework/access/access-scope.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import {
  type FilesystemFacts,
  hasKnownFilesystem,
  inodeClass,
  KNOWN_BY_PATH,
} from '../../../lsm/framework/files/inode.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { FileInspector } from '../caller/file-inspector.ts';
import type { FileIdentity } from '../caller/own-files.ts';
import type { Epoch } from '../protocol/epoch.ts';
import { isSettled } from './known-files.ts';

const MASK = STATX_TYPE | STATX_MODE | STATX_INO | STATX_UID | STATX_GID | STATX_CTIME | STATX_MNT_ID_UNIQUE;
const REMEMBERED = 4096;

interface KnownMount {
  readonly filesystem: FilesystemFacts;
  /** `major:minor` */
  readonly device: string;
}

interface KnownAttributes {
  readonly seconds: bigint;
  readonly nanoseconds: number;
  /** Which were read. */
  readonly names: readonly string[];
  readonly xattrs: Readonly<Record<string, string>>;
}

type Inspector = Pick<FileInspector, 'attribute' | 'keepsLabels' | 'list' | 'look'>;

export class LabelLooks {
  readonly #view: CallerView;
  readonly #files: Inspector;
  readonly #epoch: Pick<Epoch, 'now'>;
  /** Of all that is known here. */
  #now = -1;
  /** `undefined`: files of this mount are looked at as a whole. */
  readonly #mounts = new Map<bigint, KnownMount | undefined>();
  /** By mount, then by inode number. */
  readonly #attributes = new Map<bigint, Map<bigint, KnownAttributes>>();
  #size = 0;
  /** Our own root, if it is not that of a mount: its path is the same nevertheless. */
  readonly #ownRoot: FileIdentity | undefined;

  constructor(view: CallerView, files: Inspector, epoch: Pick<Epoch, 'now'>) {
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
   * @param fd a descriptor of ours.
   */
  look(fd: number, tid: Tid, { attributes, uniform }: LabelScope): FileFacts | undefined {
    if (this.#files.keepsLabels) return undefined;
    const epoch = this.#epoch.now;
    if (epoch !== this.#now) this.#forget(epoch);
    const view = this.#view;
    const at = Date.now();
    const flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
    if (rawSyscall(NR.statx, fd, view.path(''), flags, MASK, view.resultAddress) < 0) return undefined;
    const statx = view.resultView;
    if ((statx.getUint32(STX.MASK, true) & STATX_MNT_ID_UNIQUE) === 0) return undefined;
    const [mount, ino] = [statx.getBigUint64(STX.MNT_ID, true), statx.getBigUint64(STX.INO, true)];
    const mode = statx.getUint16(STX.MODE, true);
    const [uid, gid] = [statx.getUint32(STX.UID, true), statx.getUint32(STX.GID, true)];
    const [seconds, nanoseconds] = [statx.getBigInt64(STX.CTIME, true), statx.getUint32(STX.CTIME + 8, true)];
    const isRoot = (statx.getUint32(STX.ATTRIBUTES, true) & STATX_ATTR_MOUNT_ROOT) !== 0;
    if (this.#ownRoot !== undefined && Number(ino) === this.#ownRoot.ino) return undefined;
    const known = this.#mountOf(mount, fd, tid);
    if (known === undefined || view.hazards.waits(tid, known.device, () => mount)) return undefined;
    const time = { at, seconds, nanoseconds };
    const xattrs = this.#attributesOf(fd, mount, ino, time, attributes);
    const { filesystem, device } = known;
    const byLabel = attributes.every((name) => xattrs[name] !== undefined);
    if (!byLabel && uniform !== 'all' && !uniform.includes(filesystem.type)) return undefined;
    const path = isRoot ? '/' : '';
    return {
      path,
      device,
      mode,
      inode: { class: inodeClass(mode), filesystem, path, ino: Number(ino), uid, gid, xattrs },
    };
  }

  #forget(epoch: number): void {
    this.#now = epoch;
    this.#mounts.clear();
    this.#attributes.clear();
    this.#size = 0;
  }

  #mountOf(mount: bigint, fd: number, tid: Tid): KnownMount | undefined {
    if (this.#mounts.has(mount)) return this.#mounts.get(mount);
    const file = this.#files.look(fd, tid);
    // What cannot be looked at now may be another time.
    if (file === undefined) return undefined;
    const { device, inode } = file;
    const { entry, filesystem, process, socket } = inode;
    const listed = entry !== undefined && process === undefined && socket === undefined && hasKnownFilesystem(inode);
    const known = listed && !KNOWN_BY_PATH.has(filesystem.type) ? { filesystem, device } : undefined;
    if (this.#mounts.size === REMEMBERED) this.#mounts.clear();
    this.#mounts.set(mount, known);
    return known;
  }

  #attributesOf(
    fd: number,
    mount: bigint,
    ino: bigint,
    time: { readonly at: number; readonly seconds: bigint; readonly nanoseconds: number },
    names: readonly string[],
  ): Readonly<Record<string, string>> {
    const { seconds, nanoseconds } = time;
    const known = this.#attributes.get(mount)?.get(ino);
    const isSame = known?.nanoseconds === nanoseconds && known.seconds === seconds;
    if (isSame && names.length === known.names.length && names.every((name, index) => name === known.names[index]))
      return known.xattrs;
    const xattrs: Record<string, string> = {};
    // One that is not there costs as much as the list of those that are.
    const stored = names.length > 1 ? this.#files.list(fd) : names;
    for (const name of names) {
      const value = typeof stored !== 'number' && stored.includes(name) ? this.#files.attribute(fd, name) : undefined;
      if (value !== undefined) xattrs[name] = value;
    }
    if (!isSettled(time)) return xattrs;
    if (this.#size >= REMEMBERED) this.#forget(this.#now);
    const ofMount = this.#attributes.get(mount) ?? new Map<bigint, KnownAttributes>();
    this.#attributes.set(mount, ofMount.set(ino, { seconds, nanoseconds, names, xattrs }));
    this.#size++;
    return xattrs;
  }
}
