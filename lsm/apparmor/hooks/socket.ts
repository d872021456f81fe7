/**
 * May a task make a socket, and use it so? aa_af_perm() and aa_sk_perm() of security/apparmor/net.c, Linux 6.12
 * (network_v8). Rules are about kinds of sockets; whose a socket is does not matter.
 */

import type { Errno } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AccessHooks } from '../../framework/access/access.ts';
import type { AccessedSocket, SocketKind } from '../../framework/access/socket-access.ts';
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

export function socketHooks(security: ApparmorSecurity): AccessHooks {
  const using =
    (operation: string, permission: string, mask: number): NonNullable<AccessHooks['socketGetsockopt']> =>
    (task, { socket }, caller) =>
      refuse(security, task, socket, { operation, permission, mask }, caller);
  return {
    socketCreate: (task, socket, caller) =>
      refuse(security, task, socket, { operation: 'create', permission: 'create', mask: 0x10 }, caller),
    socketBind: using('bind', 'bind', 0x200000),
    socketConnect: using('connect', 'connect', 0x40),
    socketListen: using('listen', 'listen', 0x400000),
    socketAccept: using('accept', 'accept', 0x100000),
    socketShutdown: using('socket_shutdown', 'shutdown', 0x20),
    socketGetsockopt: using('getsockopt', 'getopt', 0x2000000),
    socketSetsockopt: using('setsockopt', 'setopt', 0x1000000),
    socketGetsockname: using('getsockname', 'getattr', 0x200),
    socketGetpeername: using('getpeername', 'getattr', 0x200),
    socketSendmsg: using('sendmsg', 'send', 0x2),
    socketRecvmsg: using('recvmsg', 'receive', 0x4),
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
    .profiles.filter((profile) => !profile.unconfined)
    .map((profile) => {
      const permissions = classPermissions(profile, CLASS_NETWORK, input);
      if (permissions === undefined) return undefined;
      const { error, record } = checkPermissions(permissions, mask);
      if (record !== undefined) security.audit(socketRecord(record, profile, operation, permission, socket, caller));
      return error;
    });
  return errors.findLast((error) => error !== undefined);
}
