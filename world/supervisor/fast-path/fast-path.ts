/**
 * The fast path: lets calls go on of which everything that may be asked was allowed before, without a record, to equal callers about equal
 * files. It never refuses and never records; what it does not know is the handlers' business, who tell it what they decided on.
 *
 * Model: two levels of memory. An object is looked up once, with the supervisor's rights, and known by its kind (objects.ts). A grant says
 * that a subject may make a call on a file of one kind in a directory of another. The way to the directory was passed by the subject
 * before and still leads there (paths.ts); so does a whole path, to the same unchanged file.
 */
import { ERRNO } from '../../../linux/errno.ts';
import { AT_EMPTY_PATH, AT_FDCWD } from '../../../linux/fcntl.ts';
import { MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import type { Tid } from '../../../linux/ids.ts';
import { S_IFDIR } from '../../../linux/stat.ts';
import { flagsOfUse } from '../access/deciding-flags.ts';
import type { NamedPlace } from '../protocol/removed-places.ts';
import { Attributes } from './attributes.ts';
import { Callers, type FastCaller, FREE, isNoted } from './callers.ts';
import { FastCall } from './fast-call.ts';
import type { FastPathHost } from './fast-path-host.ts';
import { isDirectory, leadsOn } from './file-type.ts';
import type { NumberedScope } from './labels.ts';
import { bornIn, deviceIn, Learned, placeBelow } from './learned.ts';
import { NamedFiles } from './named-files.ts';
import type { NewFileLabel } from './new-file-labels.ts';
import { type NewAttribute, NewFiles } from './new-files.ts';
import { NO_KIND, Objects } from './objects.ts';
import { OwnEntries } from './own-entries.ts';
import { NO_PROGRAM } from './paths.ts';
import { Places } from './places.ts';
import { Scratch, STAT } from './scratch.ts';

const { ENOENT } = ERRNO;
/** No slot, or none of programs. */
const NONE = -1;
/** Of a name, with its NUL. */
const NAME_SIZE = 256;

export class FastPath {
  readonly #host: FastPathHost;
  readonly #scratch = new Scratch();
  readonly #call: FastCall;
  readonly #callers: Callers;
  readonly #objects: Objects;
  readonly #places: Places;
  readonly #named: NamedFiles;
  readonly newFiles: NewFiles;
  /** What is to be stored with the file that the current call makes. */
  stores: NewAttribute | undefined;
  /** What the handlers tell. */
  readonly learned: Learned;
  readonly attributes: Attributes;

  constructor(host: FastPathHost) {
    this.#host = host;
    this.#call = new FastCall(this.#scratch, (command) => host.asksMore(command));
    this.#callers = new Callers(this.#scratch, host);
    this.#objects = new Objects(this.#scratch, host);
    this.#places = new Places(this.#scratch, this.#callers, host.tasks);
    this.newFiles = new NewFiles(this.#scratch, host, this.#objects.labels);
    const entries = new OwnEntries(this.#scratch, this.#callers);
    this.learned = new Learned(host, this.#objects, this.#places, entries, this.#call, this.#scratch);
    const parts = {
      scratch: this.#scratch,
      call: this.#call,
      objects: this.#objects,
      places: this.#places,
      learned: this.learned,
    };
    this.#named = new NamedFiles(parts);
    this.attributes = new Attributes(host, { ...parts, named: this.#named });
  }

  /** May the current call go on, with nothing to be refused or recorded? @param tries the handlers decide in any case: nothing is done. */
  goesOn(tries = false): boolean {
    const { call } = this.#host;
    const { tid, number } = call;
    this.learned.begin();
    this.#callers.begin();
    this.stores = undefined;
    if (this.newFiles.any) this.newFiles.complete(tid);
    this.attributes.begin();
    if (!this.#call.knows(number)) return false;
    if (!this.#host.isIdle(tid, number)) return false;
    if (this.learned.keepUp()) this.#forgetCallers();
    const caller = this.#callers.of(tid);
    if (caller === undefined) return false;
    if (!this.#call.read(number, call)) return false;
    const { byRealIds, makes, other, path } = this.#call;
    if (byRealIds && !caller.isJudgedAlike) return false;
    const { scope } = caller;
    if (path < 0) return this.#behind(caller, tid);
    const end = this.#scratch.readPath(tid, call.low(path), call.high(path));
    if (end <= 0 || this.#host.mayBeOurs(this.#scratch.text)) return false;
    if (this.#call.runsProgram) return this.#runs(caller, tid, end, tries);
    if (this.#call.isOnAttributes) return scope !== FREE && this.attributes.goesOn(caller, scope, tid, end, tries);
    const entry = this.#entry;
    if (entry !== undefined)
      return this.#isSame(tid) && this.learned.entries.isGranted(caller, this.#call.key, tid, entry);
    if (scope === FREE && makes !== 0 && this.#host.labels) return false;
    if (scope === FREE && !this.#host.decides && other < 0 && !this.#call.ofFilesystem) return this.#isSame(tid);
    if (scope !== FREE) this.learned.findsPath(caller);
    const goesOn = other < 0 ? this.#onPath(caller, tid, end, tries) : this.#moves(caller, tid, end);
    this.#places.leave(goesOn && !this.#call.changesStart);
    return goesOn;
  }

  /** Is the caller the one by which it was judged so far (TaskStamps.assumed)? Look-ups below its entry in procfs tell it, too. */
  #isSame(tid: Tid): boolean {
    return this.#host.tasks.isSame(tid);
  }

  /** What a descriptor of the caller leads to, for {@link Scratch.stat}. */
  #look(tid: Tid, descriptor: number): boolean {
    const { tasks } = this.#host;
    if (descriptor < 0 || !this.#scratch.statEntry(tasks.entry(tid), `fd/${descriptor}`)) return false;
    tasks.found(tid);
    return true;
  }

  #forgetCallers(): void {
    this.#places.release();
    this.#callers.forget();
  }

  /** Did a caller with the same credentials run the same program before? */
  #runs(caller: FastCaller, tid: Tid, end: number, tries: boolean): boolean {
    const { programs } = this.#host;
    if (!this.#scratch.text.startsWith('/') || !programs.areAlike) return false;
    const executing = this.#callers.executing(tid);
    if (executing === undefined) return false;
    this.#call.key[1] = executing.credentials;
    this.learned.findsPath(caller);
    const program = this.#places.enter(caller, tid, AT_FDCWD) ? this.#programAt(caller, tid, end) : NO_PROGRAM;
    this.#places.leave();
    if (program === NO_PROGRAM) return false;
    if (tries) return true;
    this.#callers.runs(caller, programs.executes(tid, executing.tgid));
    return program === NONE || programs.announce(executing.tgid, program);
  }

  /** The program that the path leads to; {@link NONE} = it leads to nothing, {@link NO_PROGRAM} = it is not known. */
  #programAt(caller: FastCaller, tid: Tid, end: number): number {
    const { paths } = this.learned;
    const { scope } = caller;
    const slot = this.#knownPath(caller);
    if (slot === NONE) return scope !== FREE && this.#lacks(caller, scope, tid, end) ? NONE : NO_PROGRAM;
    return paths.missing(slot) > 0 ? NONE : paths.program(slot, this.#host.generation);
  }

  /** As {@link OwnEntries.name}, for calls that leave names as they are. */
  get #entry(): string | undefined {
    const { changesWays, makes, ofFilesystem, other } = this.#call;
    const isLook = makes === 0 && other < 0 && !changesWays && !ofFilesystem;
    return isLook ? this.learned.entries.name : undefined;
  }

  #behind(caller: FastCaller, tid: Tid): boolean {
    const { byOwner, changesWays, descriptor, ofFilesystem, ofOwnFiles, written } = this.#call;
    const { fsuid, scope } = caller;
    const scratch = this.#scratch;
    if (scope === FREE && !ofFilesystem && written < 0 && !(changesWays && this.#host.decides))
      return this.#isSame(tid);
    if (written >= 0)
      return (
        this.#isUsed(caller, scope, tid, descriptor, MAY_READ) && this.#isUsed(caller, scope, tid, written, MAY_WRITE)
      );
    if (!this.#look(tid, descriptor)) return false;
    if (scope === FREE) return ofFilesystem ? !this.#objects.isServed : !isDirectory(scratch.stat);
    const changes = changesWays && isDirectory(scratch.stat) && !this.#call.leavesMode(scratch.stat);
    if (changes || (ofOwnFiles && isNoted(caller, scratch.stat))) return false;
    if (byOwner && scratch.stat[STAT.UID] !== fsuid) return false;
    if (ofFilesystem) return this.#isOnFilesystem(caller, scope);
    return this.#isKnownBehind(caller, scope, tid, descriptor);
  }

  /** One of two files of a call; what the daemon serves is refused some (calls/pseudo-files.ts). */
  #isUsed(caller: FastCaller, scope: FastCaller['scope'], tid: Tid, descriptor: number, mask: number): boolean {
    const scratch = this.#scratch;
    if (!this.#look(tid, descriptor) || this.#objects.isServed) return false;
    if (scope === FREE) return true;
    this.#meetFilesystem(tid, descriptor);
    // What procfs tells of a file without a place can wait for who uses it (ep_show_fdinfo()).
    if (isNoted(caller, scratch.stat) || this.#objects.mounts.filesystem(-1, tid) < 0) return false;
    const flags = mask === MAY_READ ? 0 : scratch.flagsOf(tid, descriptor);
    this.#call.key[1] = mask;
    this.#call.key[2] = flagsOfUse(flags, mask);
    return flags >= 0 && this.#isKnownBehind(caller, scope, tid, descriptor);
  }

  /** Is the call granted on the file behind the link of the last statx(2)? */
  #isKnownBehind(caller: FastCaller, scope: NumberedScope, tid: Tid, descriptor: number): boolean {
    this.#meetFilesystem(tid, descriptor);
    const link = this.#scratch.procLink(tid, 'fd/', descriptor);
    const kind = this.#objects.kind(scope, caller.kept, -1, link, tid, true);
    if (kind === NO_KIND) return false;
    if (this.learned.isGranted(caller.subject, NO_KIND, kind)) return true;
    this.learned.propose(caller, scope, NO_KIND, kind);
    return false;
  }

  /** May the filesystem of what statx(2) has just said be told of? */
  #isOnFilesystem(caller: FastCaller, scope: NumberedScope): boolean {
    const kind = this.#objects.kindOfFilesystem();
    if (kind === NO_KIND) return false;
    if (this.learned.isGranted(caller.subject, NO_KIND, kind)) return true;
    this.learned.propose(caller, scope, NO_KIND, kind);
    return false;
  }

  /** Of the file behind the link of the last statx(2): a mount is told by a descriptor. */
  #meetFilesystem(tid: Tid, descriptor: number): void {
    if (this.#objects.mounts.isKnown) return;
    const fd = this.#scratch.openLink(tid, `fd/${descriptor}`);
    if (fd < 0) return;
    this.#objects.mounts.filesystem(fd, tid);
    this.#scratch.close(fd);
  }

  #onPath(caller: FastCaller, tid: Tid, end: number, tries: boolean): boolean {
    const { scope } = caller;
    if (!this.#places.enter(caller, tid, this.#call.descriptor)) return false;
    if (scope === FREE) return this.#isOrdinary(tid, end);
    return this.#isKnown(caller) || this.#inDirectory(caller, scope, tid, end, tries);
  }

  /** Does the path lead to a file of no process, or to no file in such a directory? It changes no way of others. */
  #isOrdinary(tid: Tid, end: number): boolean {
    const scratch = this.#scratch;
    const fd = this.#places.open(this.#call.follows);
    if (fd === -ENOENT && !this.#call.needsFile && this.#places.openDirectory(end)) {
      if (this.#places.way === 0) scratch.stat.set(this.#places.stat);
      return this.#objects.mounts.filesystem(this.#places.directory, tid) >= 0;
    }
    if (fd < 0) return false;
    const isUsable =
      scratch.statAt(fd, scratch.empty, AT_EMPTY_PATH) &&
      !(this.#call.changesWays && leadsOn(scratch.stat)) &&
      this.#objects.mounts.filesystem(fd, tid) >= 0;
    scratch.close(fd);
    return isUsable;
  }

  /** Does the whole path lead to the same unchanged file as before, or to none as before? */
  #isKnown(caller: FastCaller): boolean {
    return this.#knownPath(caller) !== NONE;
  }

  /** @returns its slot; {@link NONE} = it is not known. */
  #knownPath(caller: FastCaller): number {
    const scratch = this.#scratch;
    const { paths } = this.learned;
    const slot = paths.find(caller.subject, this.#call.key, this.#places.start, scratch.text);
    if (slot < 0) return NONE;
    const missing = paths.missing(slot);
    if (missing > 0) return this.#places.isMissing(missing) ? slot : NONE;
    return this.#places.look(this.#call.follows) && paths.isFile(slot, scratch.stat) && !this.#isServed ? slot : NONE;
  }

  /** Is more asked about what statx(2) has just said, because the daemon serves it? */
  get #isServed(): boolean {
    return this.#call.ofFilesystem && this.#objects.isServed;
  }

  #inDirectory(caller: FastCaller, scope: NumberedScope, tid: Tid, end: number, tries: boolean): boolean {
    const { makes, needsFile, path } = this.#call;
    const { subject } = caller;
    const directory = this.#named.kindOfDirectory(caller, scope, tid, end, path);
    const file = directory === NO_KIND ? NO_KIND : this.#named.kindAt(caller, scope, tid, end);
    if (file === NO_KIND) return this.#leadsNowhere(caller, scope, tid);
    if (!this.learned.isGranted(subject, directory, file)) {
      this.learned.propose(caller, scope, directory, file);
      return false;
    }
    if (this.#call.removesDirectory) return this.#removes(tid, end, tries);
    if (this.#places.isSlashed) return file > NO_KIND;
    if (file < NO_KIND && makes !== 0) return this.#isMade(caller, scope, tid, directory, end, tries);
    if (!needsFile) this.learned.rememberPath(caller, file);
    return true;
  }

  /** Is a directory on the way missing? Then the kernel will say so. */
  #leadsNowhere(caller: FastCaller, scope: NumberedScope, tid: Tid): boolean {
    if (!this.#places.lacksDirectory || this.#call.needsFile) return false;
    return this.#lacks(caller, scope, tid, this.#places.way);
  }

  /** @param whole as of {@link Ways.missing}. */
  #lacks(caller: FastCaller, scope: NumberedScope, tid: Tid, whole: number): boolean {
    const length = this.learned.ways.missing(caller, scope, tid, whole);
    if (length > 0) this.learned.rememberMissing(caller, length);
    return length > 0;
  }

  /** A file gets another name: the first path was read. */
  #moves(caller: FastCaller, tid: Tid, end: number): boolean {
    const { call, mayBeOurs } = this.#host;
    const scratch = this.#scratch;
    const { descriptor, key, other, otherDescriptor, path } = this.#call;
    const { scope } = caller;
    // Rules about paths judge both names together.
    if ((scope !== FREE && scope.rules.length > 0) || !this.#places.enter(caller, tid, descriptor)) return false;
    const from = this.#named.kindOfDirectory(caller, scope, tid, end, path);
    const file = from === NO_KIND ? NO_KIND : this.#named.kindAt(caller, scope, tid, end);
    if (file === NO_KIND) return false;
    key[1] = from;
    key[2] = file;
    this.#call.needsFile = false;
    this.#places.keep();
    const last = scratch.readPath(tid, call.low(other), call.high(other));
    if (last <= 0 || mayBeOurs(scratch.text)) return false;
    if (!this.#places.enter(caller, tid, otherDescriptor)) return false;
    const to = this.#named.kindOfDirectory(caller, scope, tid, last, other);
    const replaced = to === NO_KIND ? NO_KIND : this.#named.kindAt(caller, scope, tid, last);
    if (replaced === NO_KIND) return false;
    if (scope === FREE || this.learned.isGranted(caller.subject, to, replaced)) return !this.#places.isSlashed;
    this.learned.propose(caller, scope, to, replaced);
    return false;
  }

  /** The call may make the file. Is it known what is to be stored with it? */
  #isMade(caller: FastCaller, scope: NumberedScope, tid: Tid, directory: number, end: number, tries: boolean): boolean {
    const { stat, text } = this.#scratch;
    const { makes } = this.#call;
    const { way } = this.#places;
    if (makes === S_IFDIR && this.#wasRemoved(end)) return false;
    const isNamed = (names: { readonly size: number; has(name: string): boolean }): boolean =>
      names.size > 0 && names.has(text.slice(way, end));
    if (isNamed(scope.names)) return false;
    if (!this.#host.labels) return true;
    const label = this.#newLabel(caller, scope, directory, end);
    if (label === undefined) this.learned.lacksLabel(caller, scope, directory);
    if (label === undefined || isNamed(label.apart)) return false;
    const { attribute } = label;
    this.stores = attribute;
    if (attribute === undefined || tries) return true;
    if (!this.newFiles.hasRoom || end - way >= NAME_SIZE) return false;
    stat.set(this.#places.stat);
    this.newFiles.expect(this.#places.takeDirectory(), tid, caller.fsuid, makes, way, end, attribute, scope);
    return true;
  }

  /** Was a directory of this name removed before? Then paths may lead elsewhere, as soon as there is one again. */
  #wasRemoved(end: number): boolean {
    const { epoch } = this.#host;
    return epoch.mayLeadElsewhere(undefined) && epoch.mayLeadElsewhere(this.#place(end));
  }

  #removes(tid: Tid, end: number, tries: boolean): boolean {
    if (!tries) this.#host.removes(tid, this.#place(end));
    return true;
  }

  /** The name in its directory. */
  #place(end: number): NamedPlace {
    const { stat, way } = this.#places;
    const ino = ((stat[STAT.INO] as number) >>> 0) + (stat[STAT.INO_HIGH] as number) * 2 ** 32;
    const name = this.#scratch.text.slice(way, this.#places.nameEnd(end));
    return { device: deviceIn(stat), ino, born: bornIn(stat), name };
  }

  #newLabel(caller: FastCaller, scope: NumberedScope, directory: number, end: number): NewFileLabel | undefined {
    const { newLabels } = this.learned;
    const { makes } = this.#call;
    const general = newLabels.find(caller.subject, directory, makes, 0);
    if (general !== undefined || scope.byDefault.length === 0) return general;
    const name = this.#scratch.text.slice(this.#places.way, end);
    const place = placeBelow(this.#host.pathOf(this.#places.directory), name);
    const byDefault = this.#objects.labels.defaultOf(place, makes === S_IFDIR ? 'dir' : 'file');
    return byDefault < 0 ? undefined : newLabels.find(caller.subject, directory, makes, byDefault);
  }

  get isOnAttributes(): boolean {
    return this.#call.isOnAttributes;
  }

  /** Labels of files have changed that no version tells of. */
  relabelled(): void {
    this.#objects.labels.relabelled();
  }

  /** To be called before a call that changes mounts, or the root of its caller. */
  leave(tid: Tid): void {
    this.newFiles.complete(tid);
    this.#letGo();
  }

  close(): void {
    this.#letGo();
    this.#scratch.end();
  }

  #letGo(): void {
    this.newFiles.close();
    this.#places.release();
    this.#callers.leaveRoot();
  }
}
