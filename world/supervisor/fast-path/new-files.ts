/**
 * Labels of new files whose creation the fast path let go on: stored at the next call, as pending/new-labels.ts does it for the others.
 *
 * Model: the name was missing when the call was let go on. What has it afterwards is the new file if it was born since then, has the
 * type that was asked for, the user by whose rights files are made, and lies on the mount of its directory. What cannot be stored
 * here is handed to the handlers' way of storing.
 */
import { AT_EMPTY_PATH, O_NOFOLLOW, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import { S_IFDIR, S_IFMT, STATX_BTIME } from '../../../linux/stat.ts';
import type { Labels, NumberedScope } from './labels.ts';
import { type Scratch, STAT } from './scratch.ts';

/** Each holds a descriptor. */
const MOST = 64;
const NAME_SIZE = 256;
/** As of pending/new-labels.ts. */
const ATTEMPTS = 200;
const PATIENCE_MS = 2000;
const FRESH = 4;
/** Inodes get the time of the last tick, at most 10 ms ago. */
const TICK_MS = 10;

/** The attribute that a new file gets. */
export interface NewAttribute {
  readonly name: string;
  readonly value: Uint8Array;
}

interface Pending {
  directory: number;
  tid: Tid;
  fsuid: number;
  /** Of S_IFMT. */
  type: number;
  /** {@link Date.now} */
  since: number;
  attempts: number;
  attribute: NewAttribute;
  mount: number;
  mountHigh: number;
  scope: NumberedScope;
  /** {@link Labels.round} */
  round: number;
}

export interface NewFilesHost {
  /** Stores it as the handlers do. @param fd a descriptor of ours of the new file. */
  store(fd: number, tid: Tid, attribute: NewAttribute): void;
  /** A new directory has a label. */
  labelled(isDirectory: boolean): void;
  isAlive(tid: Tid): boolean;
}

export class NewFiles {
  readonly #scratch: Scratch;
  readonly #host: NewFilesHost;
  readonly #names: Uint8Array[] = [];
  readonly #pending: Pending[] = [];
  readonly #labels: Pick<Labels, 'isGiven' | 'round'>;

  constructor(scratch: Scratch, host: NewFilesHost, labels: Pick<Labels, 'isGiven' | 'round'>) {
    this.#scratch = scratch;
    this.#host = host;
    this.#labels = labels;
  }

  get any(): boolean {
    return this.#pending.length > 0;
  }

  get hasRoom(): boolean {
    return this.#pending.length < MOST;
  }

  /** Is there one that is still looked for without a call of its world? */
  get fresh(): boolean {
    for (const { attempts } of this.#pending) if (attempts < FRESH) return true;
    return false;
  }

  /**
   * The call that goes on makes a file. Takes the descriptor of the directory, about which statx(2) was asked last, over.
   * @param start of its name in the path, which ends at `end`.
   * @param scope of who makes it.
   */
  expect(
    directory: number,
    tid: Tid,
    fsuid: number,
    type: number,
    start: number,
    end: number,
    attribute: NewAttribute,
    scope: NumberedScope,
  ): void {
    const { path, stat } = this.#scratch;
    const at = this.#pending.length;
    const name = this.#names[at] ?? new Uint8Array(NAME_SIZE);
    this.#names[at] = name;
    name.set(path.subarray(start, end));
    name[end - start] = 0;
    const [mount, mountHigh] = [stat[STAT.MOUNT] as number, stat[STAT.MOUNT_HIGH] as number];
    const since = Date.now() - TICK_MS;
    const { round } = this.#labels;
    this.#pending.push({ directory, tid, fsuid, type, since, attempts: 0, attribute, mount, mountHigh, scope, round });
  }

  /** Labels those that exist by now. `tid` makes a call, so its earlier ones have returned. */
  complete(tid: Tid): void {
    for (let at = 0; at < this.#pending.length; ) {
      const entry = this.#pending[at] as Pending;
      const isSettled = this.#label(entry, this.#names[at] as Uint8Array);
      entry.attempts++;
      if (!isSettled && entry.tid !== tid && !this.#isOver(entry)) {
        at++;
        continue;
      }
      this.#scratch.close(entry.directory);
      this.#drop(at);
    }
  }

  close(): void {
    for (const { directory } of this.#pending) this.#scratch.close(directory);
    this.#pending.length = 0;
  }

  #drop(at: number): void {
    this.#pending.splice(at, 1);
    const [name] = this.#names.splice(at, 1);
    if (name !== undefined) this.#names.push(name);
  }

  #isOver({ attempts, since, tid }: Pending): boolean {
    return attempts % ATTEMPTS === 0 && (Date.now() - since >= PATIENCE_MS || !this.#host.isAlive(tid));
  }

  #label(entry: Pending, name: Uint8Array): boolean {
    const scratch = this.#scratch;
    const fd = scratch.openName(entry.directory, name, O_NOFOLLOW, RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
    if (fd < 0) return false;
    if (scratch.statAt(fd, scratch.empty, AT_EMPTY_PATH) && this.#isMade(entry)) {
      const { attribute, round, scope, tid } = entry;
      const { name, value } = attribute;
      if (scratch.store(fd, name, scratch.putValue(value)) !== 0) this.#host.store(fd, tid, attribute);
      else this.#labels.isGiven(scope, round, name, value);
      this.#host.labelled(entry.type === S_IFDIR);
    }
    scratch.close(fd);
    return true;
  }

  #isMade({ fsuid, type, since, mount, mountHigh }: Pending): boolean {
    const { stat } = this.#scratch;
    if (((stat[STAT.MASK] as number) & STATX_BTIME) === 0 || stat[STAT.UID] !== fsuid) return false;
    if (((stat[STAT.MODE] as number) & S_IFMT) !== type) return false;
    if (stat[STAT.MOUNT] !== mount || stat[STAT.MOUNT_HIGH] !== mountHigh) return false;
    const nanoseconds = stat[STAT.BORN_NS] as number;
    // Some filesystems keep whole seconds.
    const born = (stat[STAT.BORN] as number) * 1000 + (nanoseconds === 0 ? 999 : nanoseconds / 1e6);
    return born >= since;
  }
}
