/**
 * Mediation in a supervisor thread: finds the objects of a system call, asks the stack about them, and fails the call or
 * lets the kernel continue.
 *
 * Model: seccomp_unotify(2): the call is answered with the modules' errno, or the kernel continues with it. A program
 * that changes its arguments or the files meanwhile evades the decision; this is no security boundary. A call is never
 * failed because an object could not be looked at: then the kernel continues, and the call is counted.
 */

import { MessageReceiver } from '../../../host/sockets/message-receive.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { CallerFd, Tid } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { FilesystemFacts } from '../../../lsm/framework/files/inode.ts';
import type { Family } from '../../mediation.ts';
import { TextNumbers } from '../../text-numbers.ts';
import type { Credentials } from '../caller/acting-as.ts';
import type { OpenPlace } from '../caller/call-places.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { type FileInspector, factsOf } from '../caller/file-inspector.ts';
import { stampOf, stampOfLink } from '../caller/file-stamp.ts';
import type { PidNamespaces } from '../caller/pid-namespaces.ts';
import type { TaskStamps } from '../caller/task-stamps.ts';
import { DefaultLabels } from '../labels/default-labels.ts';
import type { Notification } from '../notification.ts';
import type { Epoch } from '../protocol/epoch.ts';
import type { ProgramAnnouncements } from '../protocol/program-announcements.ts';
import type { Ask } from '../protocol/questions/index.ts';
import type { SharedFlag } from '../protocol/shared-flag.ts';
import { MediationCounts } from './counts.ts';
import { Grants, isOfFiles, type Judged } from './grants.ts';
import { IpcView } from './ipc-view.ts';
import { KnownFiles } from './known-files.ts';
import { type Beginning, type Found, type KnownAnswer, KnownPaths } from './known-paths.ts';
import { KnownProcs } from './known-procs.ts';
import { LabelLooks } from './label-looks.ts';
import { LastLooks } from './last-looks.ts';
import { withLayers } from './layer-checks.ts';
import { Layers } from './layers.ts';
import { NamelessInterfaces } from './nameless-interfaces.ts';
import { PathStates } from './path-states.ts';
import { SubjectCredentials } from './subject-credentials.ts';
import { judgedByLabels, type Subject, Subjects } from './subjects.ts';
import { TaskObjects } from './task-objects.ts';
import { UnixPeers } from './unix-peers.ts';
import { type PathToWalk, PathWalk, type Walked, type WalkHost } from './walk.ts';

const { EAGAIN } = ERRNO;

export interface MediatorContext {
  readonly view: CallerView;
  readonly files: FileInspector;
  readonly namespaces: PidNamespaces;
  readonly tasks: TaskStamps;
  readonly epoch: Epoch;
  readonly announcements: ProgramAnnouncements;
  readonly ask: Ask;
  readonly call: Pick<Notification, 'id'>;
  /** Unset = no policy can have been loaded. */
  readonly ruling: Pick<SharedFlag, 'isSet'>;
  /** Told which paths are remembered. */
  readonly remembered?: (beginning: Beginning, found: Found) => void;
}

export interface MediatorInit {
  readonly families: readonly Family[];
  /** Log only: refusals are recorded, and the kernel continues. */
  readonly logOnly: boolean;
  readonly counts: SharedArrayBuffer;
}

export class Mediator {
  readonly families: ReadonlySet<Family>;
  /** Refusals are recorded only. */
  readonly logOnly: boolean;
  readonly counts: MediationCounts;
  readonly #context: MediatorContext;
  readonly #files: KnownFiles;
  readonly #looks: LabelLooks;
  readonly #lastLooks = new LastLooks();
  readonly #walkHost: WalkHost;
  readonly subjects: Subjects;
  /** Cached answers. */
  readonly known: KnownPaths;
  readonly #grants: Grants;
  /** Default labels of files by their paths. */
  readonly defaults: DefaultLabels;
  /** Where rules lead paths. */
  readonly pathStates: PathStates;
  readonly #credentials: SubjectCredentials;
  readonly #credentialNumbers = new TextNumbers();
  readonly ipc: IpcView;
  readonly procs = new KnownProcs();
  readonly namelessInterfaces = new NamelessInterfaces();
  /** Looks at what waits in sockets of callers. */
  readonly messages = new MessageReceiver();
  /** Whom addresses of UNIX sockets name. */
  readonly unixPeers: UnixPeers;
  #decides = false;
  /** Was nothing refused or recorded since this was set? */
  isSilent = true;

  constructor(init: MediatorInit, context: MediatorContext) {
    this.subjects = new Subjects({ ...context, credentials: (tid) => context.view.credentialsText(tid) });
    this.#credentials = new SubjectCredentials(context.view, (tid) =>
      this.families.has('capabilities') ? this.subjects.of(tid) : undefined,
    );
    const { remembered } = context;
    this.known = new KnownPaths(context.view, this.subjects, context.epoch, (tid) => this.idsOf(tid), remembered);
    this.unixPeers = new UnixPeers(context.view);
    this.defaults = new DefaultLabels(context.ask);
    this.pathStates = new PathStates(context.ask);
    this.#grants = new Grants(new TaskObjects(context), this.defaults, this.pathStates);
    this.ipc = new IpcView(context.view, context.ask);
    this.families = new Set(init.families);
    this.logOnly = init.logOnly;
    this.counts = new MediationCounts(init.counts);
    this.#context = context;
    const layers = new Layers(context);
    this.#files = new KnownFiles(context.view, context.files, context.epoch, layers);
    this.#looks = new LabelLooks(context.view, context.files, context.epoch, layers);
    this.#walkHost = { view: context.view, namespaces: context.namespaces, files: this.#files };
  }

  /** Can there be anything to decide? Without a policy the modules allow everything, and record nothing. */
  get decides(): boolean {
    if (this.#decides) return true;
    if (!this.#context.ruling.isSet) return false;
    // Calls that were not looked at may be changing names.
    this.known.namesMayChange();
    this.#decides = true;
    return true;
  }

  /**
   * @param known where the answer may be cached, and what it is about.
   * @returns the positive errno to fail with; 0 = the kernel continues.
   */
  decide(tid: Tid, checks: readonly AccessCheck[], ...known: readonly (KnownAnswer | undefined)[]): number {
    if (checks.length === 0) return 0;
    const answer = this.#ask(tid, withLayers(checks));
    if (answer?.silent !== true) this.isSilent = false;
    if (answer === undefined) this.counts.unseen();
    if (answer?.silent === true && checks.every(isLasting))
      for (const one of known) if (one !== undefined) this.known.remember(one.beginning, one.found);
    return answer === undefined || this.logOnly ? 0 : answer.errno;
  }

  /** `silent`: all are allowed, and nothing was recorded. `undefined` = there was no answer. */
  #ask(tid: Tid, checks: readonly AccessCheck[]): { readonly errno: number; readonly silent?: boolean } | undefined {
    const subject = this.subjects.of(tid);
    const judged = judgedSubject(subject);
    const left = judged === undefined ? checks : checks.filter((check) => !this.#isGranted(judged, tid, check));
    if (left.length === 0) return { errno: 0, silent: true };
    const answer = this.#context.ask({ kind: 'access', tid, checks: left.map((check) => this.#named(check)) });
    if (answer?.errno !== 0 || !('silent' in answer) || answer.silent !== true) return answer;
    if (judged !== undefined) this.#grants.add(judged, tid, left);
    return answer;
  }

  /**
   * Is it known that all of this is allowed, and nothing recorded? @param checks as many as the kernel may make, also of a
   * file that {@link lookByLabel} has seen.
   */
  grants(tid: Tid, checks: readonly AccessCheck[]): boolean {
    const judged = judgedSubject(this.subjects.of(tid));
    if (judged === undefined) return false;
    for (const check of withLayers(checks)) if (!this.#isGranted(judged, tid, check)) return false;
    return true;
  }

  #isGranted(judged: Judged, tid: Tid, check: AccessCheck): boolean {
    return (judged.scope === 'nothing' && isOfFiles(check)) || this.#grants.has(judged, tid, check);
  }

  /**
   * What tells a file apart for the caller's modules: for {@link grants} alone. `undefined` = it must be looked at as a
   * whole. @param given the directory of the call, if it is this one.
   */
  lookByLabel(fd: number, tid: Tid, given?: OpenPlace): FileFacts | undefined {
    const scope = this.subjects.of(tid)?.scope;
    const stamp = given?.stamp ?? (typeof scope === 'object' ? stampOf(this.#context.view, fd) : undefined);
    if (typeof scope !== 'object' || stamp === undefined) return undefined;
    return this.#looks.look(stamp, tid, scope, fd, given) ?? this.#files.known(fd, tid, stamp);
  }

  /**
   * The same of a descriptor of the caller, without opening it; `undefined` also for a file that was not looked at before.
   * @param isNew it was probably made or changed just now, so that only what the caller's last call has found is true.
   */
  knownByLabel(descriptor: CallerFd, tid: Tid, isNew: boolean): FileFacts | undefined {
    const subject = judgedByLabels(this.subjects.of(tid));
    if (subject === undefined || (isNew && !this.#lastLooks.has(subject, descriptor))) return undefined;
    const stamp = stampOfLink(this.#context.view, tid, descriptor);
    const last = stamp && isNew ? this.#lastLooks.attributes(subject, stamp) : undefined;
    if (stamp === undefined || (isNew && last === undefined)) return undefined;
    const seen = this.#looks.look(stamp, tid, subject.scope, undefined, undefined, last);
    return seen ?? this.#files.knownBehind(descriptor, tid, stamp, subject);
  }

  /** As {@link lookByLabel}; {@link knownByLabel} knows it in the next call. @param fd a descriptor of ours of the same file. */
  lookBehind(descriptor: CallerFd, fd: number, tid: Tid): FileFacts | undefined {
    const subject = judgedByLabels(this.subjects.of(tid));
    const stamp = subject && stampOf(this.#context.view, fd);
    if (subject === undefined || stamp === undefined) return undefined;
    const seen = this.#looks.look(stamp, tid, subject.scope, fd);
    if (seen !== undefined) this.#lastLooks.keep(subject, descriptor, stamp, seen.inode.xattrs);
    return seen ?? this.#files.known(fd, tid, stamp);
  }

  isOfPipes(device: string): boolean {
    return this.#looks.isOfPipes(device);
  }

  /** As of LabelLooks. */
  filesystemOf(mount: bigint, fd: number, tid: Tid): FilesystemFacts | 'elsewhere' | undefined {
    return this.#looks.filesystemOf(mount, fd, tid);
  }

  /** Attributes were stored with a new file, which the epoch does not count. */
  labelled(): void {
    this.#lastLooks.forget();
    this.#files.labelled();
  }

  /** Credentials of the thread for files; `undefined` = it has ended. */
  credentials(tid: Tid): Credentials | undefined {
    return this.#credentials.of(tid);
  }

  /** As {@link SubjectCredentials.byRealIds}. */
  byRealIds(tid: Tid, act: (others: boolean) => void): void {
    this.#credentials.byRealIds(tid, act);
  }

  /** As of the view; looked at once for a program. */
  isInOurUserNamespace(tid: Tid): boolean {
    return this.subjects.of(tid)?.inOurUserNamespace === true || this.#context.view.isInOurUserNamespace(tid);
  }

  /** Is nothing that the caller does to files refused or recorded? `content` has reads of procfs, which are looks into others. */
  isExempt(tid: Tid): boolean {
    return !this.families.has('content') && this.subjects.of(tid)?.scope === 'nothing';
  }

  /** Where capabilities are mediated answers depend on the ids by which files are judged: a capability may have to do. */
  idsOf(tid: Tid): string {
    if (!this.families.has('capabilities')) return '';
    const { view } = this.#context;
    const text = view.credentialsText(tid);
    if (text !== undefined) return String(this.#credentialNumbers.of(text));
    const { fsuid, fsgid, groups } = view.status(tid) ?? {};
    return `${fsuid} ${fsgid} ${groups?.join(' ')}`;
  }

  /** Modules show a task with its name. */
  #named(check: AccessCheck): AccessCheck {
    if (!('target' in check.about) || typeof check.about.target !== 'number') return check;
    const comm = this.#context.view.readFile(AT_FDCWD, `/proc/${check.about.target}/comm`)?.replace(/\n$/, '');
    return { ...check, about: { ...check.about, comm } } as AccessCheck;
  }

  /** Counts a call whose object cannot be looked at. */
  unseen(): void {
    this.counts.unseen();
  }

  /** The same, where modules decide about what the caller does to files. */
  #unseenBy(tid: Tid): void {
    if (this.subjects.of(tid)?.scope !== 'nothing') this.counts.unseen();
  }

  walk(path: PathToWalk): Walked {
    const walked = PathWalk.run(this.#walkHost, {
      ...path,
      looks: this.families.has('tasks'),
      overrides: this.families.has('capabilities'),
    });
    if (walked.file === -EAGAIN) this.counts.unseen();
    return walked;
  }

  /** Facts of a file of a mount of ours that is attached nowhere, of a filesystem that cannot block us. */
  lookDetached(fd: number, tid: Tid, type: string): FileFacts | undefined {
    const device = this.#context.view.deviceOf(fd);
    if (device !== undefined) this.#context.files.expectDetached(device, type);
    const seen = this.#context.files.look(fd, tid, { answers: true });
    if (seen === undefined) this.counts.unseen();
    return seen && { ...factsOf(seen), disconnected: true };
  }

  /**
   * Facts of the file behind a descriptor of ours; `undefined` = the modules are not asked: the daemon serves it, or it
   * cannot be looked at, which is counted.
   */
  look(fd: number, tid: Tid): FileFacts | undefined {
    const seen = this.#files.look(fd, tid);
    if (seen === undefined && !this.#context.files.isOurs(fd)) this.#unseenBy(tid);
    return seen && factsOf(seen);
  }
}

/** `undefined` = its modules judge files by more than labels. */
function judgedSubject(subject: Subject | undefined): Judged | undefined {
  return subject?.scope === undefined ? undefined : (subject as Judged);
}

/** True when no file of the check belongs to a process: the label of such a file changes with the process. */
function isLasting({ about }: AccessCheck): boolean {
  return Object.values(about).every((value: unknown) => {
    const inode = typeof value === 'object' && value !== null && 'inode' in value ? value.inode : undefined;
    return (inode as FileFacts['inode'] | undefined)?.process === undefined;
  });
}
