/** What the nodes of smackfs share. */
import type { InodeInit } from '../../../vfs/pseudo/index.ts';
import type { SmackSecurity } from '../decide/security.ts';

export interface SmackfsContext {
  readonly security: SmackSecurity;
  /** Attributes of a node with this number and these permission bits. */
  init(ino: number, mode: number): InodeInit;
}
