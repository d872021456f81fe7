/**
 * What the fast path has learned from the handlers, and the current call as far as the fast path could follow it.
 *
 * Model: the handlers say on which facts they decided; these must be of the kinds that the fast path has found itself. What is
 * learned while a version moves is forgotten before the next call. Grants and labels of new files hold while the epoch stays,
 * paths while names stay, too (protocol/epoch.ts).
 */

import { AT_EMPTY_PATH, AT_FDCWD } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import { STATX_BTIME } from '../../../linux/stat.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { NewInode } from '../../../lsm/framework/files/inode.ts';
import type { Found } from '../access/known-paths.ts';
import { type FileStamp, SETTLED_MS } from '../caller/file-stamp.ts';
import type { Notification } from '../notification.ts';
import type { GeneralLabel } from '../pending/new-labels.ts';
import type { Epoch } from '../protocol/epoch.ts';
import { type FastCaller, FREE } from './callers.ts';
import type { FastCall } from './fast-call.ts';
import { IntTable } from './int-table.ts';
import type { NumberedScope } from './labels.ts';
import { NewFileLabels } from './new-file-labels.ts';
import { MISSING, NO_KIND, type Objects } from './objects.ts';
import type { OwnEntries } from './own-entries.ts';
import { Paths } from './paths.ts';
import type { Places } from './places.ts';
import { type Scratch, STAT } from './scratch.ts';
import { Ways } from './ways.ts';

const SECOND_MS = 1000;
/** No argument. */
const NONE = -1;

interface LearnedHost {
  readonly call: Pick<Notification, 'tid'>;
  readonly epoch: Pick<Epoch, 'names' | 'now'>;
  readonly isSteady: boolean;
}

export class Learned {
  readonly #host: LearnedHost;
  readonly #objects: Objects;
  readonly #places: Places;
  readonly #call: FastCall;
  readonly #scratch: Scratch;
  /** Subject, call, kind of directory, kind of file. */
  readonly #grants = new IntTable(6, 0, 13);
  readonly paths = new Paths();
  readonly newLabels = new NewFileLabels();
  readonly entries: OwnEntries;
  readonly ways: Ways;
  /** Grants and kinds of files are others when it changes. */
  round = 0;
  #epoch = -1;
  #names = -1;
  /** Of the current call. */
  #caller: FastCaller | undefined;
  #scope: NumberedScope | undefined;
  #directory = NO_KIND;
  #file = NO_KIND;
  #lacksLabel = false;
  /** Number of the argument whose way to the directory was found last. */
  #way = NONE;

  constructor(
    host: LearnedHost,
    objects: Objects,
    places: Places,
    entries: OwnEntries,
    call: FastCall,
    scratch: Scratch,
  ) {
    this.#host = host;
    this.entries = entries;
    this.ways = new Ways(scratch, places, objects, this.paths);
    this.#objects = objects;
    this.#places = places;
    this.#call = call;
    this.#scratch = scratch;
  }

  /** A call begins. */
  begin(): void {
    this.#caller = undefined;
    this.#scope = undefined;
    this.#way = NONE;
    this.#lacksLabel = false;
    this.entries.begin();
    this.ways.begin();
  }

  /** Forgets what does not hold any more. @returns has the epoch moved? */
  keepUp(): boolean {
    const { now, names } = this.#host.epoch;
    const moved = now !== this.#epoch || this.#objects.isFull;
    if (moved) {
      this.round++;
      this.#grants.clear();
      this.ways.forget();
      this.newLabels.clear();
      this.#objects.forget();
    }
    if (moved || names !== this.#names) {
      this.paths.forget();
      this.entries.forget();
    }
    this.#epoch = now;
    this.#names = names;
    return moved;
  }

  /** The call has a path. */
  findsPath(caller: FastCaller): void {
    this.#caller = caller;
  }

  /** @param argument number of that with the path. */
  findsWay(argument: number): void {
    this.#way = this.#places.way > 0 ? argument : NONE;
  }

  /** The call is about files of these kinds. */
  propose(caller: FastCaller, scope: NumberedScope, directory: number, file: number): void {
    this.#caller = caller;
    this.#scope = scope;
    this.#directory = directory;
    this.#file = file;
  }

  /** Does the fast path know all of the current call but whether it is granted? */
  get lacksGrant(): boolean {
    return this.#scope !== undefined && this.#file !== NO_KIND;
  }

  isGranted(subject: number, directory: number, file: number): boolean {
    return this.#grant(subject, directory, file).find() >= 0;
  }

  #grant(subject: number, directory: number, file: number): IntTable {
    const table = this.#grants;
    table.key[0] = subject;
    table.key.set(this.#call.key, 1);
    table.key[4] = directory;
    table.key[5] = file;
    return table;
  }

  /** The path of a call that goes on leads to what statx(2) told of last, of this kind. */
  rememberPath(caller: FastCaller, file: number): void {
    const { stat, text } = this.#scratch;
    if (!this.#host.isSteady || (file > NO_KIND && !isSettled(stat))) return;
    const found = file > NO_KIND ? stat : text.length;
    this.paths.rememberFile(caller.subject, this.#call.key, this.#places.start, text, found);
  }

  /** The path leads to nothing as far as this, of a call that goes on. */
  rememberMissing({ subject }: FastCaller, length: number): void {
    if (this.#host.isSteady)
      this.paths.rememberFile(subject, this.#call.key, this.#places.start, this.#scratch.text, length);
  }

  /** The handlers found everything granted that can be asked about the call. @param file absent = there is none of this name. */
  granted(directory: FileFacts | undefined, file: FileFacts | undefined, name?: string): void {
    if (this.#caller === undefined || this.#scope === undefined) return;
    const objects = this.#objects;
    if ((directory === undefined ? NO_KIND : objects.kindOfFacts(this.#scope, directory)) !== this.#directory) return;
    if (this.#call.ofFilesystem ? file?.device !== deviceIn(this.#scratch.stat) : !this.#isFile(directory, file, name))
      return;
    this.#grant(this.#caller.subject, this.#directory, this.#file).make();
  }

  #isFile(directory: FileFacts | undefined, file: FileFacts | undefined, name: string | undefined): boolean {
    const scope = this.#scope;
    if (scope === undefined || this.#file === NO_KIND) return false;
    const process = file?.inode.process;
    if (process !== undefined && process !== this.#host.call.tid) return false;
    const objects = this.#objects;
    if (this.#file === objects.ofOne) return file !== undefined && isBehind(file, this.#scratch.stat);
    const kind = file ? objects.kindOfFacts(scope, file) : objects.missingOfFacts(scope, directory, name);
    return kind === this.#file;
  }

  /** The same of an open file that is used for this (MAY_READ, MAY_WRITE): a call may use two. @param flags that count (flagsOfUse()). */
  grantedUse(file: FileFacts, mask: number, flags: number): void {
    if (this.#call.key[1] === mask && this.#call.key[2] === flags) this.granted(undefined, file);
  }

  /** The same of a file that gets another name. */
  moved(directory: FileFacts, file: FileFacts, newDirectory: FileFacts, replaced: FileFacts | undefined): void {
    const scope = this.#scope;
    if (scope === undefined) return;
    const [, ...from] = this.#call.key;
    if (this.#objects.kindOfFacts(scope, directory) !== from[0]) return;
    if (this.#objects.kindOfFacts(scope, file) !== from[1]) return;
    this.granted(newDirectory, replaced);
  }

  /** The handlers found that a path leads to this directory (placeIn() of known-paths.ts), and all on the way allowed. */
  led(place: string, argument: number | undefined): void {
    const { stat } = this.#places;
    if (this.#caller === undefined || argument !== this.#way || placeIn(stat) !== place) return;
    this.ways.learn();
    this.rememberWay(this.#caller);
  }

  /** The way of the call was passed. */
  rememberWay({ subject }: FastCaller): void {
    const { start, stat, way } = this.#places;
    if (this.#host.isSteady) this.paths.rememberWay(subject, start, this.#scratch.text.slice(0, way), stat);
  }

  /** Number of the mount of the call's directory. */
  get mountOfPlace(): bigint {
    return wide(this.#places.stat, STAT.MOUNT, STAT.MOUNT_HIGH);
  }

  /** The handlers found that the path leads to this file, or that there is none, and all allowed (KnownPaths.remember). */
  reached(found: Found, tid: Tid): void {
    if (this.#caller === undefined) return;
    const { stat, text } = this.#scratch;
    const { subject } = this.#caller;
    const { key } = this.#call;
    if ('missing' in found) {
      const { start, isEntered } = this.#places;
      const { length } = found.missing;
      if (!isEntered || !text.startsWith(found.missing)) return;
      this.ways.learn(length);
      this.paths.rememberFile(subject, key, start, text, length);
      return;
    }
    const places = this.#places;
    // The way to it may be told of next ({@link led}).
    const directory = places.found;
    const fd = places.enter(this.#caller, tid, this.#call.descriptor) ? places.open(this.#call.follows) : -1;
    if (fd >= 0) {
      const scratch = this.#scratch;
      if (scratch.statAt(fd, scratch.empty, AT_EMPTY_PATH) && identityIn(stat) === found.file)
        this.paths.rememberFile(subject, key, places.start, text, stat);
      scratch.close(fd);
    }
    places.leave();
    places.restore(directory);
  }

  /** The handlers let the path's program run, which was decided about before. @param found as of {@link reached}. */
  runs(found: string, program: number, generation: number, tid: Tid): void {
    const caller = this.#caller;
    if (caller === undefined || !this.#call.runsProgram || !this.#host.isSteady) return;
    const { stat, text } = this.#scratch;
    const { key } = this.#call;
    const places = this.#places;
    const fd = places.enter(caller, tid, AT_FDCWD) ? places.open(true) : -1;
    if (fd >= 0) {
      const scratch = this.#scratch;
      if (scratch.statAt(fd, scratch.empty, AT_EMPTY_PATH) && identityIn(stat) === found) {
        // Who is not asked about files passes any way.
        if (caller.scope === FREE) this.paths.rememberFile(caller.subject, key, places.start, text, stat);
        const slot = this.paths.find(caller.subject, key, places.start, text);
        if (slot >= 0 && this.paths.isFile(slot, stat)) this.paths.rememberProgram(slot, program, generation);
      }
      scratch.close(fd);
    }
    places.leave();
  }

  /** The handlers found everything granted that can be asked about a file of the caller's own entry in procfs. */
  ownEntry(stamp: FileStamp): void {
    if (this.#host.isSteady) this.entries.granted(stamp);
  }

  /** Is it to be learned what is stored with the file that the call makes? */
  get wantsLabel(): boolean {
    return this.#lacksLabel;
  }

  /** It is not known what is stored with the file that the call makes in a directory of this kind. */
  lacksLabel(caller: FastCaller, scope: NumberedScope, directory: number): void {
    this.propose(caller, scope, directory, MISSING);
    this.#lacksLabel = true;
  }

  /** The handlers decided what is stored with a new file of this type in the directory. */
  labelled(
    directory: FileFacts,
    { class: objectClass, name, type }: Pick<NewInode, 'class' | 'name'> & { readonly type: number },
    { apart, byDefault, xattrs }: GeneralLabel,
  ): void {
    if (this.#caller === undefined || this.#scope === undefined) return;
    if (xattrs.length > 1 || type !== this.#call.makes || this.#directory === NO_KIND) return;
    if (this.#objects.kindOfFacts(this.#scope, directory) !== this.#directory) return;
    const label =
      byDefault === true ? this.#objects.labels.defaultOf(placeBelow(directory.path, name), objectClass) : 0;
    if (label < 0) return;
    this.newLabels.remember(this.#caller.subject, this.#directory, type, label, { attribute: xattrs[0], apart });
  }
}

function isSettled(stat: Int32Array): boolean {
  const nanoseconds = stat[STAT.CHANGED_NS] as number;
  const changed = (stat[STAT.CHANGED] as number) * SECOND_MS + nanoseconds / 1e6;
  return Date.now() - changed > (nanoseconds === 0 ? SECOND_MS : 0) + SETTLED_MS;
}

/** Does statx(2) tell of this file? */
const isBehind = ({ device, inode }: FileFacts, stat: Int32Array): boolean =>
  device === deviceIn(stat) && BigInt(inode.ino) === wide(stat, STAT.INO, STAT.INO_HIGH);

function placeIn(stat: Int32Array): string {
  const ino = wide(stat, STAT.INO, STAT.INO_HIGH);
  return `${deviceIn(stat)} ${ino} ${wide(stat, STAT.MOUNT, STAT.MOUNT_HIGH)} ${bornIn(stat)}`;
}

/** As FileStamp.born. */
export function bornIn(stat: Int32Array): number | undefined {
  if (((stat[STAT.MASK] as number) & STATX_BTIME) === 0) return undefined;
  return Number(BigInt.asIntN(64, wide(stat, STAT.BORN, STAT.BORN + 1))) * 1e9 + ((stat[STAT.BORN_NS] as number) >>> 0);
}

export const deviceIn = (stat: Int32Array): string => `${stat[STAT.DEV_MAJOR]}:${stat[STAT.DEV_MINOR]}`;

const wide = (stat: Int32Array, low: number, high: number): bigint =>
  (BigInt((stat[high] as number) >>> 0) << 32n) | BigInt((stat[low] as number) >>> 0);

/** As identityIn() of known-paths.ts. */
const identityIn = (stat: Int32Array): string => `${placeIn(stat)} ${stat[STAT.CHANGED]}.${stat[STAT.CHANGED_NS]}`;

/** The path of a name in a directory. */
export const placeBelow = (directory: string, name: string): string => `${directory.replace(/\/$/, '')}/${name}`;
