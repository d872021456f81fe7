/** socket_type_to_security_class() of security/selinux/hooks.c, Linux 6.12: by family, type and protocol of socket(2). */
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_UNIX,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_MPTCP,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  SOCK_DCCP,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from '../../../linux/socket.ts';
import type { SocketProtocol } from '../../framework/access/socket-access.ts';
import type { InodeFacts } from '../../framework/files/inode.ts';
import type { SelinuxState } from '../decide/state.ts';

const NETLINK: ReadonlyMap<number, string> = new Map([
  [0, 'netlink_route_socket'],
  [4, 'netlink_tcpdiag_socket'],
  [5, 'netlink_nflog_socket'],
  [6, 'netlink_xfrm_socket'],
  [7, 'netlink_selinux_socket'],
  [8, 'netlink_iscsi_socket'],
  [9, 'netlink_audit_socket'],
  [10, 'netlink_fib_lookup_socket'],
  [11, 'netlink_connector_socket'],
  [12, 'netlink_netfilter_socket'],
  [14, 'netlink_dnrt_socket'],
  [15, 'netlink_kobject_uevent_socket'],
  [16, 'netlink_generic_socket'],
  [18, 'netlink_scsitransport_socket'],
  [20, 'netlink_rdma_socket'],
  [21, 'netlink_crypto_socket'],
]);
const FAMILIES: ReadonlyMap<number, string> = new Map([
  [5, 'appletalk_socket'],
  [15, 'key_socket'],
  [17, 'packet_socket'],
]);
/** With the policy capability extended_socket_class. */
const EXTENDED: ReadonlyMap<number, string> = new Map([
  [3, 'ax25_socket'],
  [4, 'ipx_socket'],
  [6, 'netrom_socket'],
  [8, 'atmpvc_socket'],
  [9, 'x25_socket'],
  [11, 'rose_socket'],
  [12, 'decnet_socket'],
  [20, 'atmsvc_socket'],
  [21, 'rds_socket'],
  [22, 'irda_socket'],
  [24, 'pppox_socket'],
  [26, 'llc_socket'],
  [29, 'can_socket'],
  [30, 'tipc_socket'],
  [31, 'bluetooth_socket'],
  [32, 'iucv_socket'],
  [33, 'rxrpc_socket'],
  [34, 'isdn_socket'],
  [35, 'phonet_socket'],
  [36, 'ieee802154_socket'],
  [37, 'caif_socket'],
  [38, 'alg_socket'],
  [39, 'nfc_socket'],
  [40, 'vsock_socket'],
  [41, 'kcm_socket'],
  [42, 'qipcrtr_socket'],
  [43, 'smc_socket'],
  [44, 'xdp_socket'],
  [45, 'mctp_socket'],
]);

const CAPABILITY_EXTENDED_SOCKET_CLASS = 2;

/** The class of a socket under the policy that is loaded. */
export function classOfSocket({ loaded }: SelinuxState, { family, type, protocol }: SocketProtocol): string {
  const extended = loaded?.state.db.capabilities.has(CAPABILITY_EXTENDED_SOCKET_CLASS) === true;
  return socketClass(family, type, protocol, extended);
}

/** The class of a file's label: of a socket, what kind it is. */
export function classOfInode(state: SelinuxState, { class: objectClass, socket }: InodeFacts): string {
  return socket === undefined ? objectClass : classOfSocket(state, socket);
}

/** @param extended the policy has the capability extended_socket_class. */
export function socketClass(family: number, type: number, protocol: number, extended: boolean): string {
  switch (family) {
    case AF_UNIX:
      return type === SOCK_STREAM || type === SOCK_SEQPACKET ? 'unix_stream_socket' : 'unix_dgram_socket';
    case AF_INET:
    case AF_INET6:
      return internetClass(type, protocol, extended);
    case AF_NETLINK:
      return NETLINK.get(protocol) ?? 'netlink_socket';
    default:
      return FAMILIES.get(family) ?? (extended ? EXTENDED.get(family) : undefined) ?? 'socket';
  }
}

function internetClass(type: number, protocol: number, extended: boolean): string {
  switch (type) {
    case SOCK_STREAM:
    case SOCK_SEQPACKET:
      if (protocol === 0 || protocol === IPPROTO_TCP || protocol === IPPROTO_MPTCP) return 'tcp_socket';
      return extended && protocol === IPPROTO_SCTP ? 'sctp_socket' : 'rawip_socket';
    case SOCK_DGRAM:
      if (protocol === 0 || protocol === IPPROTO_UDP) return 'udp_socket';
      return extended && (protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6) ? 'icmp_socket' : 'rawip_socket';
    case SOCK_DCCP:
      return 'dccp_socket';
    default:
      return 'rawip_socket';
  }
}
