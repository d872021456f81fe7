/**
 * apparmorfs: the directory `apparmor` of securityfs.
 *
 * There is one for the whole system, and what it shows depends on who looks: the top-level files act on the namespace
 * of the reader's label. `policy` is a magic link in the kernel, from here into a filesystem that is mounted nowhere.
 * Here it is a real link to a name beside it, which is the very text that the kernel's link shows; that name is not
 * listed and exists only for who is in the namespace it leads to. Source: security/apparmor/apparmorfs.c, Linux 6.12;
 * entries in recorded readdir order.
 */

import { E, type Result } from '../../../linux/errno.ts';
import {
  DeviceNode,
  DynamicDirectory,
  type InodeInit,
  type InodeNumbers,
  SequenceFile,
  TextFile,
} from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { DirectoryEntry, Handle, Node } from '../../../vfs/tree/node.ts';
import type { ApparmorSecurity } from '../decide/security.ts';
import { COMPRESSION_LEVELS } from '../policy/compression.ts';
import { type Label, listProfiles, type PolicyNamespace } from '../policy/index.ts';
import { accessFile } from './access.ts';
import type { ApparmorfsContext } from './context.ts';
import { featuresDirectory } from './features.ts';
import { ComputedLink } from './link.ts';
import { NamespaceTree } from './namespace-tree.ts';
import { policyWriteFile } from './policy-write.ts';
import { RevisionFile, type RevisionWaiters } from './revision.ts';

export interface ApparmorfsOptions {
  readonly security: ApparmorSecurity;
  readonly waiters: RevisionWaiters;
  readonly numbers: InodeNumbers;
  /** Creation time, nanoseconds since the epoch. */
  readonly time: bigint;
}

export interface Apparmorfs {
  /** In the root of securityfs. */
  readonly entry: DirectoryEntry;
  /** See FileMediationHost. */
  policyPath(path: string): string | undefined;
}

/** What is below the link `policy`, as a path from the root: inode number of the view, and the rest. */
const POLICY_PATH = /^\/sys\/kernel\/security\/apparmor\/apparmorfs:\[(\d+)\](.*)$/s;

export function createApparmorfs({ security, waiters, numbers, time }: ApparmorfsOptions): Apparmorfs {
  const init: ApparmorfsContext['init'] = (mode, removed): InodeInit => ({
    ino: numbers.next(),
    mode,
    time,
    ...(removed !== undefined && { removed }),
  });
  const context: ApparmorfsContext = { security, waiters, init };
  const own = (caller: Caller): PolicyNamespace => security.namespaceOf(caller);
  const aboutLabel = (show: (label: Label) => string | number) =>
    new TextFile(init(0o444), (caller) => `${show(security.labelOf(caller))}\n`);
  const constant = (value: number) => new TextFile(init(0o444), () => `${value}\n`);
  const yesNo = (value: boolean): string => (value ? 'yes' : 'no');

  const link: ComputedLink = new ComputedLink(init(0o444), (caller) => viewName(own(caller)));
  const tree = new NamespaceTree(context);
  const viewName = (ns: PolicyNamespace): string =>
    `apparmorfs:[${ns.parent === undefined ? link.ino : tree.of(ns).ino}]`;

  const entries: DirectoryEntry[] = [
    { name: '.null', node: new DeviceNode({ ...init(0o666), major: 1, minor: 3 }) },
    { name: 'policy', node: link },
    { name: 'revision', node: new RevisionFile(init(0o444), waiters, own) },
    { name: '.remove', node: policyWriteFile(context, 0o666, 'remove', own) },
    { name: '.replace', node: policyWriteFile(context, 0o666, 'replace', own) },
    { name: '.load', node: policyWriteFile(context, 0o666, 'load', own) },
    { name: 'features', node: featuresDirectory(init) },
    { name: 'raw_data_compression_level_max', node: constant(COMPRESSION_LEVELS.max) },
    { name: 'raw_data_compression_level_min', node: constant(COMPRESSION_LEVELS.min) },
    { name: 'profiles', node: new ProfilesFile(context) },
    { name: '.ns_name', node: aboutLabel((label) => label.namespace.name) },
    { name: '.ns_level', node: aboutLabel((label) => label.namespace.level) },
    { name: '.ns_stacked', node: aboutLabel((label) => yesNo(label.namespaceStacked)) },
    { name: '.stacked', node: aboutLabel((label) => yesNo(label.stacked)) },
    { name: '.access', node: accessFile(context) },
  ];
  const view = (name: string, caller: Caller): Node | undefined => {
    const ns = own(caller);
    return name === viewName(ns) ? tree.of(ns) : undefined;
  };
  const nodes = new Map(entries.map(({ name, node }) => [name, node]));
  const root = new DynamicDirectory({
    ...init(0o755),
    nlink: 2 + entries.filter(({ node }) => node.kind === 'directory').length,
    lookup: (name, caller): Result<Node> => nodes.get(name) ?? view(name, caller) ?? E.ENOENT,
    entries: () => entries,
  });
  return {
    entry: { name: 'apparmor', node: root },
    policyPath: (path) => {
      const [, ino, rest = ''] = POLICY_PATH.exec(path) ?? [];
      if (ino === undefined) return undefined;
      const view = Number(ino) === link.ino ? '' : tree.pathOf(Number(ino));
      return `${view}${rest}` || '/';
    },
  };
}

/** One line per profile that the reader's namespace shows. Who goes on reading after a change goes on at the same line number. */
class ProfilesFile extends SequenceFile {
  readonly #security: ApparmorSecurity;

  constructor({ security, init }: ApparmorfsContext) {
    super(init(0o444), {
      *records(caller): Iterable<string> {
        let lines: readonly string[] = [];
        let seen = -1;
        for (let at = 0; ; at++) {
          if (seen !== security.changes) {
            seen = security.changes;
            lines = listProfiles(security.namespaceOf(caller)).split(/(?<=\n)/);
          }
          const line = lines[at];
          if (line === undefined || line === '') return;
          yield line;
        }
      },
    });
    this.#security = security;
  }

  override open(flags: number, caller: Caller): Result<Handle> {
    return this.#security.mayView(caller) ? super.open(flags, caller) : E.EACCES;
  }
}
