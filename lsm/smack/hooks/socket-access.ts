/**
 * What a task sends to UNIX sockets: smack_unix_stream_connect() and smack_unix_may_send() of security/smack/smack_lsm.c,
 * Linux 6.12. A socket has its maker's label.
 */
import { CAP } from '../../../linux/capability.ts';
import type { Errno } from '../../../linux/errno.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AccessHooks } from '../../framework/access/access.ts';
import type { AccessedSocket, UnixPeer } from '../../framework/access/socket-access.ts';
import { socketFields } from '../../framework/audit/lsm-audit.ts';
import type { Task } from '../../framework/task.ts';
import { MAY } from '../decide/access.ts';
import type { SmackSecurity } from '../decide/security.ts';

export function socketAccessHooks(
  security: SmackSecurity,
  makerOf: (socket: number, holder: Tid) => Task | undefined,
): AccessHooks {
  const labels = (task: Task, socket: AccessedSocket, peer: UnixPeer): readonly [string, string] | undefined => {
    const [own, other] = [makerOf(socket.ino, task.tid), makerOf(peer.ino, peer.holder)];
    return own && other && [security.of(own).label, security.of(other).label];
  };
  const writes = (subject: string, object: string, peer: UnixPeer, hook: string, caller: Caller): Errno | undefined => {
    const audited = { hook, details: socketFields(peer) };
    return security.checkLabels({ subject, object, request: MAY.WRITE }, caller, audited);
  };
  const overrides = (found: readonly string[], caller: Caller): boolean =>
    found.every((label) => security.isVisible(label, caller)) && security.privileged(caller, CAP.MAC_OVERRIDE);
  return {
    unixStreamConnect: (task, { socket, peer }, caller) => {
      const found = labels(task, socket, peer);
      if (found === undefined || overrides(found, caller)) return undefined;
      const [own, other] = found;
      const hook = 'smack_unix_stream_connect';
      return writes(own, other, peer, hook, caller) ?? writes(other, own, peer, hook, caller);
    },
    unixMaySend: (task, { socket, peer }, caller) => {
      const found = labels(task, socket, peer);
      if (found === undefined || overrides(found, caller)) return undefined;
      return writes(...found, peer, 'smack_unix_may_send', caller);
    },
  };
}
