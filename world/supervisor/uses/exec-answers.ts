/**
 * Cache of what the main thread says about execve(2): programs execute the same few files again and again.
 *
 * Model: the main thread allows a program for all tasks alike (program-announcements.ts), so an answer depends on the
 * file with its attributes, which are read anew for each call, on how it is named, and on the caller's credentials; changes of
 * anything else move the epoch or the generation. Who is traced, may gain no privileges or is in another user
 * namespace is asked about each time, as is a file that is labelled after a process. Of a program that has no interpreters not even
 * its facts are read: they are the same while its stamp, its path and the flags of its mount are (NamedProgram).
 */
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { hasKnownFilesystem } from '../../../lsm/framework/files/inode.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { type FileStamp, isSameTime } from '../caller/file-stamp.ts';
import type { ProcessStatus } from '../caller/process-status.ts';
import type { KnownStatus } from '../protocol/backend.ts';
import type { Epoch } from '../protocol/epoch.ts';
import type { ProgramAnnouncements } from '../protocol/program-announcements.ts';
import type { Question } from '../protocol/questions/index.ts';

const REMEMBERED = 256;

/** By the name that a caller used. To be made before the facts of the file are read. */
export interface NamedProgram {
  /** The name, and what else tells the callers apart. */
  readonly key: string;
  /** Of a change that is long enough ago, and a mount whose number is given once. */
  readonly stamp: FileStamp;
  readonly path: string;
  readonly nosuid: boolean;
}

/** What was announced, and what it holds for (ProgramAnnouncements). */
export interface AnnouncedProgram {
  readonly program: number;
  readonly generation: number;
}

/** What an answer depends on. To be made before the question is asked. */
export interface Execution {
  readonly named: NamedProgram | undefined;
  readonly key: string;
  readonly epoch: number;
  readonly generation: number;
  readonly tgid: ProcessStatus['tgid'];
}

export class ExecAnswers {
  readonly #view: Pick<CallerView, 'credentials'>;
  readonly #announcements: Pick<ProgramAnnouncements, 'announce' | 'generation'>;
  readonly #epoch: Pick<Epoch, 'now'>;
  /** Numbers of programs, all of this epoch and generation. */
  readonly #known = new Map<string, number>();
  readonly #named = new Map<string, NamedProgram & { readonly program: number }>();
  #epochOfAll = 0;
  #generationOfAll = 0;

  constructor(
    view: Pick<CallerView, 'credentials'>,
    announcements: Pick<ProgramAnnouncements, 'announce' | 'generation'>,
    epoch: Pick<Epoch, 'now'>,
  ) {
    this.#view = view;
    this.#announcements = announcements;
    this.#epoch = epoch;
  }

  /** `undefined` = the answer is for this call alone. */
  execution(
    question: Question<'exec'> & KnownStatus,
    status: ProcessStatus | undefined,
    named?: NamedProgram,
  ): Execution | undefined {
    const { tid, id, request, status: text, inOurUserNamespace, noNewPrivs, tracer, ...program } = question;
    if (status === undefined || inOurUserNamespace !== true || noNewPrivs || tracer > 0) return undefined;
    const { file, interpreters, loader } = program;
    if (![file, ...interpreters, ...(loader ? [loader.file] : [])].every(isLabelledByItself)) return undefined;
    const credentials = this.#view.credentials(tid);
    if (credentials === undefined) return undefined;
    const { fsuid, fsgid, groups, capabilities } = credentials;
    const { generation } = this.#announcements;
    const key = JSON.stringify([program, fsuid, fsgid, groups, String(capabilities)]);
    return { key, named, epoch: this.#epoch.now, generation, tgid: status.tgid };
  }

  /** Is it known to be allowed, and announced? Then it is known by its name, too: it may have been changed too recently before. */
  announces({ key, named, epoch, generation, tgid }: Execution): boolean {
    if (epoch !== this.#epochOfAll || generation !== this.#generationOfAll) return false;
    const program = this.#known.get(key);
    if (program === undefined || !this.#announcements.announce(tgid, program)) return false;
    this.#name(named, program);
    return true;
  }

  /**
   * The same by its name alone, for a caller that {@link execution} would not leave out.
   * @returns the program and the generation for which it is known; `undefined`: the main thread must be asked.
   * @param isThere has the file that has the name this path by now, on a mount with these flags?
   */
  announcesNamed(
    { key, stamp }: Pick<NamedProgram, 'key' | 'stamp'>,
    tgid: ProcessStatus['tgid'],
    isThere: (named: NamedProgram) => boolean,
  ): AnnouncedProgram | undefined {
    const generation = this.#generationOfAll;
    if (this.#epoch.now !== this.#epochOfAll || this.#announcements.generation !== generation) return undefined;
    const known = this.#named.get(key);
    if (known === undefined || !isSameFile(known.stamp, stamp) || !isThere(known)) return undefined;
    const { program } = known;
    return this.#announcements.announce(tgid, program) ? { program, generation } : undefined;
  }

  remember({ key, named, epoch, generation }: Execution, program: number): void {
    if (epoch !== this.#epochOfAll || generation !== this.#generationOfAll || this.#known.size >= REMEMBERED) {
      this.#known.clear();
      this.#named.clear();
      this.#epochOfAll = epoch;
      this.#generationOfAll = generation;
    }
    this.#known.set(key, program);
    this.#name(named, program);
  }

  #name(named: NamedProgram | undefined, program: number): void {
    if (named !== undefined && this.#named.size < REMEMBERED) this.#named.set(named.key, { ...named, program });
  }
}

/** Has it not changed? */
function isSameFile(one: FileStamp, other: FileStamp): boolean {
  return (
    other.isMountUnique &&
    one.device === other.device &&
    one.mount === other.mount &&
    one.ino === other.ino &&
    isSameTime(one, other)
  );
}

function isLabelledByItself({ inode }: FileFacts): boolean {
  return hasKnownFilesystem(inode) && inode.process === undefined;
}
