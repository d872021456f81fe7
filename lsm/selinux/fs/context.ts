/** What a selinuxfs is made from, and what the builders of its nodes share. */

import type { Errno } from '../../../linux/errno.ts';
import type { InodeInit } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { SelinuxState } from '../decide/state.ts';
import type { SelinuxNamespace } from '../namespaces/namespace.ts';
import type { TaskSecurity } from '../namespaces/task-security.ts';
import type { NodeLabel, ObjectClass } from './node-labels.ts';

/** What the nodes act on. */
export interface NamespaceControl {
  readonly limits: { maxns: number; maxnsdepth: number };
  /** Moves the calling thread into a new namespace inside its own. */
  unshare(caller: Caller, name?: string): Errno | undefined;
}

export interface SelinuxfsOptions {
  /** The one that is shown. */
  readonly namespace: SelinuxNamespace;
  /** Possible CPUs. */
  readonly cpus: number;
  /** Creation time of the nodes, nanoseconds since the epoch. */
  readonly time: bigint;
  readonly securityOf: (caller: Caller) => TaskSecurity;
  readonly control: NamespaceControl;
  /** Mode, policy or booleans may have changed. */
  changed(caller: Caller): void;
}

/** What the builders of nodes share. */
export interface SelinuxfsContext extends SelinuxfsOptions {
  readonly state: SelinuxState;
  /** EPERM for a task of another namespace than the one that is shown. */
  foreign(caller: Caller): Errno | undefined;
  /** A permission of class security, of the caller on the security server of its own namespace. */
  check(caller: Caller, permission: string): Errno | undefined;
  /** What every node of the tree is made from. `label`: by default that of the path. */
  init(path: string, ino: number, mode: number, objectClass?: ObjectClass, label?: NodeLabel): InodeInit;
}
