/**
 * May a task make a socket, and use it so? aa_af_perm() and aa_sk_perm() of security/apparmor/net.c, Linux 6.12
 * (network_v8). Rules are about kinds of sockets; whose a socket is does not matter.
 */

import type { Errno } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AccessedSocket, SocketAccess, SocketKind } from '../../framework/access/socket-access.ts';
import type { AccessHooks } from '../../framework/hook-table.ts';
import type { Task } from '../../framework/task.ts';
import { socketRecord } from '../decide/audit.ts';
import { checkPermissions, classPermissions } from '../decide/index.ts';
import type { ApparmorSecurity } from '../decide/security.ts';

const CLASS_NETWORK = 14;

interface Use {
  /** As records name it. */
  readonly operation: string;
  readonly permission: string;
  /** AA_MAY_* */
  readonly mask: number;
}

const CREATE: Use = { operation: 'create', permission: 'create', mask: 0x10 };
const BIND: Use = { operation: 'bind', permission: 'bind', mask: 0x200000 };
const CONNECT: Use = { operation: 'connect', permission: 'connect', mask: 0x40 };
const USES: Readonly<Record<SocketAccess['socketUse']['operation'], Use>> = {
  listen: { operation: 'listen', permission: 'listen', mask: 0x400000 },
  accept: { operation: 'accept', permission: 'accept', mask: 0x100000 },
  shutdown: { operation: 'socket_shutdown', permission: 'shutdown', mask: 0x20 },
  getsockopt: { operation: 'getsockopt', permission: 'getopt', mask: 0x2000000 },
  setsockopt: { operation: 'setsockopt', permission: 'setopt', mask: 0x1000000 },
  getsockname: { operation: 'getsockname', permission: 'getattr', mask: 0x200 },
  getpeername: { operation: 'getpeername', permission: 'getattr', mask: 0x200 },
  sendmsg: { operation: 'sendmsg', permission: 'send', mask: 0x2 },
  recvmsg: { operation: 'recvmsg', permission: 'receive', mask: 0x4 },
};

export const refuseGetsockopt = (
  security: ApparmorSecurity,
  task: Task,
  socket: SocketKind,
  caller: Caller,
): Errno | undefined => refuse(security, task, socket, USES.getsockopt, caller);

export function socketHooks(security: ApparmorSecurity): AccessHooks {
  return {
    socketCreate: (task, socket, caller) => refuse(security, task, socket, CREATE, caller),
    socketBind: (task, { socket }, caller) => refuse(security, task, socket, BIND, caller),
    socketConnect: (task, { socket }, caller) => refuse(security, task, socket, CONNECT, caller),
    socketUse: (task, { socket, operation }, caller) => refuse(security, task, socket, USES[operation], caller),
  };
}

function refuse(
  security: ApparmorSecurity,
  task: Task,
  socket: SocketKind & Partial<AccessedSocket>,
  { operation, permission, mask }: Use,
  caller: Caller,
): Errno | undefined {
  const { family, type } = socket;
  const input = Uint8Array.of(family >> 8, family & 0xff, type >> 8, type & 0xff);
  const errors = security
    .labels(task)
    .label.newest()
    .profiles.map((profile) => {
      const permissions = classPermissions(profile, CLASS_NETWORK, input);
      if (permissions === undefined) return undefined;
      const { error, record } = checkPermissions(permissions, mask);
      if (record !== undefined) security.audit(socketRecord(record, profile, operation, permission, socket, caller));
      return error;
    });
  return errors.findLast((error) => error !== undefined);
}
