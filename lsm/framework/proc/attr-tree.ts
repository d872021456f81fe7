/**
 * The part of /proc that security modules own, as a tree: `<tid>/attr/...` and `<tid>/task/<tid>/attr/...`.
 *
 * Model: fs/proc/base.c of Linux 6.12. Any thread id may be looked up in the root, as in /proc, but only processes are listed. Directories
 * belong to the thread's effective ids, files to root while the process is not dumpable. Every name is looked up before anything could be
 * made under it, so making anything is ENOENT.
 * `by/<tid>/` is the same tree for a supervisor that opens on behalf of a thread: opens there act for that thread.
 * There a whole path may be given as one name with commas, `by/<tid>,<pid>,attr,current`, because each name costs a
 * round trip.
 */

import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import { LSM_ID_UNDEF } from '../../../linux/lsm.ts';
import { PROC_SUPER_MAGIC } from '../../../linux/magic.ts';
import { DynamicDirectory, type DynamicDirectoryInit, InodeNumbers } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import { Changes } from '../../../vfs/tree/changes.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import type { AttributeChange, Attributes, Directory, DirectoryEntry, Node } from '../../../vfs/tree/node.ts';
import type { KernelProfile } from '../config.ts';
import type { StackEvent } from '../events.ts';
import type { PathSecurity } from '../files/path-security.ts';
import type { AttrName, ModuleFacts, ModuleId } from '../module.ts';
import type { Task } from '../task.ts';
import type { AttrDispatch, AttrHost, AttrSubject } from './attr.ts';
import { AttrFileNode, type AttrNodeContext, refuseMode } from './attr-file.ts';
import { ThreadNames } from './attr-names.ts';

/** The plain files, in readdir order. */
const PLAIN: readonly AttrName[] = ['current', 'prev', 'exec', 'fscreate', 'keycreate', 'sockcreate'];

/** The files that the stacking patches added: one under the three names it has had, and the compound label. */
const TALK: readonly (readonly [name: string, subject: AttrSubject, mode: number])[] = [
  ['display', 'default-module', 0o666],
  ['display_lsm', 'default-module', 0o666],
  ['interface_lsm', 'default-module', 0o666],
  ['context', 'context', 0o444],
];

/** Link counts of /proc/<pid> and /proc/<pid>/task/<tid>: procfs counts the directories of its tables once. */
const PROCESS_NLINK = 9;
const THREAD_NLINK = 7;

export interface AttrTreeOptions {
  readonly host: AttrHost;
  readonly dispatch: AttrDispatch;
  /** Calls with every event of the stack. */
  readonly observe: (listener: (event: StackEvent) => void) => void;
  readonly paths: Pick<PathSecurity, 'open'>;
  readonly profile: KernelProfile;
  readonly compiledIn: readonly ModuleFacts[];
  /** Times of all nodes, nanoseconds since the epoch. */
  readonly time: bigint;
}

export function createAttrTree(options: AttrTreeOptions): Filesystem {
  const { host, dispatch, paths, time } = options;
  const numbers = new InodeNumbers();
  const changes = new Changes();
  const names = new ThreadNames(changes);
  const directories = subdirectories(options);
  const shared = options.profile === 'mainline' ? [] : TALK;
  const treeFor = (
    opener: (caller: Caller) => Caller | undefined,
    lists: (name: string) => boolean = () => true,
  ): AttrTree => new AttrTree(host, { directories, shared, lists }, { host, dispatch, paths, numbers, time, opener });

  const by = new DynamicDirectory({
    ino: numbers.next(),
    mode: 0o555,
    keepsAttributes: true,
    lookup: (name, looker) => {
      const [id = '', ...path] = name.split(',');
      const tid = parseId(id);
      if (tid === undefined || host.facts.thread(tid) === undefined) return E.ENOENT;
      // Anybody else who comes here acts for itself.
      const tree = treeFor(
        (caller) => (host.facts.supervises?.(caller.tgid) === true ? host.facts.caller(tid) : caller),
        (attr) => host.facts.findsAttr?.(attr) ?? true,
      );
      const node = descend(tree.root([]), path, looker);
      if (!failed(node)) names.found(name);
      return node;
    },
    entries: () => [],
  });
  options.observe((event) => names.after(event, by));
  const root = treeFor((caller) => caller).root([{ name: 'by', node: by }]);
  return { type: 'proc', magic: PROC_SUPER_MAGIC, root, changes };
}

function descend(start: Node, path: readonly string[], caller: Caller): Result<Node> {
  let node = start;
  for (const name of path) {
    const next = node.kind === 'directory' ? node.lookup(name, caller) : E.ENOTDIR;
    if (failed(next)) return next;
    node = next;
  }
  return node;
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
    .map(({ name, id, attrDirectory, talkAttrDirectory }) => ({
      name,
      id,
      files: attrDirectory ?? (profile !== 'mainline' ? talkAttrDirectory : undefined) ?? [],
    }))
    .filter(({ files }) => files.length > 0)
    .sort((a, b) => Number(added.has(a.id)) - Number(added.has(b.id)) || a.id - b.id);
}

/** What an attr directory has besides the six plain files. */
interface Layout {
  readonly directories: readonly Subdirectory[];
  readonly shared: typeof TALK;
  /** Is this name listed? It can be looked up all the same. */
  readonly lists: (name: string) => boolean;
}

/** The directories of one thread: as /proc/<tid>, as /proc/<tgid>/task/<tid>. */
interface ThreadNodes {
  /** The id that they were made for. */
  readonly tid: number;
  readonly process: Directory;
  readonly thread: Directory;
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

  root(extra: readonly DirectoryEntry[]): Directory {
    return new DynamicDirectory({
      ino: this.#context.numbers.next(),
      mode: 0o555,
      lookup: (name) => {
        const task = this.#live(parseId(name));
        return extra.find((entry) => entry.name === name)?.node ?? (task ? this.#of(task).process : E.ENOENT);
      },
      entries: () => {
        const processes = new Set([...this.#host.tasks.all()].map(({ process }) => process.tgid));
        const ids = [...processes].sort((a, b) => a - b);
        return [...extra, ...this.#entries(ids, (task) => this.#of(task).process)];
      },
    });
  }

  #live(tid: number | undefined): Task | undefined {
    if (tid === undefined || this.#host.facts.thread(tid) === undefined) return undefined;
    return this.#host.find(tid);
  }

  #entries(ids: readonly number[], pick: (task: Task) => Node): DirectoryEntry[] {
    return ids.flatMap((id) => {
      const task = this.#live(id);
      return task === undefined ? [] : [{ name: String(id), node: pick(task) }];
    });
  }

  #of(task: Task): ThreadNodes {
    let nodes = this.#nodes.get(task);
    if (nodes?.tid !== task.tid) {
      const { tid, process } = task;
      const attr = (path: string) => ({ name: 'attr', node: this.#attr(task, `${path}/attr`) });
      const threads = { name: 'task', node: this.#threads(task) };
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
      new AttrFileNode(this.#context, { target: task, module, subject }, mode, place);
    const files = (module: ModuleId, names: readonly AttrName[], directory: string): DirectoryEntry[] =>
      names.map((name) => ({
        name,
        node: node(module, name, name === 'prev' ? 0o444 : 0o666, `${directory}/${name}`),
      }));
    const shared = this.#layout.shared.map(([name, subject, mode]) => ({
      name,
      node: node(LSM_ID_UNDEF, subject, mode, `${path}/${name}`),
    }));
    const directories = this.#layout.directories.map(({ name, id, files: names }) => ({
      name,
      node: this.#directory(task, files(id, names, `${path}/${name}`)),
    }));
    const { lists } = this.#layout;
    return this.#directory(task, [...files(LSM_ID_UNDEF, PLAIN, path), ...shared, ...directories], { lists });
  }

  #directory(
    task: Task,
    entries: readonly DirectoryEntry[],
    { nlink = 2, lists = () => true }: { readonly nlink?: number; readonly lists?: (name: string) => boolean } = {},
  ): Directory {
    return new ProcDirectory(this.#context, task, {
      nlink,
      lookup: (name) => entries.find((entry) => entry.name === name)?.node ?? E.ENOENT,
      entries: () => entries.filter(({ name }) => lists(name)),
    });
  }
}

/** A directory of one task: gone with it, owned by its effective ids, and nothing can be made in it. */
class ProcDirectory extends DynamicDirectory {
  readonly #context: AttrNodeContext;
  readonly #task: Task;

  constructor(
    context: AttrNodeContext,
    task: Task,
    content: Pick<DynamicDirectoryInit, 'lookup' | 'entries' | 'nlink'>,
  ) {
    const gone = (): boolean => !context.dispatch.isAlive(task);
    super({
      ino: context.numbers.next(),
      mode: 0o555,
      time: context.time,
      ...(content.nlink === undefined ? {} : { nlink: content.nlink }),
      lookup: (name, caller) => (gone() ? E.ENOENT : content.lookup(name, caller)),
      entries: (caller) => (gone() ? E.ENOENT : content.entries(caller)),
    });
    this.#context = context;
    this.#task = task;
  }

  override attributes(caller: Caller): Attributes {
    const owner = this.#context.host.facts.thread(this.#task.tid);
    const own = super.attributes(caller);
    return owner === undefined ? own : { ...own, uid: owner.uid, gid: owner.gid };
  }

  override setAttributes(change: AttributeChange): Errno | undefined {
    return refuseMode(change);
  }

  create(): Errno {
    return E.ENOENT;
  }

  mkdir(): Errno {
    return E.ENOENT;
  }

  mknod(): Errno {
    return E.ENOENT;
  }

  symlink(): Errno {
    return E.ENOENT;
  }

  link(): Errno {
    return E.ENOENT;
  }
}

/** A process or thread id in its only spelling. */
function parseId(name: string): number | undefined {
  return /^[1-9][0-9]{0,9}$/.test(name) ? Number(name) : undefined;
}
