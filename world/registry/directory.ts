/**
 * The directory of a world, below the state directory.
 *
 *   world.json   record.ts
 *   control      socket of the daemon
 *   standby      what a command must be equal to in order to take the world, while it waits for one (launcher/standby.ts)
 *   log, log.1   daemon/log.ts
 *   contid-N     the same of the audit of a container
 *   tpm, tpm.ctrl  sockets of a TPM that programs can speak to, tpm-state/ what it stores
 *   policy/      the store that is packed behind the world's policy (launcher/unpacked-store.ts)
 *   profiles     images of the profiles that the world boots with (launcher/profiles.ts)
 *   stage/       mount point used by the daemon in its own mount namespace
 *
 * Making the directory is what claims a name: mkdir(2) is atomic.
 */
import { closeSync, openSync, renameSync, type Stats, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { HeldDirectory } from '../../host/files/held-directory.ts';
import { ERRNO } from '../../linux/errno.ts';
import { WorldError } from '../errors.ts';
import { holdLock, isLocked, withLock } from './lock.ts';
import { formatRecord, parseRecord, type WorldRecord } from './record.ts';
import { cannot, openStateRoot, STATE_VARIABLE } from './state-root.ts';
import { objectionTo } from './trust.ts';

export const RECORD = 'world.json';
/** struct sockaddr_un has 108 bytes for the path of the control socket, its NUL included. */
const SOCKET_PATH = 107;

/**
 * The daemon of a world and its launcher use paths. Other commands believe nothing but what this class opens: a directory that only we or
 * root can write to, and files in it of which the same is true.
 */
export class WorldDirectory {
  readonly root: string;
  readonly name: string;
  readonly path: string;

  constructor(root: string, name: string) {
    this.root = root;
    this.name = name;
    this.path = path.join(root, name);
  }

  get control(): string {
    return path.join(this.path, 'control');
  }

  get standby(): string {
    return path.join(this.path, 'standby');
  }

  /** A link when a file elsewhere was asked for. */
  get log(): string {
    return path.join(this.path, 'log');
  }

  /** Of the audit of a container. */
  containerLog(id: bigint): string {
    return path.join(this.path, `contid-${id}`);
  }

  /** Socket of the TPM, as tpm2-tools have it in `swtpm:path=`. */
  get tpm(): string {
    return path.join(this.path, 'tpm');
  }

  get tpmState(): string {
    return path.join(this.path, 'tpm-state');
  }

  get policy(): string {
    return path.join(this.path, 'policy');
  }

  get profiles(): string {
    return path.join(this.path, 'profiles');
  }

  get stage(): string {
    return path.join(this.path, 'stage');
  }

  /**
   * Makes the directory and locks it as long as this process lives: a directory without a record and without a lock is
   * that of a launcher that died. Reapers hold the same lock, so that none sees it between the two steps.
   * @returns `false` when the name is in use.
   */
  claim(): boolean {
    if (Buffer.byteLength(this.control) > SOCKET_PATH) {
      throw new WorldError(
        'state-directory',
        `${this.control} is longer than the path of a socket may be (${SOCKET_PATH} bytes).`,
        `Name a shorter directory: export ${STATE_VARIABLE}=DIRECTORY`,
      );
    }
    let isNew: boolean | undefined;
    const root = openStateRoot(this.root, true);
    try {
      if (root !== undefined) withLock(root.fd, () => (isNew = this.#make(root)));
    } finally {
      root?.close();
    }
    if (isNew !== undefined) return isNew;
    throw new WorldError(
      'state-directory',
      `Another command keeps ${this.root} locked.`,
      `Look which: fuser -v ${this.root}`,
    );
  }

  #make(root: HeldDirectory): boolean {
    const result = root.make(this.name, 0o700);
    if (result === -ERRNO.EEXIST) return false;
    if (result < 0) throw cannot(`make ${this.path}`, result);
    try {
      this.hold();
      const made = this.within((held) => held.make(path.basename(this.stage), 0o700)) ?? -ERRNO.ENOENT;
      if (made < 0) throw cannot(`make ${this.stage}`, made);
    } catch (error) {
      this.remove();
      throw error;
    }
    return true;
  }

  /** Locks the directory as long as this process lives; {@link isHeld} shows that in every pid namespace. */
  hold(): void {
    const fd = this.#open();
    if (fd !== undefined) holdLock(fd);
  }

  get isHeld(): boolean {
    return this.within(({ fd }) => isLocked(fd)) ?? false;
  }

  /** @returns what `act` returns, or `false` without calling it when there is no state directory, or it stays locked. */
  whileRootLocked(act: () => boolean): boolean {
    return inRoot(this.root, ({ fd }) => withLock(fd, act)) ?? false;
  }

  /** Acts on the directory, held open. @returns what `act` returns; `undefined` when there is none, or others' hands are in it. */
  within<T>(act: (held: HeldDirectory) => T): T | undefined {
    const fd = this.#open();
    if (fd === undefined) return undefined;
    const held = HeldDirectory.of(fd);
    try {
      return act(held);
    } finally {
      held.close();
    }
  }

  #open(): number | undefined {
    return inRoot(this.root, (root) => {
      const fd = root.directory(this.name);
      if (fd < 0) return undefined;
      if (objectionTo(HeldDirectory.of(fd).stat) === undefined) return fd;
      closeSync(fd);
      return undefined;
    });
  }

  /** Why what has this name is left alone, in words that follow its path; `undefined`: it is ours, or there is nothing. */
  get objection(): string | undefined {
    return inRoot(this.root, (root) => {
      const found = root.look(this.name);
      if (typeof found === 'number') return found === -ERRNO.EXDEV ? 'is a mount point' : undefined;
      if (found.isSymbolicLink()) return 'is a link';
      const objection = objectionTo(found);
      if (objection !== undefined || !found.isDirectory()) return objection;
      const record = this.within((held) => held.look(RECORD)) ?? -ERRNO.ENOENT;
      const inside = typeof record === 'number' ? undefined : objectionTo(record);
      return inside && `has a ${RECORD} that ${inside}`;
    });
  }

  /** Is it the directory of a world, which we may believe? Then it has a record, or nothing but what {@link claim} makes. */
  get isOne(): boolean {
    const names = this.within((held) => held.names());
    if (names === undefined) return false;
    return names.includes(RECORD) || names.every((name) => name === 'stage' || name.startsWith(`${RECORD}.`));
  }

  has(name: string): boolean {
    return this.look(name) !== undefined;
  }

  /** What a file of ours is, or what a link of ours leads to. */
  look(name: string): Stats | undefined {
    const target = this.#target(name);
    if (target !== undefined) return statSync(target, { throwIfNoEntry: false });
    const found = this.within((held) => held.look(name));
    return typeof found === 'object' && objectionTo(found) === undefined ? found : undefined;
  }

  /** A descriptor of such a file, to be closed. @throws an error of Node when what a link leads to cannot be opened. */
  open(name: string): number | undefined {
    const target = this.#target(name);
    if (target !== undefined) return openSync(target, 'r');
    if (this.look(name)?.isFile() !== true) return undefined;
    const fd = this.within((held) => held.file(name)) ?? -1;
    return fd < 0 ? undefined : fd;
  }

  /** Where a link in it leads, which nobody but us and root can have made. */
  #target(name: string): string | undefined {
    return this.within((held) => held.link(name));
  }

  /** The content of a file of ours. */
  readFile(name: string): Buffer | undefined {
    return this.within((held) => held.read(name, (stat) => objectionTo(stat) === undefined));
  }

  removeFile(name: string): void {
    this.within((held) => held.unlink(name));
  }

  read(): WorldRecord | undefined {
    const record = parseRecord(this.readFile(RECORD)?.toString('utf8') ?? '');
    return record?.name === this.name ? record : undefined;
  }

  /** Readers see the old record or the new one, never a part. */
  write(record: WorldRecord): void {
    const temporary = path.join(this.path, `${RECORD}.${process.pid}`);
    try {
      writeFileSync(temporary, formatRecord(record), { mode: 0o600 });
      renameSync(temporary, path.join(this.path, RECORD));
    } catch (error) {
      throw cannot(`write ${temporary}`, error);
    }
  }

  /**
   * Removes nothing that others may have put there. The record goes last: if we are killed meanwhile, it says that the rest is a world's.
   * @throws WorldError when something of ours cannot be removed.
   */
  remove(): void {
    const result = this.within((held) => held.empty(RECORD));
    if (result === undefined) return;
    const removed = result < 0 ? result : inRoot(this.root, (root) => root.removeDirectory(this.name));
    if (removed !== undefined && removed < 0 && removed !== -ERRNO.ENOENT) throw cannot(`remove ${this.path}`, removed);
  }
}

/** @returns what `act` returns for the state directory; `undefined`: there is none, or others could exchange it. */
export function inRoot<T>(root: string, act: (held: HeldDirectory) => T): T | undefined {
  const held = heldRoot(root);
  if (held === undefined) return undefined;
  try {
    return act(held);
  } finally {
    held.close();
  }
}

/** The same for a directory in it, whose name no world can have; also `undefined`: there is none that only we and root can have filled. */
export function withinRoot<T>(root: string, name: string, act: (held: HeldDirectory) => T): T | undefined {
  return inRoot(root, (top) => {
    const fd = top.directory(name);
    if (fd < 0) return undefined;
    const held = HeldDirectory.of(fd);
    try {
      return objectionTo(held.stat) === undefined ? act(held) : undefined;
    } finally {
      held.close();
    }
  });
}

function heldRoot(root: string): HeldDirectory | undefined {
  try {
    return openStateRoot(root);
  } catch (error) {
    if (error instanceof WorldError) return undefined;
    throw error;
  }
}
