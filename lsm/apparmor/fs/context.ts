/** What the builders of apparmorfs share. */
import type { InodeInit } from '../../../vfs/pseudo/index.ts';
import type { ApparmorSecurity } from '../decide/security.ts';
import type { RevisionWaiters } from './revision.ts';

export interface ApparmorfsContext {
  readonly security: ApparmorSecurity;
  readonly waiters: RevisionWaiters;
  /** What a node with this mode starts from; `removed` says when what it stands for is gone. */
  init(mode: number, removed?: () => boolean): InodeInit;
}
