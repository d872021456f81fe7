/**
 * Capabilities that setsockopt(2) needs, after the modules were asked about the socket: sk_setsockopt() of net/core/sock.c,
 * do_ip_setsockopt(), do_ipv6_setsockopt(), do_tcp_setsockopt() and netlink_setsockopt(), Linux 6.12. What these say to the length and
 * the value comes first where it does there. Not looked at: what IP_OPTIONS puts into packets, multicast routing, tables of netfilter.
 */
import { latin1 } from '../../../host/memory/remote-memory.ts';
import { CAP } from '../../../linux/capability.ts';
import { CLOCK_MONOTONIC } from '../../../linux/clock.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { IFNAMSIZ } from '../../../linux/ioctl.ts';
import { NETLINK_ADD_MEMBERSHIP, NETLINK_DROP_MEMBERSHIP, NETLINK_LISTEN_ALL_NSID } from '../../../linux/netlink.ts';
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  IPPROTO_TCP,
  SO_RCVBUFFORCE,
  SO_SNDBUFFORCE,
  SOCK_RAW,
  SOCK_STREAM,
  SOL_NETLINK,
  SOL_SOCKET,
} from '../../../linux/socket.ts';
import * as OPTION from '../../../linux/socket-options.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { AccessedSocket } from '../../../lsm/framework/access/socket-access.ts';
import { copySocket } from '../caller/caller-descriptor.ts';
import { socketOption } from '../calls/peersec.ts';
import type { WorkerContext } from '../context.ts';
import { capabilityCheck, capabilityThere } from './calls.ts';

const INT = 4;

/** What is asked of one option. @param socket that it is set of. */
type Asking = (context: WorkerContext, socket: AccessedSocket) => readonly AccessCheck[];
type Options = Readonly<Record<number, Asking>>;

/** (socket, level, option, value, length): what is asked beside the socket. */
export function optionCapabilities(context: WorkerContext, socket: AccessedSocket): readonly AccessCheck[] {
  const [level, option] = [context.call.int(1), context.call.int(2)];
  return optionsOf(level, socket)?.[option]?.(context, socket) ?? [];
}

function optionsOf(level: number, { family, type, protocol }: AccessedSocket): Options | undefined {
  const isInternet = family === AF_INET || family === AF_INET6;
  if (level === SOL_SOCKET) return OF_SOCKET;
  if (level === OPTION.SOL_IP && isInternet) return family === AF_INET || type !== SOCK_RAW ? OF_IP : undefined;
  if (level === OPTION.SOL_IPV6 && family === AF_INET6) return OF_IPV6;
  if (level === IPPROTO_TCP && isInternet && type === SOCK_STREAM && protocol === IPPROTO_TCP) return OF_TCP;
  return level === SOL_NETLINK && family === AF_NETLINK ? OF_NETLINK : undefined;
}

/** The first `size` bytes of the value; `undefined` = the kernel says EINVAL or EFAULT. */
function given({ call, memory }: WorkerContext, size: number): DataView | undefined {
  if (call.int(4) < size || memory.read(call.tid, call.low(3), call.high(3), size) < size) return undefined;
  return new DataView(memory.bytes.buffer, memory.bytes.byteOffset, size);
}

/** A number that must be given whole. */
const whole =
  (asking: (context: WorkerContext, value: number) => readonly AccessCheck[]): Asking =>
  (context) => {
    const value = given(context, INT)?.getInt32(0, true);
    return value === undefined ? [] : asking(context, value);
  };

/** ns_capable(), in the user namespace of the socket's network namespace. */
const there =
  (capability: number): Asking =>
  (context) =>
    capabilityThere(context, capability);

/** capable(), in the initial user namespace. */
function machine(context: WorkerContext, refusal?: 'EACCES'): readonly AccessCheck[] {
  return context.view.isInOurUserNamespace(context.call.tid) ? capabilityCheck(context, CAP.NET_ADMIN, refusal) : [];
}

/** Who lacks one, or may not use it, may have the other. */
function rawOrAdmin(context: WorkerContext): readonly AccessCheck[] {
  const admin = capabilityThere(context, CAP.NET_ADMIN);
  const raw = capabilityThere(context, CAP.NET_RAW);
  if (raw.length === 0) return admin;
  return raw.map((check) => (admin.length === 0 ? check : { ...check, otherwise: admin }));
}

const OF_SOCKET: Options = {
  [OPTION.SO_DEBUG]: whole((context, value) => (value === 0 ? [] : machine(context, 'EACCES'))),
  [OPTION.SO_PRIORITY]: whole((context, value) =>
    value >= 0 && value <= OPTION.FREE_PRIORITY ? [] : rawOrAdmin(context),
  ),
  [SO_SNDBUFFORCE]: whole((context) => machine(context)),
  [SO_RCVBUFFORCE]: whole((context) => machine(context)),
  [OPTION.SO_MARK]: whole((context) => rawOrAdmin(context)),
  [OPTION.SO_PREFER_BUSY_POLL]: whole((context, value) => (value === 0 ? [] : machine(context))),
  // The budget that is set cannot be read: it is taken for the one that sockets have at first.
  [OPTION.SO_BUSY_POLL_BUDGET]: whole((context, value) => (value <= 0 ? [] : machine(context))),
  [OPTION.SO_TXTIME]: (context) => {
    const time = context.call.int(4) === OPTION.TXTIME_SIZE ? given(context, OPTION.TXTIME_SIZE) : undefined;
    const isValid = time !== undefined && (time.getUint32(INT, true) & ~OPTION.SOF_TXTIME_FLAGS_MASK) === 0;
    return !isValid || time.getInt32(0, true) === CLOCK_MONOTONIC ? [] : capabilityThere(context, CAP.NET_ADMIN);
  },
  [OPTION.SO_BINDTODEVICE]: (context) => {
    const size = Math.max(0, Math.min(context.call.int(4), IFNAMSIZ - 1));
    if (size > 0 && given(context, size) === undefined) return [];
    return rebinds(context, latin1(context.memory.bytes, size).replace(/\0.*$/s, ''));
  },
  [OPTION.SO_BINDTOIFINDEX]: whole((context) => rebinds(context, '')),
};

/** sock_bindtoindex_locked(): from one interface to another, or to none. @param name of one that must be there, unless it is empty. */
function rebinds(context: WorkerContext, name: string): readonly AccessCheck[] {
  const { call, view } = context;
  const copy = copySocket(view, call.tid, call.fd(0));
  if (copy < 0) return [];
  const isBound = (socketOption(view, copy, OPTION.SO_BINDTOIFINDEX) ?? 0) !== 0;
  view.close(copy);
  return isBound && (name === '' || isInterface(context, name)) ? capabilityThere(context, CAP.NET_RAW) : [];
}

/** Not by SIOCGIFINDEX, which loads modules by that name for whom may do so. */
function isInterface({ call, view }: WorkerContext, name: string): boolean {
  const interfaces = view.readWhole(`/proc/${call.tid}/net/dev`) ?? '';
  return interfaces.split('\n').some((line) => line.trimStart().startsWith(`${name}:`));
}

/** Some of these may be shorter than a number, or empty, which is 0. */
const transparent: Asking = (context) => {
  const size = context.call.int(4) >= INT ? INT : Math.min(context.call.int(4), 1);
  const value = size === 0 ? undefined : given(context, size);
  if (value === undefined) return [];
  return (size === INT ? value.getInt32(0, true) : value.getUint8(0)) === 0 ? [] : rawOrAdmin(context);
};

const OF_IP: Options = {
  [OPTION.IP_TRANSPARENT]: transparent,
  [OPTION.IP_IPSEC_POLICY]: there(CAP.NET_ADMIN),
  [OPTION.IP_XFRM_POLICY]: there(CAP.NET_ADMIN),
};

const OF_IPV6: Options = {
  [OPTION.IPV6_TRANSPARENT]: whole((context, value) => (value === 0 ? [] : rawOrAdmin(context))),
  [OPTION.IPV6_IPSEC_POLICY]: there(CAP.NET_ADMIN),
  [OPTION.IPV6_XFRM_POLICY]: there(CAP.NET_ADMIN),
  [OPTION.IPV6_HOPOPTS]: there(CAP.NET_RAW),
  [OPTION.IPV6_RTHDRDSTOPTS]: there(CAP.NET_RAW),
  [OPTION.IPV6_DSTOPTS]: there(CAP.NET_RAW),
};

const OF_TCP: Options = {
  [OPTION.TCP_CONGESTION]: (context) => {
    const size = Math.min(context.call.int(4), OPTION.TCP_CA_NAME_MAX - 1);
    if (size < 1 || given(context, size) === undefined) return [];
    const name = latin1(context.memory.bytes, size).replace(/\0.*$/s, '');
    const admin = capabilityThere(context, CAP.NET_ADMIN);
    if (listed(context, 'allowed')?.includes(name) !== false) return ignored(admin);
    // One that is not there is loaded for whom that capability is granted, which is asked about again.
    return listed(context, 'available')?.includes(name) === true ? admin : [...ignored(admin), ...loading(context)];
  },
  [OPTION.TCP_REPAIR]: whole((context) => capabilityThere(context, CAP.NET_ADMIN)),
};

const ignored = (checks: readonly AccessCheck[]): readonly AccessCheck[] =>
  checks.map((check) => ({ ...check, refusal: 'ignored' }));

const loading = (context: WorkerContext): readonly AccessCheck[] =>
  machine(context).map((check) => ({ ...check, refusal: 'ENOENT' }));

/** Names of algorithms; `undefined` = the sysctl is not there. */
function listed({ view }: WorkerContext, list: 'allowed' | 'available'): readonly string[] | undefined {
  return view.readFile(AT_FDCWD, `/proc/sys/net/ipv4/tcp_${list}_congestion_control`)?.trim().split(' ');
}

const groups: Asking = (context, socket) =>
  OPTION.FREE_NETLINK_GROUPS.has(socket.protocol) ? [] : capabilityThere(context, CAP.NET_ADMIN);

const OF_NETLINK: Options = {
  [NETLINK_ADD_MEMBERSHIP]: groups,
  [NETLINK_DROP_MEMBERSHIP]: groups,
  [NETLINK_LISTEN_ALL_NSID]: there(CAP.NET_BROADCAST),
};
