/**
 * /proc/<pid>/attr/label_map: the map of the namespace that a task is in. Who is privileged outside of all namespaces fills
 * that of a user namespace just below the initial one.
 *
 * Model: proc_label_map_write() of the patches of 2015. It is no attribute of the task itself, so anybody else may write.
 */

import { bytesOf, slice } from '../../../linux/bytes.ts';
import { CAP } from '../../../linux/capability.ts';
import { E, type Errno } from '../../../linux/errno.ts';
import { PAGE_SIZE } from '../../../linux/fs.ts';
import { type Caller, capable } from '../../../vfs/tree/caller.ts';
import type { OwnAttrFile } from '../../framework/proc/attr-file.ts';
import type { Task } from '../../framework/task.ts';
import type { SmackSecurity } from '../decide/security.ts';
import type { SmackNamespace } from './namespaces.ts';

export function labelMapFile(security: SmackSecurity): OwnAttrFile {
  return {
    name: 'label_map',
    mode: 0o666,
    open: (target, _flags, opener) => ({
      writeMovesPosition: false,
      read: (length, at) => slice(bytesOf(lines(security, target)), length, at.offset),
      write: (data, at, caller) => {
        const namespace = writable(security, target, opener, caller);
        if (!('map' in namespace)) return namespace;
        if (at.offset !== 0 || data.length === 0 || data.length >= PAGE_SIZE) return E.EINVAL;
        return namespace.map.add(data, security.labels) ?? data.length;
      },
    }),
  };
}

/** In the order of the labels, newest first; nothing where labels are seen as they are. */
function lines(security: SmackSecurity, target: Task): string {
  const map = security.namespaceOf(target)?.map;
  if (map === undefined) return '';
  const age = (label: string): number => security.labels.import(label).secid;
  return [...map.entries()]
    .toSorted(([a], [b]) => age(b) - age(a))
    .map(([label, name]) => `${label} -> ${name}\n`)
    .join('');
}

/** EBADR for a task in no namespace, EPERM for who is in one himself or unprivileged. */
function writable(security: SmackSecurity, target: Task, opener: Caller, writer: Caller): SmackNamespace | Errno {
  const own = security.of(target).namespace;
  const where = security.userNamespaceOf(target);
  if (own === undefined && where === undefined) return E.EBADR;
  // The writer's user namespace is the initial one, or it would not be privileged; so the target's must be just below.
  const isChild = own !== undefined || where?.ancestors.length === 0;
  if (!isChild || !security.administers(writer) || !capable(opener, CAP.MAC_ADMIN)) return E.EPERM;
  return own ?? (where === undefined ? E.EBADR : security.namespaces.at(where));
}
