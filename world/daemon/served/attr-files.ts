/**
 * The attr files of all processes, as the daemon serves them: a tree that is mounted over /proc/<pid>/attr where no
 * supervisor answers opens, and the same on behalf of callers where one does (kernel-files/on-behalf.ts).
 */

import { E, failed } from '../../../linux/errno.ts';
import type { Tid } from '../../../linux/ids.ts';
import { PROC_SUPER_MAGIC } from '../../../linux/magic.ts';
import type { ProcessFacts } from '../../../lsm/framework/facts.ts';
import { sharedAttrNames } from '../../../lsm/framework/proc/attr-tree.ts';
import type { Stack } from '../../../lsm/framework/stack.ts';
import { DynamicDirectory, InodeNumbers } from '../../../vfs/pseudo/index.ts';
import type { Changes } from '../../../vfs/tree/changes.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import type { Directory } from '../../../vfs/tree/node.ts';
import { ATTR_ON_BEHALF, parseNameOnBehalf } from '../../kernel-files/on-behalf.ts';
import { descend } from './descend.ts';
import { ThreadNames } from './thread-names.ts';

/** Inode numbers beyond those of the attr tree. */
const FIRST_INODE = 2 ** 40;
/** Limit of callers whose trees are remembered; the oldest goes first. */
const REMEMBERED = 64;

export class AttrFiles implements Filesystem {
  readonly type = 'proc';
  readonly magic = PROC_SUPER_MAGIC;
  readonly root: Directory;
  readonly changes: Changes;
  /** Names in attr directories that are listed to callers; `undefined` = all. */
  listed: ReadonlySet<string> | undefined;
  /** The tree as each caller sees it. It depends on the number of the thread alone, so it can be kept. */
  readonly #roots = new Map<Tid, Directory>();

  constructor(stack: Stack, facts: Pick<ProcessFacts, 'thread' | 'caller'>) {
    const { attrTree } = stack;
    this.changes = attrTree.changes;
    const numbers = new InodeNumbers(FIRST_INODE);
    const names = new ThreadNames(this.changes);
    const onBehalf = new DynamicDirectory({
      ino: numbers.next(),
      mode: 0o555,
      keepsAttributes: true,
      lookup: (name, looker) => {
        const { caller, named } = parseNameOnBehalf(name) ?? {};
        if (caller === undefined || named?.tree !== 'proc' || facts.thread(caller) === undefined) return E.ENOENT;
        const node = descend(this.#rootFor(caller, stack, facts), named.path, looker);
        if (!failed(node)) names.found(name);
        return node;
      },
      entries: () => [],
    });
    stack.observe((event) => names.after(event, onBehalf));
    this.root = new DynamicDirectory({
      ino: numbers.next(),
      mode: 0o555,
      lookup: (name, looker) => (name === ATTR_ON_BEHALF ? onBehalf : attrTree.root.lookup(name, looker)),
      entries: (looker) => attrTree.root.entries(looker),
    });
  }

  #rootFor(caller: Tid, stack: Stack, facts: Pick<ProcessFacts, 'caller'>): Directory {
    const known = this.#roots.get(caller);
    if (known !== undefined) return known;
    const [oldest] = this.#roots.size < REMEMBERED ? [] : this.#roots.keys();
    if (oldest !== undefined) this.#roots.delete(oldest);
    const root = stack.attrRootFor({
      // A thread of this process is a supervisor's and acts for `caller`; any other one acts for itself.
      opener: (asker) => (asker.tgid === process.pid ? facts.caller(caller) : asker),
      lists: (name) => this.listed?.has(name) ?? true,
    });
    this.#roots.set(caller, root);
    return root;
  }
}

/**
 * Names in /proc/<pid>/attr that stat(2) must find as well as open(2). Under the profile `mainline` all that the kernel
 * has. Otherwise only directories of active modules, because clients call stat(2) on these before they open, and the
 * files that all modules share: if the host lacks one of the names, stat(2) is supervised, which costs each call 8 us.
 */
export function statableAttrNames({
  compiledIn,
  active,
  config,
  modules,
}: Pick<Stack, 'compiledIn' | 'active' | 'config' | 'modules'>): string[] {
  const directories = compiledIn.filter(
    ({ name, attrDirectory }) =>
      attrDirectory !== undefined && (config.profile === 'mainline' || active.includes(name)),
  );
  const shared = directories.length > 0 ? sharedAttrNames(config.profile) : [];
  const own = modules.flatMap(({ module }) => module.attrFiles ?? []).map(({ name, directory }) => directory ?? name);
  return ['current', ...directories.map(({ name }) => name), ...shared, ...new Set(own)];
}
