/**
 * Programs whose execve(2) was notified. An exec event says that a program was started, but not from which file and with
 * which label; these facts were read at the call. At most one execve(2) of a process can succeed at a time; after a
 * failed one the next call of the thread replaces the entry. Where several threads have made one, the inode of what runs
 * says which succeeded; the last is taken where it cannot be told, or is that of none. A call that is held may be followed
 * by others of its process before it continues: it is announced again then. What is known to be allowed is announced in shared memory
 * (supervisor/protocol/program-announcements.ts).
 */

import type { RunningProgram, RunningPrograms } from '../../../host/process/running-program.ts';
import type { Tgid, Tid } from '../../../linux/ids.ts';
import type { OpenFile } from '../../../lsm/framework/access/file-access.ts';
import type { ExecFile, ProcessEvent } from '../../../lsm/framework/events.ts';
import type { ExecInDoubt } from '../../supervisor/protocol/exec-in-doubt.ts';
import type { ProgramAnnouncements } from '../../supervisor/protocol/program-announcements.ts';
import { LabelChanges } from './label-changes.ts';

interface Announced {
  file: ExecFile;
  readonly by: Tid;
}

/** Of so many threads of a process the calls are remembered that may still be under way. */
const OTHERS = 16;
/** Key of a call of which the thread is not known. */
const UNKNOWN = 0;

/** When there are so many that supervisors' threads may announce, they announce none of these any more. */
const REMEMBERED = 1024;

export class AnnouncedPrograms {
  readonly #announcements: ProgramAnnouncements;
  readonly #running: Pick<RunningPrograms, 'of'>;
  /** By process id. */
  readonly #expected = new Map<number, Announced>();
  /** By process id: what other threads were about to execute before, by thread. */
  readonly #others = new Map<number, ReadonlyMap<number, ExecFile>>();
  /** Calls that may change the label of their process. */
  readonly #changing: LabelChanges;
  /** By number. */
  #remembered = new Map<number, ExecFile>();
  /** Of the generation before: what was announced then may be running only now. */
  #former = new Map<number, ExecFile>();
  #next = 1;

  /** @param announcements what supervisors' threads announce without asking. @param now in milliseconds. */
  constructor(
    announcements: ProgramAnnouncements,
    running: Pick<RunningPrograms, 'of'>,
    now: () => number = () => performance.now(),
  ) {
    this.#announcements = announcements;
    this.#running = running;
    this.#changing = new LabelChanges(now);
  }

  /** @param by the thread that executes it. */
  expect(tgid: Tgid, file: ExecFile, by: Tid = tgid): void {
    this.#expect(tgid, { file, by });
  }

  /** What the thread executes may change the label of its process. To be called before the call goes on. */
  changes(tgid: Tgid, by: Tid = tgid): void {
    this.#changing.add(by, tgid);
    this.#announcements.moveGeneration();
  }

  /** Is a change of a label to be expected? */
  get areChanging(): boolean {
    return this.#changing.any;
  }

  /** As {@link LabelChanges.due}. */
  inDoubt(): readonly ExecInDoubt[] {
    return this.#changing.due();
  }

  /** The label does not change: the call has failed. */
  failed(exec: ExecInDoubt): void {
    this.#changing.failed(exec);
  }

  /** @returns the number by which the program can be announced. */
  remember(file: ExecFile): number {
    if (this.#remembered.size >= REMEMBERED) {
      this.#announcements.moveGeneration();
      this.#former = this.#remembered;
      this.#remembered = new Map();
    }
    this.#remembered.set(this.#next, file);
    return this.#next++;
  }

  /** @returns a function that announces again what is announced now, with what it inherits. */
  again(tgid: Tgid): () => void {
    const announced = this.#expected.get(tgid);
    const changes = announced !== undefined && this.#changing.has(announced.by);
    return () => {
      if (announced === undefined) return;
      this.#expect(tgid, announced);
      if (changes) this.changes(tgid, announced.by);
    };
  }

  /** What the program inherits that is expected. @returns the program; `undefined` = none is expected. */
  inherits(tgid: Tgid, inherited: readonly OpenFile[]): ExecFile | undefined {
    const announced = this.#expected.get(tgid);
    if (announced?.file.call === undefined) return undefined;
    announced.file = { ...announced.file, call: { ...announced.file.call, inherited } };
    return announced.file;
  }

  /** Was an execve(2) of this process announced? */
  expects(tgid: Tgid): boolean {
    return this.#expected.has(tgid) || this.#announced(tgid) !== undefined;
  }

  /** Adds the facts of the file to an exec event. */
  complete(event: ProcessEvent): ProcessEvent {
    if (event.kind === 'exit') this.#changing.forget(event.tid);
    if (event.kind !== 'exec') return event;
    const last = this.#expected.get(event.tid)?.file ?? this.#announced(event.tid);
    const others = [...(this.#others.get(event.tid)?.values() ?? [])];
    const runs = others.length === 0 ? undefined : this.#running.of(event.tid);
    const isIt = (file: ExecFile | undefined): boolean => file !== undefined && isRunAs(file, runs);
    const file = runs === undefined || isIt(last) ? last : (others.findLast(isIt) ?? last);
    this.#forget(event.tid);
    this.#changing.forgetProcess(event.tid);
    return file === undefined ? event : { ...event, file };
  }

  /** The last thread has ended. When only the leader has, another one may be executing a program, in its place. */
  ended(tgid: Tgid): void {
    this.#forget(tgid);
    this.#changing.forgetProcess(tgid);
  }

  #announced(tgid: number): ExecFile | undefined {
    const number = this.#announcements.of(tgid);
    return number === undefined ? undefined : (this.#remembered.get(number) ?? this.#former.get(number));
  }

  #expect(tgid: Tgid, announced: Announced): void {
    this.#announcements.close(tgid);
    const others = new Map(this.#others.get(tgid));
    const [unknown, before] = [this.#announced(tgid), this.#expected.get(tgid)];
    if (unknown !== undefined) others.set(UNKNOWN, unknown);
    if (before !== undefined) others.set(before.by, before.file);
    others.delete(announced.by);
    const [oldest] = others.size > OTHERS ? others.keys() : [];
    if (oldest !== undefined) others.delete(oldest);
    this.#changing.forget(announced.by);
    this.#forget(tgid);
    if (others.size > 0) this.#others.set(tgid, others);
    this.#expected.set(tgid, announced);
  }

  #forget(tgid: number): void {
    this.#announcements.clear(tgid);
    if (this.#expected.delete(tgid)) this.#announcements.open(tgid);
    this.#others.delete(tgid);
  }
}

/** Of a script it is its interpreter that runs. */
function isRunAs(file: ExecFile, runs: RunningProgram | undefined): boolean {
  const { device, inode } = file.call?.interpreters.at(-1) ?? file;
  return inode !== undefined && inode.ino === runs?.ino && device === runs.device;
}
