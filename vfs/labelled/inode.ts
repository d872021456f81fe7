/**
 * Base of all nodes of a labelled tree: attributes from the backend, labels from the store.
 */

import { textOf } from '../../linux/bytes.ts';
import { CAP, XATTR_NAME_CAPS } from '../../linux/capability.ts';
import { E, type Errno, failed, type Result } from '../../linux/errno.ts';
import { S_IALLUGO } from '../../linux/stat.ts';
import { type Caller, capable, KERNEL_CALLER } from '../tree/caller.ts';
import type { AttributeChange, Attributes, XattrOperations } from '../tree/node.ts';
import { type Origin, pathOf } from '../tree/origin.ts';
import { attemptVoid, type BackendStats } from './backend.ts';
import { convertCapabilities, readCapabilities } from './file-capabilities.ts';
import type { LabelledFacts, LabelledObject } from './security.ts';
import { isSame, type Tree } from './tree.ts';

export abstract class LabelledInode implements LabelledObject {
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
    const before = this.look();
    const refused = this.tree.security.setAttributes(this, change, caller) ?? this.changeAttributes(change, caller);
    if (refused === undefined) this.tree.security.attributesSet(this, before, caller);
    return refused;
  }

  /** Asks nobody. */
  changeAttributes(change: AttributeChange, caller: Caller): Errno | undefined {
    const now = this.attributes(caller);
    this.tree.changed(this.ino, change.size !== undefined);
    return this.#setOwnership(now, change) ?? this.#setSize(change) ?? this.#setTimes(now, change);
  }

  permission(mask: number, caller: Caller): Errno | undefined {
    return this.tree.security.permission(this, mask, caller);
  }

  look(): LabelledFacts {
    const { store } = this.tree;
    const file = this.tree.file(this.ino, this.origin);
    const names = store.list(file);
    const values = (failed(names) ? [] : names).flatMap((name): [string, string][] => {
      const value = store.get(file, name);
      return failed(value) ? [] : [[name, textOf(value)]];
    });
    return {
      ino: this.ino,
      generation: this.tree.generation(this.ino),
      path: pathOf(this.origin),
      attributes: this.attributes(KERNEL_CALLER),
      xattrs: Object.fromEntries(values),
      version: this.tree.version(this.ino),
      contentVersion: this.tree.contentVersion(this.ino),
      writers: false,
      openers: false,
    };
  }

  content(): Result<Uint8Array> {
    return E.EINVAL;
  }

  store(name: string, value: Uint8Array | undefined, flags = 0): Errno | undefined {
    const { store } = this.tree;
    const file = this.tree.file(this.ino, this.origin);
    this.tree.changed(this.ino, false);
    return value === undefined ? store.remove(file, name) : store.set(file, name, value, flags);
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
    const { store, security } = this.tree;
    const file = () => this.tree.file(this.ino, this.origin);
    return {
      get: (name, caller) => {
        const value = security.getXattr(this, name, caller) ?? store.get(file(), name);
        // The kernel itself looks at what is stored.
        if (name !== XATTR_NAME_CAPS || caller.tid === KERNEL_CALLER.tid || failed(value)) return value;
        return readCapabilities(value, caller);
      },
      list: (caller) => {
        const stored = store.list(file());
        const names = failed(stored) ? stored : security.listXattr(this, stored, caller);
        if (failed(names) || capable(caller, CAP.SYS_ADMIN)) return names;
        return names.filter((name) => !name.startsWith('trusted.'));
      },
      set: (name, value, flags, caller) => {
        const caps = name === XATTR_NAME_CAPS;
        const stored = caps ? convertCapabilities(value, caller, this.attributes(caller)) : value;
        return failed(stored) ? stored : security.setXattr(this, name, stored, flags, caller);
      },
      remove: (name, caller) => security.removeXattr(this, name, caller),
    };
  }
}

function seconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e9;
}
