/**
 * Cache of what the main thread says about tasks that something is done to, or whose files in /proc are used: by what they are
 * judged (access-object.ts).
 *
 * Model: the label of a task changes by calls that move the epoch, and by programs, before whose execution the main thread moves the
 * generation (program-announcements.ts). Which task has the number now says the directory of it in our procfs: its inode is
 * made for one task, and another one, with another number or time, if it is made again. Only an execve(2) of another thread than the
 * first gives that thread the number with the inode: it counts as one that changes the label (Members.repeatable).
 */
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import { type FileStamp, isSameTime, type StampView, stampOfName } from '../caller/file-stamp.ts';
import type { Notification } from '../notification.ts';
import type { Epoch } from '../protocol/epoch.ts';
import type { ProgramAnnouncements } from '../protocol/program-announcements.ts';
import type { Ask } from '../protocol/questions/index.ts';

const REMEMBERED = 8192;

interface Known extends Pick<FileStamp, 'ino' | 'nanoseconds' | 'seconds'> {
  readonly epoch: number;
  readonly generation: number;
  readonly number: number;
}

export interface TaskObjectsHost {
  readonly view: StampView;
  readonly epoch: Pick<Epoch, 'now'>;
  readonly announcements: Pick<ProgramAnnouncements, 'generation'>;
  readonly ask: Ask;
  readonly call: Pick<Notification, 'id'>;
}

export class TaskObjects {
  readonly #host: TaskObjectsHost;
  /** By thread id. */
  readonly #known = new Map<Tid, Known>();
  /** What was found last, and for which call. */
  #last: { readonly call: bigint; readonly target: Tid; readonly known: Known } | undefined;
  /** There is nothing to be known. */
  #isNever = false;

  constructor(host: TaskObjectsHost) {
    this.#host = host;
  }

  /** Equal numbers get equal answers until the epoch moves. `undefined` = not known. */
  of(target: Tid): number | undefined {
    if (this.#isNever) return undefined;
    const call = this.#host.call.id;
    const last = this.#last;
    if (last?.call === call && last.target === target && this.#holds(last.known)) return last.known.number;
    const known = this.#find(target);
    this.#last = known && { call, target, known };
    return known?.number;
  }

  /**
   * The same where it was known before an answer about the task was asked for, and has not changed since: for that answer, which
   * may be about what the task was then, or is now.
   */
  since(target: Tid): number | undefined {
    const stamp = this.#stampOf(target);
    return stamp && this.#knownAs(target, stamp)?.number;
  }

  #stampOf(target: Tid): FileStamp | undefined {
    return stampOfName(this.#host.view, AT_FDCWD, `/proc/${target}`, AT_SYMLINK_NOFOLLOW);
  }

  #knownAs(target: Tid, stamp: FileStamp): Known | undefined {
    const known = this.#known.get(target);
    return known?.ino === stamp.ino && isSameTime(known, stamp) && this.#holds(known) ? known : undefined;
  }

  #find(target: Tid): Known | undefined {
    const { ask, epoch, announcements } = this.#host;
    const stamp = this.#stampOf(target);
    const known = stamp && this.#knownAs(target, stamp);
    if (stamp === undefined || known !== undefined) return known;
    // Before the main thread is asked.
    const before = { epoch: epoch.now, generation: announcements.generation };
    const answer = ask({ kind: 'access-object', target });
    const value = answer?.value;
    this.#isNever = answer?.errno === 0 && value === undefined;
    if (value === undefined) return undefined;
    const { ino, seconds, nanoseconds } = stamp;
    const found: Known = { ...before, number: value.number, ino, seconds, nanoseconds };
    if (value.lasts !== true) return found;
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(target, found);
    return found;
  }

  #holds({ epoch, generation }: Known): boolean {
    return epoch === this.#host.epoch.now && generation === this.#host.announcements.generation;
  }
}
