/**
 * Base of all nodes of a labelled tree: attributes from the backend, labels from the store.
 */

import { CAP } from '../../linux/capability.ts';
import { E, type Errno, failed, type Result } from '../../linux/errno.ts';
import { S_IALLUGO } from '../../linux/stat.ts';
import { type Caller, capable } from '../tree/caller.ts';
import type { AttributeChange, Attributes, XattrOperations } from '../tree/node.ts';
import type { Origin } from '../tree/origin.ts';
import { attemptVoid, type BackendStats } from './backend.ts';
import { isSame, type Tree } from './tree.ts';

/** cap_inode_setxattr(): without a security module, security.* is for administrators, file capabilities for CAP_SETFCAP. */
function defaultXattrPolicy(name: string, caller: Caller): Errno | undefined {
  if (!name.startsWith('security.')) return undefined;
  const needed = name === 'security.capability' ? CAP.SETFCAP : CAP.SYS_ADMIN;
  return capable(caller, needed) ? undefined : E.EPERM;
}

export abstract class LabelledInode {
  readonly ino: number;
  /** Not cached: other processes may change the backend. */
  readonly cache = 'dynamic';
  readonly xattrs: XattrOperations;
  protected readonly tree: Tree;
  protected readonly origin: Origin;
  #last: Attributes;

  constructor(tree: Tree, ino: number, origin: Origin, stats: BackendStats) {
    this.tree = tree;
    this.ino = ino;
    this.origin = origin;
    this.#last = tree.attributes(stats, origin);
    this.xattrs = this.#xattrOperations();
  }

  attributes(_caller: Caller): Attributes {
    const stats = this.stat();
    // An unlinked node is still asked for its attributes; then they are the last known ones.
    if (isSame(stats, this.ino)) this.#last = this.tree.attributes(stats, this.origin);
    else this.#last = { ...this.#last, nlink: 0 };
    return this.#last;
  }

  setAttributes(change: AttributeChange, caller: Caller): Errno | undefined {
    const now = this.attributes(caller);
    return this.#setOwnership(now, change) ?? this.#setSize(change) ?? this.#setTimes(now, change);
  }

  protected stat(): Result<BackendStats> {
    return this.tree.stat(this.origin);
  }

  protected truncate(size: number): Errno | undefined {
    return attemptVoid(() => this.tree.backend.truncateSync(this.tree.bytes(this.origin), size));
  }

  #setOwnership(now: Attributes, change: AttributeChange): Errno | undefined {
    const { backend, store } = this.tree;
    if (change.uid === undefined && change.gid === undefined && change.mode === undefined) return undefined;
    const uid = change.uid ?? now.uid;
    const gid = change.gid ?? now.gid;
    const mode = (change.mode ?? now.mode) & S_IALLUGO;
    if (store.ownership !== undefined) {
      store.ownership.set(this.tree.file(this.ino, this.origin), { uid, gid, mode });
      return undefined;
    }
    const path = this.tree.bytes(this.origin);
    const chown = uid !== now.uid || gid !== now.gid;
    return attemptVoid(() => {
      if (chown) backend.lchownSync(path, uid, gid);
      // chown drops set-id bits in the backend, so the mode comes last.
      if (change.mode !== undefined || chown) this.applyMode(path, mode);
    });
  }

  /** Symlinks have no mode of their own. */
  protected applyMode(path: Buffer, mode: number): void {
    this.tree.backend.chmodSync(path, mode);
  }

  #setSize(change: AttributeChange): Errno | undefined {
    return change.size === undefined ? undefined : this.truncate(change.size);
  }

  #setTimes(now: Attributes, change: AttributeChange): Errno | undefined {
    if (change.atime === undefined && change.mtime === undefined) return undefined;
    const atime = seconds(change.atime ?? now.atime);
    const mtime = seconds(change.mtime ?? now.mtime);
    return attemptVoid(() => this.tree.backend.lutimesSync(this.tree.bytes(this.origin), atime, mtime));
  }

  #xattrOperations(): XattrOperations {
    const { store, options } = this.tree;
    const policy = options.xattrPolicy ?? defaultXattrPolicy;
    const file = () => this.tree.file(this.ino, this.origin);
    return {
      get: (name) => store.get(file(), name),
      list: (caller) => {
        const names = store.list(file());
        if (failed(names) || capable(caller, CAP.SYS_ADMIN)) return names;
        return names.filter((name) => !name.startsWith('trusted.'));
      },
      set: (name, value, flags, caller) => policy(name, caller) ?? store.set(file(), name, value, flags),
      remove: (name, caller) => policy(name, caller) ?? store.remove(file(), name),
    };
  }
}

function seconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e9;
}
