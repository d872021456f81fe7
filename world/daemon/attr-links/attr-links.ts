/**
 * /proc/<pid>/attr without a supervisor: `/proc/self` and `/proc/thread-self` as symbolic links of ours.
 *
 * Model: following one of them asks us for its target. Before the answer, the caller's emulated attr directory is
 * mounted over its real one, in the caller's mount namespace; the answer is then the same as the kernel's. Such a mount
 * goes with the process. Not covered: the attr of a process that has never followed these links, and procfs instances
 * other than the world's.
 *
 * This runs in a thread of its own (attr-links-thread.ts), because it opens paths in the attr tree, which the main thread serves.
 */
import { closeSync, openSync } from 'node:fs';
import { attachMount, copyTreeAt, setMountNamespace, unshare } from '../../../host/mounts/mount.ts';
import { openProcessFile, processFile, processLink } from '../../../host/process/process-files.ts';
import type { Tgid, Tid } from '../../../linux/ids.ts';
import { PROC_SUPER_MAGIC } from '../../../linux/magic.ts';
import { CLONE_FS } from '../../../linux/process.ts';
import { CallerSymlink, InodeNumbers, StaticDirectory } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import { Changes } from '../../../vfs/tree/changes.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import { parseStartTime } from '../../registry/process-id.ts';

export interface AttrLinksHost {
  /** Makes the process tracker look this thread up, so that the attr tree has its directory. */
  refreshTask(tid: Tid): void;
  trace(text: string): void;
}

export class AttrLinks {
  readonly filesystem: Filesystem;
  /** Root of the attr tree. */
  readonly #attrRoot: number;
  readonly #home: number;
  /** Path below /proc to whose process and namespace it was mounted for. */
  readonly #done = new Map<string, string>();
  readonly #host: AttrLinksHost;

  constructor(attrRoot: number, host: AttrLinksHost) {
    this.#attrRoot = attrRoot;
    this.#host = host;
    unshare(CLONE_FS);
    this.#home = openSync('/proc/thread-self/ns/mnt', 'r');
    const numbers = new InodeNumbers();
    const link = (target: (caller: Caller) => string): CallerSymlink =>
      new CallerSymlink({ ino: numbers.next() }, (caller) => {
        const path = target(caller);
        this.#provide(path, caller.tid);
        return path;
      });
    const root = new StaticDirectory({
      ino: numbers.next(),
      mode: 0o555,
      entries: [
        { name: 'self', node: link(({ tgid }) => String(tgid)) },
        { name: 'thread-self', node: link(({ tid, tgid }) => `${tgid}/task/${tid}`) },
      ],
    });
    this.filesystem = { type: 'proc', magic: PROC_SUPER_MAGIC, root, changes: new Changes() };
  }

  /** Descriptors that stay open. */
  get descriptors(): readonly number[] {
    return [this.#attrRoot, this.#home];
  }

  /** Forgets a process that is gone. */
  forget(tgid: Tgid): void {
    for (const path of this.#done.keys()) {
      if (path === String(tgid) || path.startsWith(`${tgid}/`)) this.#done.delete(path);
    }
  }

  /** Mounts at most once for each process, thread and namespace. A caller that cannot be served sees its real attr directory. */
  #provide(path: string, tid: Tid): void {
    const identity = this.#identityOf(tid);
    if (identity === undefined || this.#done.get(path) === identity) return;
    this.#done.set(path, identity);
    this.#host.refreshTask(tid);
    const mount = copyTreeAt(this.#attrRoot, `${path}/attr`);
    if (mount < 0) return;
    const attached = this.#inNamespaceOf(tid, () => attachMount(mount, `/proc/${path}/attr`));
    if (attached < 0) this.#host.trace(`attr of ${path} stays the host's: errno ${-attached}`);
    closeSync(mount);
  }

  #inNamespaceOf(tid: Tid, action: () => number): number {
    const namespace = openProcessFile(tid, 'ns/mnt');
    if (namespace < 0) return 0; // The caller has ended, or is held.
    const entered = setMountNamespace(namespace);
    closeSync(namespace);
    if (entered < 0) return entered;
    const result = action();
    setMountNamespace(this.#home);
    return result;
  }

  #identityOf(tid: Tid): string | undefined {
    const startTime = parseStartTime(processFile(tid, 'stat') ?? '');
    const namespace = processLink(tid, 'ns/mnt');
    return startTime === undefined || namespace === undefined ? undefined : `${startTime} ${namespace}`;
  }
}
