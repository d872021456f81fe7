/**
 * The security attributes that modules decide about, on ordinary files: getxattr(2) and its fifteen relatives.
 *
 * Model: fs/xattr.c. A module gives the value that is read and says whether one may be set; what is set is stored with
 * the file itself, by us, because the host's kernel would ask for CAP_SYS_ADMIN where the module asks for ownership.
 * Calls on all other attributes are left to the host after one read of the caller's memory. Attributes that a module of
 * the host's kernel decides about are always answered here.
 */
import { latin1 } from '../../../host/memory/remote-memory.ts';
import { bytesOf } from '../../../linux/bytes.ts';
import { CAP, hasCapability } from '../../../linux/capability.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW } from '../../../linux/fcntl.ts';
import { XATTR_CREATE, XATTR_SIZE_MAX } from '../../../linux/fs.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { type CallerBuffer, giveBytes } from '../caller/caller-buffer.ts';
import { factsOf, type InspectedFile } from '../caller/file-inspector.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { storeLabel } from '../labels/label-store.ts';
import { refuseForeign } from './foreign-labels.ts';
import { always, type SupervisedCall } from './supervised-call.ts';
import { type Operation, onFile, type Target } from './xattr-file.ts';

const XATTR_FLAGS = 3;
const NAME_LIMIT = 256;
const { EPERM, EIO, E2BIG, EEXIST, EFAULT, EROFS, EOPNOTSUPP } = ERRNO;
/** struct xattr_args { u64 value; u32 size; u32 flags; } */
const XATTR_ARGS_SIZE = 16;

/** The name in this argument, when it is one that modules decide about. */
function ownName({ call, memory, files }: WorkerContext, argument: number): string | undefined {
  const name = memory.readString(call.tid, call.low(argument), call.high(argument), NAME_LIMIT);
  return typeof name === 'string' && files.isDecided(name) ? name : undefined;
}

/** The same for somebody who changes it: others may be guarded. */
function changedName(context: WorkerContext, argument: number): string | undefined {
  const { call, guard, memory, files } = context;
  if (guard === undefined) return ownName(context, argument);
  const name = memory.readString(call.tid, call.low(argument), call.high(argument), NAME_LIMIT);
  return typeof name === 'string' && (files.isDecided(name) || guard.guards(name)) ? name : undefined;
}

function get(name: string, buffer: CallerBuffer): Operation {
  return (context, _fd, file) => {
    const kept = context.files.keeps(name, file.inode.filesystem.type);
    const { tid } = context.call;
    const facts = factsOf(file);
    const answer = context.ask({ kind: 'get-xattr', tid, ...context.view.known(tid), ...facts, name, kept });
    if (answer === undefined) return kept ? -EIO : undefined;
    if (answer.errno === EOPNOTSUPP && !kept) return undefined;
    if (answer.value === undefined) return -answer.errno;
    const { value, silent } = answer.value;
    // What is stored as the module gives it, the host can read by itself.
    if (silent) tell(context, file, facts.inode.xattrs[name] === latin1(value, value.length), value);
    return giveBytes(context, value, buffer);
  };
}

/** @param isAlike the host gives the same. */
function tell({ fastPath }: WorkerContext, file: InspectedFile, isAlike: boolean, data: Uint8Array): void {
  if (isAlike) fastPath?.attributes.answersAlike(factsOf(file));
  else fastPath?.attributes.answers(factsOf(file), data);
}

function set(name: string, { low, high, size }: CallerBuffer, flags: number): Operation {
  return (context, fd, file) => {
    const { call, memory, files, guard } = context;
    // Nobody decides about it, but it is guarded.
    const foreign = !files.isDecided(name);
    if (size > XATTR_SIZE_MAX) return -E2BIG;
    const value = memory.copy(call.tid, low, high, size);
    if (value === undefined) return -EFAULT;
    const changeable = files.changeable(fd);
    const refused = refusedByItself(files, changeable);
    if (refused !== 0) return refused;
    // Where attributes are not stored, whether there is one does not matter: security_inode_setsecurity().
    const born = flags === 0 || changeable === -EOPNOTSUPP ? undefined : files.bornAt(fd);
    const asked = { kind: 'set-xattr', tid: call.tid, ...factsOf(file), name, value } as const;
    const answer = context.ask({ ...asked, ...(born !== undefined && { born }) });
    const kept = files.keeps(name, file.inode.filesystem.type);
    if (answer === undefined) return kept ? -EIO : undefined;
    // The stored name of another namespace's attribute is left to the host, which requires CAP_SYS_ADMIN.
    if (answer.value === undefined) return -answer.errno;
    if (foreign || !files.names.has(name)) {
      guard?.expect(fd, call.tid, file, name);
      return undefined;
    }
    // Attributes that depend on the content are not kept in memory.
    const content = files.privileged && !kept && context.contentXattrs.has(name);
    const setter = { tid: call.tid, name };
    const { name: storedName, value: stored = value, isThere } = answer.value;
    if (isThere === true && (flags & XATTR_CREATE) !== 0) return -EEXIST;
    const among = isThere === true ? 0 : flags;
    // What a directory is taken for is part of all ways below it.
    const stays = file.inode.class === 'dir' && !content && hasLabel(context, factsOf(file), name, value);
    const result = content
      ? files.store(fd, storedName, stored, among)
      : storeLabel(files, context.ask, fd, file, storedName, stored, among, setter);
    if (!content) relabelled(context, fd, file, storedName, stored, stays);
    if (result === 0 && flags === 0 && stored === value && storedName === name && answer.value.silent === true)
      setAlike(context, fd, factsOf(file), name, latin1(value, value.length), stays);
    if (result === 0) guard?.follow(fd, call.tid, file, storedName);
    return result;
  };
}

/** Is the file taken to have this label, stored or not? */
function hasLabel({ ask, call }: WorkerContext, file: FileFacts, name: string, value: Uint8Array): boolean {
  if (file.inode.xattrs[name] !== undefined) return file.inode.xattrs[name] === latin1(value, value.length);
  const answer = ask({ kind: 'get-xattr', tid: call.tid, ...file, name });
  return answer?.value?.silent === true && Buffer.compare(answer.value.value, value) === 0;
}

/** Tells when the host would have stored the same by itself, and no path leads elsewhere or is passed otherwise. */
function setAlike(
  context: WorkerContext,
  fd: number,
  file: FileFacts,
  name: string,
  value: string,
  stays: boolean,
): void {
  const { call, fastPath, files, view } = context;
  const relabels = !stays && file.inode.xattrs[name] !== value;
  const isStored = files.attribute(fd, name) === value;
  if (fastPath === undefined || !isStored || (relabels && file.inode.class === 'dir')) return;
  const capabilities = view.credentials(call.tid)?.capabilities ?? 0n;
  if (hasCapability(capabilities, CAP.SYS_ADMIN)) fastPath.attributes.answersAlike(file, relabels);
}

/**
 * A label that is stored with a file shows in the time of its last change, by which what is remembered of it ends. Those of
 * directories count for all that is below them, and kept ones show in nothing.
 */
function relabelled(
  context: WorkerContext,
  fd: number,
  { inode }: FileFacts,
  name: string,
  value: Uint8Array,
  stays: boolean,
): void {
  const { call, epoch, files, fileUses, guard, mediator } = context;
  const isStored = files.attribute(fd, name) === latin1(value, value.length);
  if (!isStored || fileUses !== undefined || guard !== undefined) epoch.move();
  else if (inode.class === 'dir' && !stays) mediator?.known.namesChange(call.tid);
  context.labelled();
}

/**
 * A read-only mount comes first (mnt_want_write()), then what cannot be changed (xattr_permission()), then the modules.
 * A daemon without privileges cannot tell the latter from what it may not change itself.
 */
function refusedByItself({ privileged }: { readonly privileged: boolean }, changeable: number): number {
  return changeable === -EROFS || (changeable === -EPERM && privileged) ? changeable : 0;
}

function list(buffer: CallerBuffer): Operation {
  return (context, fd, file) => {
    const { call, files, view } = context;
    const { type } = file.inode.filesystem;
    const keeps = files.keepsAny(type);
    const always = context.labelsFiles || keeps ? namesInForce(context, file) : [];
    const all = files.list(fd);
    const listed = typeof all === 'number' ? all : all.filter((name) => !files.keeps(name, type));
    const hides = typeof listed !== 'number' && listed.some((name) => files.isNamespaced(name));
    if (always.length === 0 && !keeps && !hides) return undefined;
    const stored = hides ? visible(context, listed) : listed;
    if (typeof stored === 'number' && stored !== -EOPNOTSUPP) return undefined;
    let names = typeof stored === 'number' ? [] : stored;
    if (names.some((name) => name.startsWith('trusted.'))) {
      const capabilities = view.status(call.tid)?.effectiveCapabilities ?? 0n;
      if (!hasCapability(capabilities, CAP.SYS_ADMIN)) names = names.filter((name) => !name.startsWith('trusted.'));
    }
    const others = always.filter((name) => !names.includes(name));
    // sockfs_listxattr() asks the modules first.
    const shown = type === 'sockfs' ? [...others, ...names] : [...names, ...others];
    const data = bytesOf(shown.map((name) => `${name}\0`).join(''));
    if (!keeps && !hides) tell(context, file, others.length === 0, data);
    return giveBytes(context, data, buffer);
  };
}

/** Names as the caller sees them. */
function visible({ ask, call }: WorkerContext, names: readonly string[]): readonly string[] {
  return ask({ kind: 'visible-xattrs', tid: call.tid, names })?.value ?? [];
}

/** Attributes that every file has for the caller, and those of this file that are kept in memory. */
function namesInForce(context: WorkerContext, looked: InspectedFile): readonly string[] {
  const file = context.files.keepsAny(looked.inode.filesystem.type) ? factsOf(looked) : undefined;
  const answer = context.ask({ kind: 'list-xattrs', tid: context.call.tid, ...(file && { file }) });
  return answer?.value ?? [];
}

function remove(name: string): Operation {
  return (context, fd, file) => {
    const { call, files, guard } = context;
    const own = files.keeps(name, file.inode.filesystem.type);
    const changeable = files.changeable(fd);
    const refused = refusedByItself(files, changeable);
    if (refused !== 0) return refused;
    const kept = own && (changeable === 0 || changeable === -EPERM);
    context.epoch.move();
    const answer = context.ask({ kind: 'remove-xattr', tid: call.tid, ...factsOf(file), name, kept });
    if (answer === undefined) return own ? -EIO : undefined;
    if (answer.value === undefined || kept) return -answer.errno;
    if (answer.value !== name) {
      const removed = files.remove(fd, answer.value);
      if (removed === 0) guard?.follow(fd, call.tid, file, answer.value);
      return removed;
    }
    if (own) return changeable;
    guard?.expect(fd, call.tid, file, name);
    return undefined;
  };
}

/** A buffer in arguments: address, size. */
function bufferAt({ call }: WorkerContext, argument: number): CallerBuffer {
  const size = call.high(argument + 1) > 0 ? 2 ** 32 : call.low(argument + 1);
  return { low: call.low(argument), high: call.high(argument), size };
}

/** (path or fd, name, value, size) */
const getter =
  (target: Target): Handler =>
  (context) => {
    const name = ownName(context, 1);
    const into = bufferAt(context, 2);
    if (name !== undefined) onFile(context, target, get(name, into), { name, into });
  };

/** (path or fd, name, value, size, flags) */
const setter =
  (target: Target): Handler =>
  (context) => {
    const flags = context.call.low(4);
    const name = changedName(context, 1);
    if (name === undefined) refuseForeign(context, target, 1, true);
    else if ((flags & ~XATTR_FLAGS) === 0) {
      onFile(context, target, set(name, bufferAt(context, 2), flags), { name });
    }
  };

/** (path or fd, list, size) */
const lister =
  (target: Target): Handler =>
  (context) => {
    const into = bufferAt(context, 1);
    onFile(context, target, list(into), { into });
  };

/** (path or fd, name) */
const remover =
  (target: Target): Handler =>
  (context) => {
    const name = changedName(context, 1);
    if (name === undefined) refuseForeign(context, target, 1, false);
    else onFile(context, target, remove(name), { name });
  };

const PATH: Target = { path: 0, follow: true };
const LINK: Target = { path: 0, follow: false };
const DESCRIPTOR: Target = { fd: 0, follow: true };

const getxattr = getter(PATH);
const lgetxattr = getter(LINK);
const fgetxattr = getter(DESCRIPTOR);
const setxattr = setter(PATH);
const lsetxattr = setter(LINK);
const fsetxattr = setter(DESCRIPTOR);
const listxattr = lister(PATH);
const llistxattr = lister(LINK);
const flistxattr = lister(DESCRIPTOR);
const removexattr = remover(PATH);
const lremovexattr = remover(LINK);
const fremovexattr = remover(DESCRIPTOR);

/** (dfd, path, at_flags, ...); `undefined` for flags that the host refuses. */
function targetAt({ call }: WorkerContext): Target | undefined {
  const flags = call.low(2);
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) return undefined;
  return { fd: 0, path: 1, follow: (flags & AT_SYMLINK_NOFOLLOW) === 0, takesEmpty: (flags & AT_EMPTY_PATH) !== 0 };
}

/** (dfd, path, at_flags, name, struct xattr_args *, size) */
function withArguments(
  context: WorkerContext,
  make: (name: string, buffer: CallerBuffer, flags: number) => Operation,
  looks: boolean,
): void {
  const { call, memory } = context;
  const target = targetAt(context);
  const name = (looks ? ownName : changedName)(context, 3);
  if (target !== undefined && name === undefined && !looks) refuseForeign(context, target, 3, true);
  if (target === undefined || name === undefined || call.low(5) !== XATTR_ARGS_SIZE) return;
  if (memory.read(call.tid, call.low(4), call.high(4), XATTR_ARGS_SIZE) !== XATTR_ARGS_SIZE) return;
  const view = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, XATTR_ARGS_SIZE);
  const buffer = { low: view.getUint32(0, true), high: view.getUint32(4, true), size: view.getUint32(8, true) };
  const flags = view.getUint32(12, true);
  if ((flags & ~XATTR_FLAGS) !== 0) return;
  onFile(context, target, make(name, buffer, flags), { name, ...(looks && { into: buffer }) });
}

const getxattrat: Handler = (context) => withArguments(context, get, true);
const setxattrat: Handler = (context) => withArguments(context, set, false);

const listxattrat: Handler = (context) => {
  const target = targetAt(context);
  const into = bufferAt(context, 3);
  if (target !== undefined) onFile(context, target, list(into), { into });
};

const removexattrat: Handler = (context) => {
  const target = targetAt(context);
  const name = changedName(context, 3);
  if (target !== undefined && name === undefined) refuseForeign(context, target, 3, false);
  if (target !== undefined && name !== undefined) onFile(context, target, remove(name), { name });
};

export const calls: readonly SupervisedCall[] = [
  ...always('file-attributes', { getxattr, lgetxattr, fgetxattr, getxattrat }),
  ...always('file-attributes', { setxattr, lsetxattr, fsetxattr, setxattrat }),
  ...always('file-attributes', { listxattr, llistxattr, flistxattr, listxattrat }),
  ...always('file-attributes', { removexattr, lremovexattr, fremovexattr, removexattrat }),
  ...always('foreign-labels', { setxattr, lsetxattr, fsetxattr, setxattrat }),
  ...always('foreign-labels', { removexattr, lremovexattr, fremovexattr, removexattrat }),
  ...always('attr-stat', { listxattr, llistxattr }),
  { name: 'listxattrat', when: 'attr-stat', rule: [{ argument: 2, lacks: AT_EMPTY_PATH }], handle: listxattrat },
];
