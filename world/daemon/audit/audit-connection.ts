/**
 * One audit socket of a program, as the daemon has it: our end of a pair, and what the other end shows as a netlink(7) socket.
 */
import { sendPacket } from '../../../host/sockets/seqpacket.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { NETLINK_CAP_ACK } from '../../../linux/netlink.ts';
import type { AuditSocket } from '../../../lsm/framework/audit/audit.ts';
import type { RecordSubject } from '../../../lsm/framework/audit/subject.ts';
import type { AuditSocketState } from '../../supervisor/protocol/backend.ts';

/** What the kernel rounds the number of groups of a protocol up to. */
const GROUPS = 32;
const { EAGAIN } = ERRNO;

/** What is known when it is made. */
export interface AuditConnectionInit {
  /** Our end of the pair, and the inode number of the other one. */
  readonly ours: number;
  readonly inode: number;
  /** SOCK_RAW or SOCK_DGRAM. */
  readonly type: number;
  /** Credentials of the process that made it; they count also when another process sends without an address. */
  readonly uid: number;
  readonly control: boolean;
  readonly write: boolean;
}

export class AuditConnection implements AuditSocket {
  readonly init: AuditConnectionInit;
  /** 0 = it is not bound. */
  port = 0;
  /** It asked for this one, which was taken: a kernel shows it all the same. */
  refusedPort = 0;
  /** A bit for each multicast group that it is in. */
  groups = 0;
  /** What it is connected to. */
  peer = { port: 0, groups: 0 };
  /** NETLINK_*, of level SOL_NETLINK. */
  readonly options = new Set<number>();
  /** Its last turn left messages unread. */
  behind = false;
  /** {@link AuditSocketState.contained} */
  contained = false;
  /** Who put it into a group. */
  listener: RecordSubject | undefined;
  #groupCount = 0;

  constructor(init: AuditConnectionInit) {
    this.init = init;
  }

  /** netlink_realloc_groups(): groups were named. */
  makeGroups(): void {
    this.#groupCount = GROUPS;
  }

  hasGroup(group: number): boolean {
    return group >= 1 && group <= this.#groupCount;
  }

  /** From 1 on. */
  groupNumbers(groups = this.groups): number[] {
    return Array.from({ length: GROUPS }, (_, index) => index + 1).filter((group) => (groups & groupBit(group)) !== 0);
  }

  get capsAcknowledgements(): boolean {
    return this.options.has(NETLINK_CAP_ACK);
  }

  get state(): AuditSocketState {
    const { init, contained, groups, peer, options } = this;
    const port = this.port || this.refusedPort;
    return { type: init.type, contained, port, groups, groupCount: this.#groupCount, peer, options: [...options] };
  }

  send(message: Uint8Array): 'sent' | 'full' | 'gone' {
    const result = sendPacket(this.init.ours, message);
    if (result >= 0) return 'sent';
    return result === -EAGAIN ? 'full' : 'gone';
  }
}

export const groupBit = (group: number): number => (1 << (group - 1)) >>> 0;
