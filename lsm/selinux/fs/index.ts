/**
 * selinuxfs: the tree of one SELinux namespace.
 *
 * Names, modes and inode numbers are those of security/selinux/selinuxfs.c, Linux 6.12 (sel_fill_super). Directories list newest entries
 * first, as the kernel's do. The directories `booleans` and `class` are replaced by each policy load. Nobody may
 * remember them: a program that looks right after a load must not find what was there before, however late an
 * announcement arrives, and who looks is asked for search permission here. Entries below `class` may be remembered
 * for some milliseconds (PolicyDirectory). Kernels with SELinux namespaces have further nodes after `validatetrans`, and higher
 * numbers from there on (the patch series appends them to the enumeration). There everybody may read any instance, but
 * change and ask only that of the own namespace: see `foreign`.
 */

import { E } from '../../../linux/errno.ts';
import { SELINUX_MAGIC } from '../../../linux/magic.ts';
import { DeviceNode, type InodeInit, StaticDirectory } from '../../../vfs/pseudo/index.ts';
import { Changes } from '../../../vfs/tree/changes.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import type { DirectoryEntry, Node } from '../../../vfs/tree/node.ts';
import { SID } from '../decide/index.ts';
import type { LoadedPolicy } from '../decide/load.ts';
import type { SelinuxfsContext, SelinuxfsOptions } from './context.ts';
import { controlNodes } from './control-nodes.ts';
import { avcNodes, capabilityNodes, initialContextNodes, sidTableNodes } from './info-nodes.ts';
import { namespaceInos, namespaceNodes } from './namespace-nodes.ts';
import { genfsLabel, isKernel, labelPermission, labelXattrs, type NodeLabel, type ObjectClass } from './node-labels.ts';
import { booleanNodes, classNodes, PolicyDirectory } from './policy-nodes.ts';
import { queryNodes } from './query-nodes.ts';
import { StatusFile } from './status-file.ts';

/** include/uapi/linux/magic.h */

const INO = {
  root: 1,
  booleans: 22,
  null: 23,
  avc: 24,
  ss: 28,
  initialContexts: 30,
  class: 31,
  capabilities: 32,
} as const;

function nodeInit(
  options: SelinuxfsOptions,
  path: string,
  ino: number,
  mode: number,
  objectClass: ObjectClass,
  label: NodeLabel,
): InodeInit {
  const name = path.slice(path.lastIndexOf('/') + 1) || '/';
  return {
    ino,
    mode,
    keepsAttributes: objectClass === 'file',
    time: options.time,
    xattrs: labelXattrs(options, label),
    permission: labelPermission(options, label, { name, ino, objectClass }),
  };
}

export function createSelinuxfs(options: SelinuxfsOptions): Filesystem {
  const { namespace, securityOf } = options;
  const { state, rules } = namespace;
  const changes = new Changes();
  // selinuxfs is not among the types whose files genfs labels by path: all have the label of the superblock, but for booleans and `null`.
  const superblock = genfsLabel('/', 'dir');
  const context: SelinuxfsContext = {
    ...options,
    state,
    foreign: (caller) => (isKernel(caller) || securityOf(caller).namespace === namespace ? undefined : E.EPERM),
    check: (caller, permission) => {
      if (isKernel(caller)) return undefined;
      const { current, namespace: own } = securityOf(caller);
      return own.state.check(caller, current, SID.security, 'security', permission);
    },
    init: (path, ino, mode, objectClass = 'file', label = superblock) =>
      nodeInit(options, path, ino, mode, objectClass, label),
  };
  const shift = namespaceInos(rules);
  const directoryInit = (name: string, ino: number) => context.init(`/${name}`, ino + shift, 0o555, 'dir');
  const directory = (name: string, ino: number, entries: readonly DirectoryEntry[]) =>
    new StaticDirectory({ ...directoryInit(name, ino), entries });

  const status = new StatusFile(context, changes);
  const nullDevice = new DeviceNode({
    ...context.init('/null', INO.null + shift, 0o666, 'chr_file', () => SID.devnull),
    major: 1,
    minor: 3,
  });
  const permanent: DirectoryEntry[] = [
    { name: 'policy_capabilities', node: directory('policy_capabilities', INO.capabilities, capabilityNodes(context)) },
    {
      name: 'initial_contexts',
      node: directory('initial_contexts', INO.initialContexts, initialContextNodes(context)),
    },
    { name: 'ss', node: directory('ss', INO.ss, sidTableNodes(context, INO.ss + shift + 1)) },
    { name: 'avc', node: directory('avc', INO.avc, avcNodes(context, INO.avc + shift + 1)) },
    { name: 'null', node: nullDevice },
    ...files(context, status),
  ];
  // Both are made anew by each load: what somebody did to the old ones (mode, owner) is gone with them.
  const perPolicy = (
    name: string,
    ino: number,
    loaded: LoadedPolicy | undefined,
    subdirectories: number,
    make: () => readonly DirectoryEntry[],
  ) => ({
    name,
    node: new PolicyDirectory(
      { ...directoryInit(name, ino), nlink: 2 + subdirectories, removed: () => state.loaded !== loaded },
      make,
    ),
  });
  const booleans = (loaded?: LoadedPolicy) =>
    perPolicy('booleans', INO.booleans, loaded, 0, loaded === undefined ? () => [] : booleanNodes(context, loaded));
  const classes = (loaded?: LoadedPolicy) => {
    const count = loaded?.state.db.classes.inValueOrder().length ?? 0;
    return perPolicy('class', INO.class, loaded, count, loaded === undefined ? () => [] : classNodes(context, loaded));
  };
  let present = { class: classes(), booleans: booleans() };
  const root = new StaticDirectory({
    ...context.init('/', INO.root, 0o755, 'dir'),
    cache: 'dynamic',
    // A load replaces two directories by two directories.
    keepsAttributes: true,
    entries: beforeLoad(permanent, present.class, present.booleans),
  });

  state.onLoad = (loaded: LoadedPolicy) => {
    // The kernel moves the new directories into place, so they become the newest entries.
    const former = present;
    present = { class: classes(loaded), booleans: booleans(loaded) };
    root.replace([present.class, present.booleans, ...permanent]);
    for (const { node } of [former.class, former.booleans]) node.announceRemoval(changes);
  };
  const instance = namespace.isInitial ? {} : { instance: namespace.number };
  return { type: 'selinuxfs', magic: SELINUX_MAGIC, root, changes, ...instance };
}

/** The files of the root directory by descending inode number, which is the order the kernel lists them in. */
function files(context: SelinuxfsContext, status: Node): DirectoryEntry[] {
  const namespaces = context.namespace.rules.exist ? namespaceNodes(context) : [];
  return [...controlNodes(context), ...queryNodes(context), ...namespaces, { name: 'status', node: status }].sort(
    (a, b) => b.node.ino - a.node.ino,
  );
}

function beforeLoad(permanent: readonly DirectoryEntry[], classes: DirectoryEntry, booleans: DirectoryEntry) {
  return permanent.flatMap((entry): DirectoryEntry[] => {
    if (entry.name === 'initial_contexts') return [classes, entry];
    return entry.name === 'null' ? [entry, booleans] : [entry];
  });
}
