/** Audit sockets of the world's programs, as a supervisor thread finds them by descriptors of callers. */
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { CallerFd, Tid } from '../../../linux/ids.ts';
import { SOCKADDR_NL_SIZE } from '../../../linux/netlink.ts';
import { AF_NETLINK } from '../../../linux/socket.ts';
import type { AuditPlace, AuditSocketState } from '../protocol/backend.ts';
import type { Asks } from '../protocol/questions/index.ts';
import type { SharedFlag } from '../protocol/shared-flag.ts';
import type { CallerView } from './caller-view.ts';

/** Limit of sockets that are remembered. */
const REMEMBERED = 4096;

export interface FoundAuditSocket {
  /** Inode number. */
  readonly socket: number;
  readonly state: AuditSocketState;
}

export class CallerAuditSockets {
  readonly #opened: Pick<SharedFlag, 'isSet'>;
  readonly #view: Pick<CallerView, 'readlinkAt'>;
  readonly #ask: Asks<'audit-state'>;
  /** As they were when they were looked at last; `undefined` = it is none. Numbers are not used again before 2^32 sockets were made. */
  readonly #seen = new Map<number, AuditSocketState | undefined>();

  /** @param opened unset = the world never had one. */
  constructor(opened: Pick<SharedFlag, 'isSet'>, view: Pick<CallerView, 'readlinkAt'>, ask: Asks<'audit-state'>) {
    this.#opened = opened;
    this.#view = view;
    this.#ask = ask;
  }

  get any(): boolean {
    return this.#opened.isSet;
  }

  /** `undefined` = the descriptor is something else. */
  find(tid: Tid, fd: CallerFd): FoundAuditSocket | undefined {
    const socket = this.#numberOf(tid, fd);
    if (socket === 0 || this.#isOther(socket)) return undefined;
    const answer = this.#ask({ kind: 'audit-state', socket });
    if (answer === undefined) return undefined;
    if (this.#seen.size >= REMEMBERED) this.#seen.clear();
    this.#seen.set(socket, answer.value);
    return answer.value && { socket, state: answer.value };
  }

  /** The same, in the groups that it was in when it was looked at last: no question where there was one before. */
  recall(tid: Tid, fd: CallerFd): FoundAuditSocket | undefined {
    const socket = this.#numberOf(tid, fd);
    const state = this.#seen.get(socket);
    return state === undefined ? this.find(tid, fd) : { socket, state };
  }

  /** It was changed. */
  forget(socket: number): void {
    this.#seen.delete(socket);
  }

  #isOther(socket: number): boolean {
    return this.#seen.has(socket) && this.#seen.get(socket) === undefined;
  }

  /** 0 = it is no socket. */
  #numberOf(tid: Tid, fd: CallerFd): number {
    const link = this.any ? this.#view.readlinkAt(AT_FDCWD, `/proc/${tid}/fd/${fd}`) : undefined;
    return Number(/^socket:\[(\d+)\]$/.exec(link ?? '')?.[1] ?? 0);
  }
}

/** struct sockaddr_nl */
export function netlinkAddress({ port, groups }: AuditPlace): Uint8Array {
  const address = new Uint8Array(SOCKADDR_NL_SIZE);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_NETLINK, true);
  view.setUint32(4, port, true);
  view.setUint32(8, groups, true);
  return address;
}
