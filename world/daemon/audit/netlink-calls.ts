/**
 * What bind(2), connect(2) and setsockopt(2) do to an audit socket.
 *
 * Model: netlink_bind(), netlink_connect() and netlink_setsockopt() of net/netlink/af_netlink.c, Linux 6.12, for a protocol of which
 * anybody may ask to be in a group, and audit_multicast_bind() says who may be. Records are offered to the first group alone.
 */
import { CAP } from '../../../linux/capability.ts';
import { E, type Errno } from '../../../linux/errno.ts';
import { NETLINK_ADD_MEMBERSHIP, NETLINK_DROP_MEMBERSHIP, NETLINK_LISTEN_ALL_NSID } from '../../../linux/netlink.ts';
import type { RecordSubject } from '../../../lsm/framework/audit/subject.ts';
import type { Stack } from '../../../lsm/library/index.ts';
import { type Caller, capableInOwn } from '../../../vfs/tree/caller.ts';
import { type AuditConnection, groupBit } from './audit-connection.ts';
import type { AuditPorts } from './audit-ports.ts';

export interface NetlinkCall {
  readonly stack: Stack;
  readonly ports: AuditPorts;
  readonly connection: AuditConnection;
  readonly caller: Caller;
  readonly subject: RecordSubject;
  /** The caller has CAP_AUDIT_READ. */
  readonly mayRead: boolean;
}

/** @param groups a bit for each. */
export function bindSocket(call: NetlinkCall, port: number, groups: number): Errno | undefined {
  const { stack, ports, connection, caller, subject } = call;
  const joined = connection.groupNumbers(groups);
  if (groups !== 0) connection.makeGroups();
  if (connection.port !== 0 && port !== connection.port) return E.EINVAL;
  const refused = join(call, joined);
  if (refused !== undefined) return refused;
  if (connection.port === 0 && port !== 0) {
    if (ports.isTaken(port)) {
      connection.refusedPort = port;
      for (const group of joined) stack.auditRequests.leave(group, subject);
      return E.EADDRINUSE;
    }
    ports.give(connection, port);
  }
  ports.autobind(connection, caller);
  setGroups(call, groups);
  return undefined;
}

export function connectSocket({ ports, connection, caller }: NetlinkCall, port: number, groups: number): undefined {
  ports.autobind(connection, caller);
  connection.peer = { port, groups: (groups & -groups) >>> 0 };
}

/** @param option one that there is. */
export function setSocketOption(call: NetlinkCall, option: number, value: number): Errno | undefined {
  const { stack, connection, caller, subject } = call;
  if (option === NETLINK_ADD_MEMBERSHIP || option === NETLINK_DROP_MEMBERSHIP) {
    connection.makeGroups();
    if (!connection.hasGroup(value)) return E.EINVAL;
    const adds = option === NETLINK_ADD_MEMBERSHIP;
    const refused = adds ? join(call, [value]) : undefined;
    if (refused !== undefined) return refused;
    const others = connection.groups & ~groupBit(value);
    setGroups(call, (adds ? others | groupBit(value) : others) >>> 0);
    if (!adds) stack.auditRequests.leave(value, subject);
    return undefined;
  }
  if (option === NETLINK_LISTEN_ALL_NSID && !capableInOwn(caller, CAP.NET_BROADCAST)) return E.EPERM;
  if (value === 0) connection.options.delete(option);
  else connection.options.add(option);
  return undefined;
}

/** The first that is refused ends it; the ones before it would have been refused, too. */
function join({ stack, connection, subject, mayRead }: NetlinkCall, groups: readonly number[]): Errno | undefined {
  for (const group of groups) {
    const refused = stack.auditRequests.join(group, subject, mayRead);
    if (refused !== undefined) return refused;
    connection.listener = subject;
  }
  return undefined;
}

function setGroups({ stack, connection, caller }: NetlinkCall, groups: number): void {
  connection.groups = groups;
  stack.auditRequests.setGroups(connection, groups, stack.taskOf(caller));
}
