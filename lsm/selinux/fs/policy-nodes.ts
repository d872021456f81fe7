/**
 * The contents of booleans/ and class/: made anew by each policy load. Thousands of nodes that hardly anybody looks at,
 * so they are made on demand. Those of the load before are removed (simple_recursive_removal of fs/libfs.c): who holds
 * a file can still read it, a directory is dead.
 */

import { E, type Result } from '../../../linux/errno.ts';
import { DynamicDirectory, type InodeInit, NumberFile, StaticDirectory, TextFile } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Changes } from '../../../vfs/tree/changes.ts';
import type { Directory, DirectoryEntry, Node } from '../../../vfs/tree/node.ts';
import { KERN_WARNING } from '../../framework/facts.ts';
import { SID } from '../decide/index.ts';
import type { LoadedPolicy } from '../decide/load.ts';
import type { ClassDatum, Named } from '../policy/index.ts';
import type { SelinuxfsContext } from './context.ts';
import { genfsSid } from './node-labels.ts';

const BOOLEAN_INO = 0x02000000;
const CLASS_INO = 0x04000000;
/** Inode numbers of one class: its index and up to 32 permissions. */
const CLASS_INOS = 33;
/** printk's rate limit: so many lines in a burst. */
const LOG_BURST = 10;

/**
 * `ACTIVE PENDING`; a write changes the pending value only. A file that outlives its policy answers while index and name still agree.
 * The labels are found at once, for the kernel does so at the load.
 */
export function booleanNodes({ state, foreign, check, init }: SelinuxfsContext, loaded: LoadedPolicy): MakeEntries {
  let unlabelled = 0;
  const booleans = loaded.state.db.booleans.inValueOrder();
  const labels = booleans.map(({ name }) => {
    const path = `/booleans/${name}`;
    const sid = genfsSid(loaded, path, 'file');
    if (sid === undefined && unlabelled++ < LOG_BURST) {
      state.log.print(`SELinux: no sid found, defaulting to security isid for ${path}`, KERN_WARNING);
    }
    return sid ?? SID.security;
  });
  const removed = () => state.loaded !== loaded;
  const entry = ({ name, value }: Named, position: number): DirectoryEntry => {
    const index = value - 1;
    const present = () => state.loaded?.state.db.booleans.nameOf(value) === name;
    const path = `/booleans/${name}`;
    const label = labels[position] ?? SID.security;
    const inode = init(path, BOOLEAN_INO | index, 0o644, 'file', (policy, viewer) =>
      viewer === state ? label : (genfsSid(policy, path, 'file') ?? SID.security),
    );
    const node = new NumberFile(
      { ...inode, keepsAttributes: false, removed },
      {
        read: () => (present() ? `${state.loaded?.state.booleans[index]} ${state.pendingBooleans?.[index]}` : E.EINVAL),
        checkFirst: foreign,
        check: (caller) => check(caller, 'setbool') ?? (present() ? undefined : E.EINVAL),
        store: (written) => {
          if (state.pendingBooleans !== undefined) state.pendingBooleans[index] = written === 0 ? 0 : 1;
          return undefined;
        },
      },
    );
    return { name, node };
  };
  return () => booleans.map(entry).reverse();
}

/** `NAME/index` and `NAME/perms/PERM`, in the policy's numbering. */
export function classNodes({ init, state }: SelinuxfsContext, loaded: LoadedPolicy): MakeEntries {
  const { classes } = loaded.state.db;
  const removed = () => state.loaded !== loaded;
  const file = (name: string, number: number, ino: number): DirectoryEntry => ({
    name,
    node: new TextFile(
      { ...init(name, ino, 0o444), keepsAttributes: false, keepsAttributesForCall: true, removed },
      () => String(number),
    ),
  });
  const permissions = ({ permissionNames, value }: ClassDatum) =>
    permissionNames.flatMap((name, bit) =>
      name === undefined ? [] : [file(name, bit + 1, CLASS_INO | (value * CLASS_INOS + bit + 1))],
    );
  const firstIno = (CLASS_INO | ((classes.maximum + 2) * CLASS_INOS)) + 1;
  const entry = (datum: ClassDatum, position: number): DirectoryEntry => {
    const ino = firstIno + 2 * position;
    const node = new PolicyDirectory({ ...init(datum.name, ino, 0o555, 'dir'), nlink: 3, removed }, () => [
      {
        name: 'perms',
        node: new PolicyDirectory({ ...init('perms', ino + 1, 0o555, 'dir'), nlink: 2, removed }, () =>
          permissions(datum).reverse(),
        ),
      },
      file('index', datum.value, CLASS_INO | (datum.value * CLASS_INOS)),
    ]);
    return { name: datum.name, node };
  };
  return () => classes.inValueOrder().map(entry).reverse();
}

type MakeEntries = () => readonly DirectoryEntry[];

/**
 * A directory whose entries are made when they are first asked for, and never change until it is removed with its
 * policy. Its attributes may be kept: a path through it would ask for them once for each directory.
 *
 * Entries are kept for some milliseconds, in which `ls -lR` makes several calls on each path. Search permission is asked for where
 * a path leads through the root, whose label these directories have, so only who comes by an open directory is not asked meanwhile.
 */
export class PolicyDirectory extends DynamicDirectory {
  readonly keepsEntriesBriefly = true;
  readonly #contents: () => StaticDirectory;
  readonly #made: () => readonly DirectoryEntry[];

  get dead(): boolean {
    return this.removed;
  }

  constructor(init: InodeInit & { readonly nlink: number }, make: MakeEntries) {
    let made: StaticDirectory | undefined;
    let entries: readonly DirectoryEntry[] = [];
    const { removed: _, ...kept } = init;
    const contents = () => {
      if (made === undefined) {
        entries = make();
        made = new StaticDirectory({ ...kept, entries });
      }
      return made;
    };
    super({
      ...init,
      cache: 'dynamic',
      keepsAttributes: true,
      lookup: (name, caller) => contents().lookup(name, caller),
      entries: (caller) => contents().entries(caller),
    });
    this.#contents = contents;
    this.#made = () => entries;
  }

  /** Also when it is dead, for {@link Directory.keepsEntriesBriefly}. */
  override lookup(name: string, caller: Caller): Result<Node> {
    return this.#contents().lookup(name, caller);
  }

  override entries(caller: Caller): Result<readonly DirectoryEntry[]> {
    return this.#contents().entries(caller);
  }

  /** It has no links any more, and neither have the directories in it. */
  announceRemoval(changes: Changes): void {
    changes.removed();
    changes.attributes(this);
    for (const { node } of this.#made()) if (node instanceof PolicyDirectory) node.announceRemoval(changes);
  }
}
