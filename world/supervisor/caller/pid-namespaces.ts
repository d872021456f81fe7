/**
 * Translates process numbers in a procfs to those of our pid namespace.
 *
 * Model: a procfs instance shows the numbers of the pid namespace it was mounted in, which may be ours, the caller's, or another. It is
 * ours when its `self`, read by us, is our process id. Otherwise the caller's namespace is tried (NS_GET_PID_FROM_PIDNS and
 * NS_GET_TGID_FROM_PIDNS of include/uapi/linux/nsfs.h, since 6.11; before, a search for the number in NSpid), and the result is used only
 * if both processes have the same start time in clock ticks.
 */
import { NR } from '../../../host/libc.ts';
import { STAT, statField } from '../../../host/procfs/stat.ts';
import { innermostNumber } from '../../../host/procfs/status.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { type Tid, tidOf } from '../../../linux/ids.ts';
import { NS_GET_PID_FROM_PIDNS, NS_GET_TGID_IN_PIDNS } from '../../../linux/ioctl.ts';
import type { CallerView } from './caller-view.ts';

const { ENOTTY } = ERRNO;

export class PidNamespaces {
  readonly #view: CallerView;
  readonly #ownPid: string;

  constructor(view: CallerView, ownPid: number) {
    this.#view = view;
    this.#ownPid = String(ownPid);
  }

  /** `true` when the procfs with this root shows the numbers of our own pid namespace. */
  isOurs(procfs: number): boolean {
    return this.#view.readlinkAt(procfs, 'self') === this.#ownPid;
  }

  /**
   * Id in our pid namespace of the thread that the procfs with root `procfs` shows as `number`.
   * @param caller the thread whose pid namespace is tried first.
   */
  translate(procfs: number, number: number, caller: Tid): Tid | undefined {
    if (this.isOurs(procfs)) return tidOf(number);
    const seen = new Set<string>();
    for (const witness of this.#callerFirst(caller)) {
      const namespace = this.#namespace(witness);
      if (namespace === undefined || seen.has(namespace)) continue;
      seen.add(namespace);
      const ours = this.#inNamespaceOf(witness, number);
      if (ours !== undefined && this.#same(procfs, number, ours)) return ours;
    }
    return undefined;
  }

  /** Id in our pid namespace of the thread `number` of the caller's pid namespace; `undefined` = there is none. */
  ofCaller(caller: Tid, number: number): Tid | undefined {
    return this.#namespace(caller) === this.#namespace('self') ? tidOf(number) : this.#inNamespaceOf(caller, number);
  }

  /**
   * Those of these processes that are in the caller's pid namespace, with their numbers there; `undefined` = that cannot be told.
   * @param processes by our numbers.
   */
  inCallers(caller: Tid, processes: readonly Tid[]): ReadonlyMap<Tid, number> | undefined {
    if (this.#namespace(caller) === this.#namespace('self')) return new Map(processes.map((tid) => [tid, tid]));
    const namespace = this.#view.open(`/proc/${caller}/ns/pid`, 0);
    if (namespace < 0) return undefined;
    const found = new Map<Tid, number>();
    let last = 0;
    for (const tid of processes) {
      last = rawSyscall(NR.ioctl, namespace, NS_GET_TGID_IN_PIDNS, tid);
      if (last > 0) found.set(tid, last);
      else if (last === -ENOTTY) break;
    }
    this.#view.close(namespace);
    return last === -ENOTTY ? undefined : found;
  }

  *#callerFirst(caller: Tid): Generator<Tid> {
    yield caller;
    yield* this.#view.processes();
  }

  #namespace(tid: Tid | 'self'): string | undefined {
    return this.#view.readlinkAt(AT_FDCWD, `/proc/${tid}/ns/pid`);
  }

  #inNamespaceOf(tid: Tid, number: number): Tid | undefined {
    const namespace = this.#view.open(`/proc/${tid}/ns/pid`, 0);
    if (namespace < 0) return undefined;
    const ours = rawSyscall(NR.ioctl, namespace, NS_GET_PID_FROM_PIDNS, number);
    this.#view.close(namespace);
    if (ours > 0) return tidOf(ours);
    return ours === -ENOTTY ? this.#search(this.#namespace(tid), number) : undefined;
  }

  /** NSpid lists a thread's numbers from our namespace inwards; the last one is that of its own. */
  #search(namespace: string | undefined, number: number): Tid | undefined {
    for (const process of this.#view.processes()) {
      if (this.#namespace(process) !== namespace) continue;
      const thread = this.#view
        .threads(process)
        .find((tid) => innermostNumber(this.#view.readStatus(tid) ?? '', 'NSpid') === number);
      if (thread !== undefined) return thread;
    }
    return undefined;
  }

  #same(procfs: number, number: number, ours: Tid): boolean {
    const here = this.#view.readFile(AT_FDCWD, `/proc/${ours}/stat`) ?? '';
    const there = statField(this.#view.readFile(procfs, `${number}/stat`) ?? '', STAT.startTime);
    return there !== undefined && there === statField(here, STAT.startTime);
  }
}
