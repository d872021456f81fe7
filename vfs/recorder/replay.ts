/**
 * Applies recorded events to a fresh tree.
 */

import { E, failed, type Result } from '../../linux/errno.ts';
import type { Caller } from '../tree/caller.ts';
import type { Filesystem } from '../tree/filesystem.ts';
import type { Handle, Node } from '../tree/node.ts';
import * as operations from '../tree/operations.ts';
import type { VfsEvent } from './events.ts';

export class Replayer {
  readonly #find: (name: string) => Filesystem | undefined;
  readonly #handles = new Map<number, Handle>();

  /** @param find the filesystem that was recorded under this name. */
  constructor(find: (name: string) => Filesystem | undefined) {
    this.#find = find;
  }

  /** The handle that an event opened, for a transport that takes over after a crash. */
  handle(number: number): Handle | undefined {
    return this.#handles.get(number);
  }

  /** Does it again. The answer is what the original caller got, so a refusal then is a refusal now. */
  apply(event: VfsEvent): Result<unknown> {
    if (event.kind === 'write') return this.#write(event);
    if (event.kind === 'release') {
      this.#handles.get(event.handle)?.release?.();
      return this.#handles.delete(event.handle) ? undefined : E.EBADF;
    }
    const node = this.#node(event.filesystem, event.path, event.caller);
    return failed(node) ? node : this.#onNode(node, event);
  }

  /** 0 for a write that has to wait: what it waited for is in the log. */
  #write(event: Extract<VfsEvent, { kind: 'write' }>): Result<number> {
    const handle = this.#handles.get(event.handle);
    if (handle === undefined) return E.EBADF;
    const { offset, mayContinue } = event;
    const at = mayContinue === undefined ? { offset } : { offset, mayContinue };
    const data = Buffer.from(event.data, 'base64');
    const later = operations.writeLater(handle, data, at, event.caller);
    later?.start(() => undefined);
    return later === undefined ? operations.write(handle, data, at, event.caller) : 0;
  }

  #onNode(node: Node, event: Exclude<VfsEvent, { kind: 'write' | 'release' }>): Result<unknown> {
    const { caller } = event;
    switch (event.kind) {
      case 'open': {
        if (node.kind !== 'file') return E.EINVAL;
        const handle = node.open(event.flags, caller);
        return failed(handle) ? handle : this.#opened(event.handle, handle);
      }
      case 'create': {
        const made = operations.create(node, event.name, { mode: event.mode, flags: event.flags }, caller);
        return failed(made) ? made : this.#opened(event.handle, made.handle);
      }
      case 'set_attributes':
        return node.setAttributes?.(event.change, caller);
      case 'setxattr':
        return node.xattrs?.set(event.name, Buffer.from(event.value, 'base64'), event.flags, caller);
      case 'removexattr':
        return node.xattrs?.remove(event.name, caller);
      case 'mkdir':
        return operations.mkdir(node, event.name, event.mode, caller);
      case 'mknod':
        return operations.mknod(node, event.name, event.mode, event.rdev, caller);
      case 'symlink':
        return operations.symlink(node, event.name, event.target, caller);
      case 'unlink':
        return operations.unlink(node, event.name, caller);
      case 'rmdir':
        return operations.rmdir(node, event.name, caller);
      case 'link': {
        const existing = this.#node(event.filesystem, event.existing, caller);
        return failed(existing) ? existing : operations.link(node, event.name, existing, caller);
      }
      case 'rename': {
        const to = this.#node(event.filesystem, event.to, caller);
        return failed(to) ? to : operations.rename(node, event.name, to, event.newName, event.flags, caller);
      }
    }
  }

  #opened(number: number, handle: Handle): undefined {
    this.#handles.set(number, handle);
    return undefined;
  }

  #node(name: string, path: string, caller: Caller): Result<Node> {
    const filesystem = this.#find(name);
    if (filesystem === undefined) return E.ENODEV;
    let node: Node = filesystem.root;
    for (const component of path === '' ? [] : path.split('/')) {
      if (node.kind !== 'directory') return E.ENOTDIR;
      const next: Result<Node> = node.lookup(component, caller);
      if (failed(next)) return next;
      node = next;
    }
    return node;
  }
}
