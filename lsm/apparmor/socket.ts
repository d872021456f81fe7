/** May a task ask a socket for an option? aa_sk_perm() with AA_MAY_GETOPT of security/apparmor/net.c, Linux 6.12 (network_v8). */
import type { Caller } from '../../vfs/caller.ts';
import type { Errno } from '../../vfs/errno.ts';
import type { SocketKind } from '../core/module.ts';
import type { Task } from '../core/task.ts';
import { socketRecord } from './audit.ts';
import { checkPermissions, classPermissions } from './policy/index.ts';
import type { ApparmorSecurity } from './security.ts';

const CLASS_NETWORK = 14;
const MAY_GETOPT = 0x2000000;

export function refuseGetsockopt(
  security: ApparmorSecurity,
  task: Task,
  socket: SocketKind,
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
      const { error, record } = checkPermissions(permissions, MAY_GETOPT);
      if (record !== undefined) security.audit(socketRecord(record, profile, 'getsockopt', 'getopt', socket, caller));
      return error;
    });
  return errors.findLast((error) => error !== undefined);
}
