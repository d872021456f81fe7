/**
 * Network interfaces that user space serves: what ioctl(2) on the device asks the modules beside the file: tun_set_iff()
 * and tun_set_queue() of drivers/net/tun.c, Linux 6.12. Who has made or opened an interface is reported to the stack.
 */
import { latin1 } from '../../../host/memory/remote-memory.ts';
import { CAP } from '../../../linux/capability.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { IFNAMSIZ, TUN, TUNSETIFF, TUNSETQUEUE } from '../../../linux/ioctl.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { deviceOfNode } from '../caller/device-node.ts';
import type { WorkerContext } from '../context.ts';
import { capabilityCheck } from './calls.ts';
import { interfaceIn } from './nameless-interfaces.ts';

/** struct ifreq { char name[IFNAMSIZ]; short flags; ... } */
const REQUEST_SIZE = 40;

/** Commands that are asked about. */
export const OF_TUN: ReadonlySet<number> = new Set([TUNSETIFF, TUNSETQUEUE]);

/** What is asked about, and what is to be reported if it is not refused. */
export interface TunCall {
  readonly checks: readonly AccessCheck[];
  /** The interface that is the caller's then. */
  readonly opens?: string;
}

const NOTHING: TunCall = { checks: [] };

/** @param file descriptor of ours of the device. */
export function tunCall(context: WorkerContext, command: number, file: number): TunCall {
  const { call, memory, mediator, view } = context;
  if (!OF_TUN.has(command) || deviceOfNode(view, file) !== TUN.DEVICE) return NOTHING;
  if (memory.read(call.tid, call.low(2), call.high(2), REQUEST_SIZE) < REQUEST_SIZE) return NOTHING;
  const name = latin1(memory.bytes, IFNAMSIZ).replace(/\0.*$/s, '');
  const flags = (memory.bytes[IFNAMSIZ] ?? 0) | ((memory.bytes[IFNAMSIZ + 1] ?? 0) << 8);
  const network = view.readlinkAt(AT_FDCWD, `/proc/${call.tid}/ns/net`) ?? '';
  const own = `/proc/${call.tid}/fdinfo/${call.fd(0)}`;
  const read = (path: string): string | undefined => view.readFile(AT_FDCWD, path);
  if (command === TUNSETQUEUE) {
    if ((flags & TUN.ATTACH_QUEUE) === 0) return NOTHING;
    const attached = interfaceIn(read(own));
    const about = attached === undefined ? {} : { interface: `${network} ${attached}` };
    return { checks: [{ hook: 'tunDevAttachQueue', about }] };
  }
  if ((flags & (TUN.TUN | TUN.TAP)) === 0) return NOTHING;
  const interfaces = view.readWhole(`/proc/${call.tid}/net/dev`) ?? '';
  if (interfaces.split('\n').some((line) => line.trimStart().startsWith(`${name}:`))) {
    if ((flags & TUN.EXCL) !== 0) return NOTHING; // EBUSY
    const from = mediator?.namelessInterfaces.find(network, name, read);
    const opens = `${network} ${name}`;
    if (from !== undefined) context.ask({ kind: 'maker-note', tid: call.tid, object: opens, from });
    return { checks: [{ hook: 'tunDevOpen', about: { interface: opens } }], opens };
  }
  const privilege = capabilityCheck(context, CAP.NET_ADMIN);
  if (privilege.length === 0) return NOTHING; // EPERM
  const asked = mediator?.families.has('capabilities') === true ? privilege : [];
  const isChosen = name === '' || name.includes('%');
  return {
    checks: [...asked, { hook: 'tunDevCreate', about: {} }],
    ...(mediator && { opens: isChosen ? mediator.namelessInterfaces.add(own, network) : `${network} ${name}` }),
  };
}
