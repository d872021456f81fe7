/**
 * /proc/kmsg: the log as read by syslog(2), as a file whose reads block (fs/proc/kmsg.c).
 */

import { bytesOf } from '../../../linux/bytes.ts';
import type { Result } from '../../../linux/errno.ts';
import { POLLIN } from '../../../linux/poll.ts';
import { SYSLOG_ACTION } from '../../../lsm/framework/syslog.ts';
import { type InodeInit, PseudoFile } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import { type Handle, Pending, type Position } from '../../../vfs/tree/node.ts';
import type { Syslog } from './syslog.ts';

export class ProcKmsgFile extends PseudoFile {
  constructor(init: InodeInit, syslog: Syslog) {
    super(init, (_flags, caller) => syslog.permission(SYSLOG_ACTION.OPEN, caller) ?? new ProcKmsgHandle(syslog));
  }
}

class ProcKmsgHandle implements Handle {
  readonly writeMovesPosition = false;
  readonly #syslog: Syslog;
  #pollWait: (() => void) | undefined;

  constructor(syslog: Syslog) {
    this.#syslog = syslog;
  }

  read(length: number, _at: Position, caller: Caller): Result<Uint8Array> | Pending<Uint8Array> {
    const syslog = this.#syslog;
    const refused = syslog.allowed(SYSLOG_ACTION.READ, caller);
    if (refused !== undefined) return refused;
    if (syslog.unread > 0) return bytesOf(syslog.read(length));
    return new Pending((settle) => {
      let cancel = (): void => undefined;
      const look = (): void => {
        // Another reader may have read the record.
        if (syslog.unread === 0) cancel = syslog.ring.whenMore(look);
        else settle(bytesOf(syslog.read(length)));
      };
      cancel = syslog.ring.whenMore(look);
      return { cancel: () => cancel() };
    });
  }

  poll(wake: () => void): number {
    this.#pollWait?.();
    this.#pollWait = this.#syslog.ring.whenMore(wake);
    return this.#syslog.unread > 0 ? POLLIN : 0;
  }

  release(): void {
    this.#pollWait?.();
  }
}
