/**
 * Links of procfs to files of a process (`exe`, `cwd`, `root`, `fd/N`, `ns/*`, `map_files/*`), as they are met in paths of callers.
 *
 * Model: proc_pid_get_link() and proc_fd_access_allowed() of fs/proc/base.c. They lead to a file, not to the path in their
 * text. Where users can make it wait, helpers read and follow them (host/process/process-files.ts).
 */
import { WaitingError } from '../../../host/process/helper/bounded-calls.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { O_NOFOLLOW } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { ActingAs, Credentials } from './acting-as.ts';
import type { CallerHazards } from './hazards.ts';
import type { FileCalls } from './own-files.ts';
import { type ProcessStatus, processStatus } from './process-status.ts';

const { EACCES, EAGAIN, ESRCH } = ERRNO;

/** As the names in map_files are, in directories of any kind. */
const MAPPING = /(?:^|\/)[0-9a-f]+-[0-9a-f]+(?:\/|$)/;

/** What is asked about the caller. */
interface LinkView extends Pick<FileCalls, 'openAt2' | 'readlinkAt'> {
  readonly hazards: Pick<CallerHazards, 'bounded'>;
  credentials(tid: Tid): Credentials | undefined;
  isInOurUserNamespace(tid: Tid): boolean;
  mayName(tid: Tid, directory: number, path: string, followed: boolean): number;
  readStatus(tid: Tid): string | undefined;
  status(tid: Tid): ProcessStatus | undefined;
}

export class ProcessLinks {
  readonly #view: LinkView;
  readonly #actingAs: ActingAs;

  constructor(view: LinkView, actingAs: ActingAs) {
    this.#view = view;
    this.#actingAs = actingAs;
  }

  /**
   * Text of the link `name` in the directory behind `directory`; `undefined` = it cannot be read, or that would wait.
   * @param process whose link it is; absent = not known.
   */
  read(directory: number, name: string, process: Tid | undefined): string | undefined {
    const { bounded } = this.#view.hazards;
    if (bounded === undefined) return this.#view.readlinkAt(directory, name);
    const target = patiently(() => bounded.readlinkIn(process, directory, name));
    return typeof target === 'string' ? target : undefined;
  }

  /**
   * O_PATH descriptor of what it leads to, or a negative errno. The caller needs no rights for links of its own process.
   * EAGAIN = that would wait, or whether the caller may is not known.
   */
  follow(tid: Tid, directory: number, name: string, process: Tid | undefined): number {
    const view = this.#view;
    const caller = view.status(tid);
    const credentials = view.credentials(tid);
    if (caller === undefined || credentials === undefined) return -ESRCH;
    const isOwn = process !== undefined && processStatus(view, process)?.tgid === caller.tgid;
    const as = isOwn ? undefined : credentials;
    const found = this.#open(tid, directory, name, process, as, 0);
    // Rights within another user namespace are not looked at.
    return found === -EACCES && !view.isInOurUserNamespace(tid) ? -EAGAIN : found;
  }

  /**
   * O_PATH descriptor of the name itself, or a negative errno; EAGAIN = that would wait. For names that {@link areWaitedFor}.
   * @param process whose directory it is; absent = not known.
   */
  lookUp(tid: Tid, directory: number, name: string, process: Tid | undefined): number {
    const as = this.#view.credentials(tid);
    return as === undefined ? -ESRCH : this.#open(tid, directory, name, process, as, O_NOFOLLOW);
  }

  /** The same of one of the caller's own descriptors, for which it needs no rights either (proc_fd_permission()). */
  lookUpOwn(tid: Tid, directory: number, name: string, process: Tid | undefined): number {
    return this.#open(tid, directory, name, process, undefined, O_NOFOLLOW);
  }

  /** Could a name of this path be looked up with the lock of a process's memory (proc_map_files_lookup()), which users can hold? */
  areWaitedFor(path: string): boolean {
    return this.#view.hazards.bounded !== undefined && MAPPING.test(path);
  }

  #open(
    tid: Tid,
    directory: number,
    name: string,
    process: Tid | undefined,
    as: Credentials | undefined,
    flags: number,
  ): number {
    const view = this.#view;
    const { bounded } = view.hazards;
    if (bounded === undefined) {
      const refused = view.mayName(tid, directory, name, flags === 0);
      const open = (): number => view.openAt2(directory, name, flags, 0);
      return refused < 0 ? refused : as === undefined ? open() : this.#actingAs.run(as, open);
    }
    return patiently(() =>
      bounded.openIn(process, directory, name, flags, (call, memory, address) =>
        as === undefined ? [call] : this.#actingAs.prepare(as, call, memory, address),
      ),
    );
  }
}

/** @returns what `look` returns; -EAGAIN = it would wait. */
function patiently<T>(look: () => T): T | number {
  try {
    return look();
  } catch (error) {
    if (error instanceof WaitingError) return -EAGAIN;
    throw error;
  }
}
