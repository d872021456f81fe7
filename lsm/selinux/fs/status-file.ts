/**
 * The node `status`: the status page, readable and mappable.
 */

import { slice } from '../../../linux/bytes.ts';
import { E } from '../../../linux/errno.ts';
import { PseudoFile } from '../../../vfs/pseudo/index.ts';
import type { Changes } from '../../../vfs/tree/changes.ts';
import type { Handle } from '../../../vfs/tree/node.ts';
import { STATUS_SIZE } from '../decide/status.ts';
import type { SelinuxfsContext } from './context.ts';

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
