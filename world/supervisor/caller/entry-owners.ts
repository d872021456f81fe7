/** Whose an entry of /proc/<pid> is. */
import { AT_FDCWD, O_DIRECTORY, RESOLVE_IN_ROOT } from '../../../linux/fcntl.ts';
import { type Tid, tidOf } from '../../../linux/ids.ts';
import type { CallerView } from './caller-view.ts';
import type { PidNamespaces } from './pid-namespaces.ts';

/** Where a procfs is mounted, as the caller's mountinfo says. */
interface ProcMount {
  readonly id: number;
  readonly mountPoint: string;
}

export class EntryOwners {
  readonly #view: CallerView;
  readonly #namespaces: PidNamespaces;
  /** The procfs that shows the numbers of our pid namespace, as was found in this call. */
  #ours: { readonly call: number; readonly mount: number } | undefined;

  constructor(view: CallerView, namespaces: PidNamespaces) {
    this.#view = view;
    this.#namespaces = namespaces;
  }

  /**
   * The thread that an entry of /proc/<pid> or /proc/<pid>/task/<tid> belongs to, in our pid namespace.
   * @param path from the root of the procfs.
   * @param mount absent = it is ours.
   */
  of(path: string, mount: ProcMount | undefined, tid: Tid): Tid | undefined {
    const [, leader, thread] = /^\/([1-9][0-9]*)(?:\/task\/([1-9][0-9]*))?(?:\/|$)/.exec(path) ?? [];
    const number = thread ?? leader;
    if (number === undefined) return undefined;
    const view = this.#view;
    const isKnown = this.#ours?.call === view.calls && this.#ours.mount === mount?.id;
    if (mount === undefined || isKnown) return tidOf(Number(number));
    const start = view.openStart(tid, AT_FDCWD, true);
    if (start < 0) return undefined;
    const root = view.resolve(tid, start, mount.mountPoint, O_DIRECTORY, RESOLVE_IN_ROOT);
    view.close(start);
    if (root < 0) return undefined;
    const isOurs = this.#namespaces.isOurs(root);
    if (isOurs) this.#ours = { call: view.calls, mount: mount.id };
    const process = isOurs ? tidOf(Number(number)) : this.#namespaces.translate(root, Number(number), tid);
    view.close(root);
    return process;
  }
}
