/**
 * The part of /proc that security modules own, as a tree: `<tid>/attr/...` and `<tid>/task/<tid>/attr/...`.
 *
 * Model: fs/proc/base.c of Linux 6.12. Any thread id may be looked up in the root, as in /proc, but only processes are listed. Directories
 * belong to the thread's effective ids, files to root while the process is not dumpable. Every name is looked up before anything could be
 * made under it, so making anything is ENOENT.
 * The same files can be had as another caller than the one that asks sees them.
 */

import { E } from '../../../linux/errno.ts';
import { type Tid, tidOf } from '../../../linux/ids.ts';
import { LSM_ID_UNDEF } from '../../../linux/lsm.ts';
import { PROC_SUPER_MAGIC } from '../../../linux/magic.ts';
import { DynamicDirectory, InodeNumbers } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import { Changes } from '../../../vfs/tree/changes.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import type { Directory, DirectoryEntry, Node } from '../../../vfs/tree/node.ts';
import type { KernelProfile } from '../config.ts';
import type { PathSecurity } from '../files/path-security.ts';
import type { AttrName, ModuleFacts, ModuleId } from '../module-facts.ts';
import type { Task } from '../task.ts';
import type { AttrDispatch, AttrHost, AttrSubject } from './attr.ts';
import { AttrFileNode, type AttrNodeContext, attrHandle, type OwnAttrFile, ownAttrOpen } from './attr-file.ts';
import { ProcDirectory } from './proc-directory.ts';

/** The plain files, in readdir order. */
const PLAIN: readonly AttrName[] = ['current', 'prev', 'exec', 'fscreate', 'keycreate', 'sockcreate'];

/** The files that the stacking patches added: one under the three names it has had, and the compound label. */
const TALK: readonly (readonly [name: string, subject: AttrSubject, mode: number])[] = [
  ['display', 'default-module', 0o666],
  ['display_lsm', 'default-module', 0o666],
  ['interface_lsm', 'default-module', 0o666],
  ['context', 'context', 0o444],
];

/** Names of these files in the attr directories of a kernel. */
export function sharedAttrNames(profile: KernelProfile): readonly string[] {
  return profile === 'mainline' ? [] : TALK.map(([name]) => name);
}

/** Link counts of /proc/<pid> and /proc/<pid>/task/<tid>: procfs counts the directories of its tables once. */
const PROCESS_NLINK = 9;
const THREAD_NLINK = 7;

export interface AttrTreeOptions {
  readonly host: AttrHost;
  readonly dispatch: AttrDispatch;
  readonly paths: Pick<PathSecurity, 'open'>;
  readonly profile: KernelProfile;
  readonly compiledIn: readonly ModuleFacts[];
  /** Files that modules serve by themselves. */
  readonly own: readonly OwnAttrFile[];
  /** Times of all nodes, nanoseconds since the epoch. */
  readonly time: bigint;
}

/** The files as a caller sees them. */
export interface AttrView {
  /** In whose name an open by `caller` is made; `undefined`: that thread is gone. */
  opener(caller: Caller): Caller | undefined;
  /** Is this name of an attr directory listed? It can be looked up all the same. */
  lists(name: string): boolean;
}

export interface AttrTrees {
  /** What everybody sees, and acts for himself in. */
  readonly tree: Filesystem;
  /** A root of its own with nodes of its own, of the same files and in the same filesystem. */
  rootFor(view: AttrView): Directory;
}

export function createAttrTrees(options: AttrTreeOptions): AttrTrees {
  const { host, dispatch, paths, time } = options;
  const numbers = new InodeNumbers();
  const directories = subdirectories(options);
  const shared = options.profile === 'mainline' ? [] : TALK;
  const rootFor = ({ opener, lists }: AttrView): Directory =>
    new AttrTree(
      host,
      { directories, shared, own: options.own, lists },
      { host, dispatch, paths, numbers, time, opener },
    ).root();
  const root = rootFor({ opener: (caller) => caller, lists: () => true });
  return { tree: { type: 'proc', magic: PROC_SUPER_MAGIC, root, changes: new Changes() }, rootFor };
}

interface Subdirectory {
  readonly name: string;
  readonly id: ModuleId;
  readonly files: readonly AttrName[];
}

/** In readdir order: those that mainline has (tid_base_stuff), then the others, each by id. */
function subdirectories({ compiledIn, profile }: AttrTreeOptions): readonly Subdirectory[] {
  const added = new Set(compiledIn.filter(({ attrDirectory }) => attrDirectory === undefined).map(({ id }) => id));
  return compiledIn
    .map(({ name, id, attrDirectory, addedAttrDirectory }) => ({
      name,
      id,
      files: attrDirectory ?? (profile !== 'mainline' ? addedAttrDirectory : undefined) ?? [],
    }))
    .filter(({ files }) => files.length > 0)
    .sort((a, b) => Number(added.has(a.id)) - Number(added.has(b.id)) || a.id - b.id);
}

/** What an attr directory has besides the six plain files. */
interface Layout {
  readonly directories: readonly Subdirectory[];
  readonly shared: typeof TALK;
  readonly own: readonly OwnAttrFile[];
  readonly lists: AttrView['lists'];
}

/** The directories of one thread: as /proc/<tid>, as /proc/<tgid>/task/<tid>. */
interface ThreadNodes {
  /** The id that they were made for. */
  readonly tid: Tid;
  readonly process: Directory;
  readonly thread: Directory;
}

/** An entry of a directory; its node is made when it is first looked up. */
interface Part {
  readonly name: string;
  make(): Node;
}

class AttrTree {
  readonly #host: AttrHost;
  readonly #layout: Layout;
  readonly #context: AttrNodeContext;
  /** Nodes live as long as their task has its id: a reused id gets new ones, and so does a thread that took over the leader's by execve. */
  readonly #nodes = new WeakMap<Task, ThreadNodes>();

  constructor(host: AttrHost, layout: Layout, context: AttrNodeContext) {
    this.#host = host;
    this.#layout = layout;
    this.#context = context;
  }

  root(): Directory {
    return new DynamicDirectory({
      ino: this.#context.numbers.next(),
      mode: 0o555,
      lookup: (name) => {
        const task = this.#live(parseId(name));
        return task ? this.#of(task).process : E.ENOENT;
      },
      entries: () => {
        const processes = new Set([...this.#host.tasks.all()].map(({ process }) => process.tgid));
        const ids = [...processes].sort((a, b) => a - b);
        return this.#entries(ids, (task) => this.#of(task).process);
      },
    });
  }

  #live(tid: Tid | undefined): Task | undefined {
    if (tid === undefined || this.#host.facts.thread(tid) === undefined) return undefined;
    return this.#host.find(tid);
  }

  #entries(ids: readonly Tid[], pick: (task: Task) => Node): DirectoryEntry[] {
    return ids.flatMap((id) => {
      const task = this.#live(id);
      return task === undefined ? [] : [{ name: String(id), node: pick(task) }];
    });
  }

  #of(task: Task): ThreadNodes {
    let nodes = this.#nodes.get(task);
    if (nodes?.tid !== task.tid) {
      const { tid, process } = task;
      const attr = (path: string): Part => ({ name: 'attr', make: () => this.#attr(task, `${path}/attr`) });
      const threads: Part = { name: 'task', make: () => this.#threads(task) };
      nodes = {
        tid,
        thread: this.#directory(task, [attr(`/proc/${process.tgid}/task/${tid}`)], { nlink: THREAD_NLINK }),
        process: this.#directory(task, [threads, attr(`/proc/${tid}`)], { nlink: PROCESS_NLINK }),
      };
      this.#nodes.set(task, nodes);
    }
    return nodes;
  }

  #threads(task: Task): Directory {
    const { process } = task;
    return new ProcDirectory(this.#context, task, {
      lookup: (name) => {
        const thread = this.#live(parseId(name));
        return thread?.process === process ? this.#of(thread).thread : E.ENOENT;
      },
      entries: () => this.#entries(this.#host.facts.threads(process.tgid), (thread) => this.#of(thread).thread),
    });
  }

  #attr(task: Task, path: string): Directory {
    const node = (module: ModuleId, subject: AttrSubject, mode: number, place: string): AttrFileNode =>
      new AttrFileNode(this.#context, task, mode, place, (target, flags, opener) =>
        attrHandle(this.#context.dispatch, { target, module, subject }, flags, opener),
      );
    const files = (module: ModuleId, names: readonly AttrName[], directory: string): Part[] =>
      names.map((name) => ({
        name,
        make: () => node(module, name, name === 'prev' ? 0o444 : 0o666, `${directory}/${name}`),
      }));
    const shared = this.#layout.shared.map(([name, subject, mode]) => ({
      name,
      make: () => node(LSM_ID_UNDEF, subject, mode, `${path}/${name}`),
    }));
    const directories = this.#layout.directories.map(({ name, id, files: names }) => ({
      name,
      make: () => this.#directory(task, files(id, names, `${path}/${name}`)),
    }));
    const own = this.#own(task, path);
    const { lists } = this.#layout;
    return this.#directory(task, [...files(LSM_ID_UNDEF, PLAIN, path), ...shared, ...directories, ...own], { lists });
  }

  #own(task: Task, path: string): Part[] {
    const part = (file: OwnAttrFile, place: string): Part => ({
      name: file.name,
      make: () =>
        new AttrFileNode(this.#context, task, file.mode, `${place}/${file.name}`, ownAttrOpen(this.#context, file)),
    });
    const { own } = this.#layout;
    const names = new Set(own.flatMap(({ directory }) => directory ?? []));
    const directories = [...names].map((name) => ({
      name,
      make: () =>
        this.#directory(
          task,
          own.filter(({ directory }) => directory === name).map((file) => part(file, `${path}/${name}`)),
        ),
    }));
    return [...own.filter(({ directory }) => directory === undefined).map((file) => part(file, path)), ...directories];
  }

  #directory(
    task: Task,
    parts: readonly Part[],
    { nlink = 2, lists = () => true }: { readonly nlink?: number; readonly lists?: (name: string) => boolean } = {},
  ): Directory {
    const made = new Map<string, Node>();
    const node = ({ name, make }: Part): Node => {
      const known = made.get(name) ?? make();
      made.set(name, known);
      return known;
    };
    return new ProcDirectory(this.#context, task, {
      nlink,
      lookup: (name) => {
        const part = parts.find((one) => one.name === name);
        return part === undefined ? E.ENOENT : node(part);
      },
      entries: () => parts.filter(({ name }) => lists(name)).map((part) => ({ name: part.name, node: node(part) })),
    });
  }
}

/** A process or thread id in its only spelling. */
function parseId(name: string): Tid | undefined {
  return /^[1-9][0-9]{0,9}$/.test(name) ? tidOf(Number(name)) : undefined;
}
