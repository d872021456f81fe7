/**
 * Network interfaces that user space serves: what ioctl(2) on the device asks the modules beside the file: tun_set_iff()
 * and tun_set_queue() of drivers/net/tun.c, Linux 6.12. Of an interface that is there only its maker's label would tell
 * more, which nobody notes.
 */
import { latin1 } from '../../../host/memory/remote-memory.ts';
import { CAP } from '../../../linux/capability.ts';
import { IFNAMSIZ, TUN, TUNSETIFF, TUNSETQUEUE } from '../../../linux/ioctl.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { deviceOfNode } from '../caller/device-node.ts';
import type { WorkerContext } from '../context.ts';
import { capabilityCheck } from './calls.ts';

/** struct ifreq { char name[IFNAMSIZ]; short flags; ... } */
const REQUEST_SIZE = 40;

/** Commands that are asked about. */
export const OF_TUN: ReadonlySet<number> = new Set([TUNSETIFF, TUNSETQUEUE]);

/** @param file descriptor of ours of the device. */
export function tunChecks(context: WorkerContext, command: number, file: number): readonly AccessCheck[] {
  const { call, memory, mediator, view } = context;
  if (!OF_TUN.has(command) || deviceOfNode(view, file) !== TUN.DEVICE) return [];
  if (memory.read(call.tid, call.low(2), call.high(2), REQUEST_SIZE) < REQUEST_SIZE) return [];
  const name = latin1(memory.bytes, IFNAMSIZ).replace(/\0.*$/s, '');
  const flags = (memory.bytes[IFNAMSIZ] ?? 0) | ((memory.bytes[IFNAMSIZ + 1] ?? 0) << 8);
  if (command === TUNSETQUEUE)
    return (flags & TUN.ATTACH_QUEUE) === 0 ? [] : [{ hook: 'tunDevAttachQueue', about: {} }];
  const interfaces = view.readWhole(`/proc/${call.tid}/net/dev`) ?? '';
  const isThere = interfaces.split('\n').some((line) => line.trimStart().startsWith(`${name}:`));
  if (isThere || (flags & (TUN.TUN | TUN.TAP)) === 0) return [];
  const privilege = capabilityCheck(context, CAP.NET_ADMIN);
  if (privilege.length === 0) return []; // EPERM
  const asked = mediator?.families.has('capabilities') === true ? privilege : [];
  return [...asked, { hook: 'tunDevCreate', about: {} }];
}
