/** Ports of the audit sockets of a world, as netlink_autobind() and netlink_insert() give them. */
import type { AuditSocket } from '../../../lsm/framework/audit/audit.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AuditConnection } from './audit-connection.ts';
import { ownPid } from './audit-facts.ts';

/** Sockets whose process number is taken get numbers from here downwards, which are no process numbers. */
const FIRST_FREE_PORT = -4096;

export class AuditPorts {
  readonly #connections: ReadonlyMap<number, AuditConnection>;
  readonly #given: (socket: AuditSocket) => void;
  #next = FIRST_FREE_PORT;

  /** @param given to be called with each socket that has got its port. */
  constructor(connections: ReadonlyMap<number, AuditConnection>, given: (socket: AuditSocket) => void) {
    this.#connections = connections;
    this.#given = given;
  }

  isTaken(port: number): boolean {
    return [...this.#connections.values()].some((one) => one.port === port);
  }

  /** That of one that has none. */
  give(connection: AuditConnection, port: number): void {
    connection.port = port;
    this.#given(connection);
  }

  /** The process number where that is free; nothing for one that is bound. */
  autobind(connection: AuditConnection, { tid, tgid }: Pick<Caller, 'tid' | 'tgid'>): void {
    if (connection.port !== 0) return;
    let port: number = ownPid(tid) ?? tgid;
    while (this.isTaken(port)) port = this.#next-- >>> 0;
    this.give(connection, port);
  }
}
