/**
 * The node `status`: the status page, readable and mappable.
 */
import { PseudoFile } from '../../vfs/builders/index.ts';
import { slice } from '../../vfs/bytes.ts';
import type { Changes } from '../../vfs/changes.ts';
import { E } from '../../vfs/errno.ts';
import type { Handle } from '../../vfs/node.ts';
import type { SelinuxfsContext } from './selinuxfs-context.ts';
import { STATUS_SIZE } from './status.ts';

const INO = 19;

export class StatusFile extends PseudoFile {
  readonly mappableSize = STATUS_SIZE;

  constructor({ state, init }: SelinuxfsContext, changes: Changes) {
    const handle: Handle = {
      writeMovesPosition: false,
      read: (length, at) => slice(state.status.content(), length, at.offset),
      mmap: (writable) => (writable ? E.EPERM : undefined),
    };
    super({ ...init('/status', INO, 0o444), cache: 'page' }, () => handle);
    state.status.onChange = (content) => changes.content(this, content);
  }
}
