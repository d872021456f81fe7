/**
 * Security attributes of ordinary files: the smack_inode_* hooks of security/smack/smack_lsm.c, Linux 6.12.
 */
import { bytesOf } from '../../../linux/bytes.ts';
import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import { entryFields, pathFields } from '../../framework/audit/lsm-audit.ts';
import type { FileFacts } from '../../framework/files/file-facts.ts';
import type { InodeFacts, NewInode, NewSecurity } from '../../framework/files/inode.ts';
import type { Task } from '../../framework/task.ts';
import { MAY } from '../decide/access.ts';
import type { SmackSecurity } from '../decide/security.ts';
import { meantIn, shownIn } from '../namespaces/namespaces.ts';
import { parseLabel, SPECIAL } from '../policy/label.ts';
import {
  defaultLabel,
  inodeLabel,
  isTransmuting,
  type LabelByProcess,
  storedLabel,
  TRANSMUTE_TRUE,
} from './inode-label.ts';
import { MOUNT_OPTIONS } from './mount-options.ts';
import { XATTR } from './xattrs.ts';

export const XATTR_NAMES: readonly string[] = Object.values(XATTR);

/** Attributes whose value is a label, and those whose label must be one that a task can have. */
const HOLDS_LABEL: ReadonlySet<string> = new Set([XATTR.label, XATTR.exec, XATTR.mmap, XATTR.ipIn, XATTR.ipOut]);
const NAMES_LABEL: ReadonlySet<string> = new Set([...HOLDS_LABEL, ...MOUNT_OPTIONS]);
const OF_A_TASK: ReadonlySet<string> = new Set([XATTR.exec, XATTR.mmap]);

/** Who made the socket with this inode number, which the process of a thread has open. */
type MakerOfSocket = (socket: number, tid: Tid) => Task | undefined;

export class FileHooks {
  readonly #security: SmackSecurity;
  readonly #labelByProcess: LabelByProcess;
  readonly #makerOfSocket: MakerOfSocket;

  constructor(security: SmackSecurity, labelByProcess: LabelByProcess, makerOfSocket: MakerOfSocket) {
    this.#security = security;
    this.#labelByProcess = labelByProcess;
    this.#makerOfSocket = makerOfSocket;
  }

  labelOf(inode: InodeFacts): string {
    return inodeLabel(inode, this.#labelByProcess);
  }

  /** What is in memory of the file; other attributes are what is stored. */
  get(task: Task, inode: InodeFacts, name: string, caller: Caller): Result<Uint8Array> {
    if (!XATTR_NAMES.includes(name)) return E.EOPNOTSUPP;
    const refused = this.check(task, inode, MAY.READ, 'smack_inode_getxattr', caller);
    if (refused !== undefined) return refused;
    const namespace = this.#security.namespaceOf(task, caller);
    if (name === XATTR.label) return bytesOf(shownIn(namespace, this.labelOf(inode)));
    if (name === XATTR.transmute) return bytesOf(isTransmuting(inode) ? TRANSMUTE_TRUE : '');
    if (inode.filesystem.type === 'sockfs' && (name === XATTR.ipIn || name === XATTR.ipOut)) {
      const label = this.#labelOfSocket(inode, name, task.tid);
      if (label !== undefined) return bytesOf(shownIn(namespace, label));
    }
    const stored = namespace && storedLabel(inode, name);
    return stored === undefined ? E.EOPNOTSUPP : bytesOf(shownIn(namespace, stored));
  }

  /** What is stored for a value of an attribute or mount option that may be set: from a namespace, the label that it means. */
  storedValue(task: Task, name: string, value: Uint8Array, caller: Caller): Result<Uint8Array> {
    const namespace = NAMES_LABEL.has(name) ? this.#security.namespaceOf(task, caller) : undefined;
    const label = namespace && parseLabel(value);
    return label === undefined ? E.EOPNOTSUPP : bytesOf(meantIn(namespace, label) ?? label);
  }

  set(task: Task, inode: InodeFacts, name: string, value: Uint8Array, caller: Caller): Errno | undefined {
    if (!XATTR_NAMES.includes(name)) return undefined;
    if (name === XATTR.label && inode.class === 'sock_file') return E.EINVAL;
    const refused = this.#refuseUnprivileged(inode, caller) ?? this.#valueProblem(inode, name, value, caller);
    return refused ?? this.check(task, inode, MAY.WRITE, 'smack_inode_setxattr', caller);
  }

  remove(task: Task, inode: InodeFacts, name: string, caller: Caller): Errno | undefined {
    if (!XATTR_NAMES.includes(name)) return undefined;
    const refused = this.#refuseUnprivileged(inode, caller);
    return refused ?? this.check(task, inode, MAY.WRITE, 'smack_inode_removexattr', caller);
  }

  /**
   * The label of a new file: that of its maker, or in a transmuting directory that of the directory. As a deviation
   * from the kernel, nothing is stored with a file that would be taken for the same without it, so that the disks of
   * people who only try something stay as they are.
   */
  init(task: Task, directory: InodeFacts, made: NewInode): NewSecurity {
    // mqueue_create_attr() does not call security_inode_init_security(): smack_d_instantiate() gives a queue the default.
    // The root of a filesystem has the label that its mount says: smack_set_mnt_opts().
    const isAsked = made.class !== 'sock_file' && made.isRoot !== true && directory.filesystem.type !== 'mqueue';
    if (!isAsked) return { xattrs: [], apart: [] };
    const own = this.#security.of(task).label;
    const parent = this.labelOf(directory);
    const transmutes = isTransmuting(directory) && ((this.#security.rule(own, parent) ?? 0) & MAY.TRANSMUTE) !== 0;
    const label = transmutes ? parent : own;
    const { filesystem } = directory;
    const xattrs = [
      ...(label === defaultLabel(filesystem) ? [] : [{ name: XATTR.label, value: bytesOf(label) }]),
      ...(transmutes && made.class === 'dir' ? [{ name: XATTR.transmute, value: bytesOf(TRANSMUTE_TRUE) }] : []),
    ];
    return { xattrs, apart: [] };
  }

  /** @param hook as the record names it. */
  check(
    task: Task,
    inode: InodeFacts,
    request: number,
    hook: string,
    caller: Caller,
    details = entryFields(inode),
  ): Errno | undefined {
    return this.#security.check(task, this.labelOf(inode), request, caller, { hook, details });
  }

  /** smack_file_receive() of a socket: who receives it must be able to write to what it sends, and it to the receiver. */
  receiveSocket(task: Task, { path, inode }: Pick<FileFacts, 'path' | 'inode'>, caller: Caller): Errno | undefined {
    const security = this.#security;
    const own = security.of(task).label;
    const [into, out] = [XATTR.ipIn, XATTR.ipOut].map((name) =>
      this.#labelOfSocket(inode, name, inode.process ?? task.tid),
    );
    if (into === undefined || out === undefined) return undefined;
    const audited = { hook: 'smack_file_receive', details: pathFields(path, inode) };
    const write = (subject: string, object: string): Errno | undefined =>
      security.checkLabels({ subject, object, request: MAY.WRITE }, caller, audited);
    return write(own, out) ?? write(into, own);
  }

  /** What goes into it or comes out of it has this label; `undefined` = nobody knows who made it. */
  #labelOfSocket(inode: InodeFacts, name: string, holder: Tid): string | undefined {
    const stored = storedLabel(inode, name);
    if (stored !== undefined) return stored;
    const maker = this.#makerOfSocket(inode.ino, holder);
    return maker && this.#security.of(maker).label;
  }

  /** smack_mmap_file(): nothing is recorded, and no capability helps. */
  refuseMapping(task: Task, inode: InodeFacts, caller: Caller): Errno | undefined {
    const label = storedLabel(inode, XATTR.mmap);
    if (label === undefined || label === SPECIAL.star || label === SPECIAL.web) return undefined;
    return this.#security.mayMap(task, label, caller) ? undefined : E.EACCES;
  }

  #refuseUnprivileged(inode: InodeFacts, caller: Caller): Errno | undefined {
    return this.#security.privilegedOver(caller, inode) ? undefined : E.EPERM;
  }

  #valueProblem(inode: InodeFacts, name: string, value: Uint8Array, caller: Caller): Errno | undefined {
    if (name === XATTR.transmute) {
      const isTrue = value.length === TRANSMUTE_TRUE.length && Buffer.from(value).equals(Buffer.from(TRANSMUTE_TRUE));
      return inode.class === 'dir' && isTrue ? undefined : E.EINVAL;
    }
    if (!HOLDS_LABEL.has(name)) return undefined;
    const label = parseLabel(value);
    if (label === undefined) return E.EINVAL;
    const meant = this.#security.named(label, caller);
    if (failed(meant)) return meant;
    const unfit = label === SPECIAL.star || label === SPECIAL.web;
    return unfit && OF_A_TASK.has(name) ? E.EINVAL : undefined;
  }
}
