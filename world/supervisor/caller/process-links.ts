/**
 * Links of procfs to files of a process (`exe`, `cwd`, `root`, `fd/N`, `ns/*`, `map_files/*`), as they are met in paths of callers.
 *
 * Model: proc_pid_get_link() and proc_fd_access_allowed() of fs/proc/base.c. They lead to a file, not to the path in their
 * text. Who names one whose process is held would wait for that on the host, too (host/process/process-files.ts).
 */
import { ERRNO } from '../../../linux/errno.ts';
import { O_NOFOLLOW } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { ActingAs, Credentials } from './acting-as.ts';
import type { FileCalls } from './own-files.ts';
import { type ProcessStatus, processStatus } from './process-status.ts';

const { EACCES, EAGAIN, ESRCH } = ERRNO;

/** What is asked about the caller. */
interface LinkView extends Pick<FileCalls, 'openAt2'> {
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
   * O_PATH descriptor of what the link `name` in the directory behind `directory` leads to, or a negative errno. The caller needs no
   * rights for links of its own process. EAGAIN = whether the caller may is not known, or the filesystem could block us.
   * @param process whose link it is; absent = not known.
   */
  follow(tid: Tid, directory: number, name: string, process: Tid | undefined): number {
    const view = this.#view;
    const caller = view.status(tid);
    const credentials = view.credentials(tid);
    if (caller === undefined || credentials === undefined) return -ESRCH;
    const isOwn = process !== undefined && processStatus(view, process)?.tgid === caller.tgid;
    const open = (): number => this.#open(tid, directory, name, 0);
    const found = isOwn ? open() : this.#actingAs.run(credentials, open);
    // Rights within another user namespace are not looked at.
    return found === -EACCES && !view.isInOurUserNamespace(tid) ? -EAGAIN : found;
  }

  /** O_PATH descriptor of the name of one of the caller's own descriptors, for which it needs no rights either (proc_fd_permission()). */
  lookUpOwn(tid: Tid, directory: number, name: string): number {
    return this.#open(tid, directory, name, O_NOFOLLOW);
  }

  #open(tid: Tid, directory: number, name: string, flags: number): number {
    const refused = this.#view.mayName(tid, directory, name, flags === 0);
    return refused < 0 ? refused : this.#view.openAt2(directory, name, flags, 0);
  }
}
