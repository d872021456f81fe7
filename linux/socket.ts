/**
 * Sockets: include/linux/socket.h, net.h, include/uapi/asm-generic/socket.h, include/uapi/linux/in.h.
 */
export const AF_UNSPEC = 0;
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_DECNET = 12;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;

export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_SEQPACKET = 5;
export const SOCK_DCCP = 6;
/** The bits of the type; the others are flags. */
export const SOCK_TYPE_MASK = 0xf;
/** O_NONBLOCK and O_CLOEXEC by their values. */
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

export const IPPROTO_ICMP = 1;
export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;
export const IPPROTO_ICMPV6 = 58;
export const IPPROTO_SCTP = 132;
export const IPPROTO_MPTCP = 262;

export const SOL_SOCKET = 1;
export const SOL_NETLINK = 270;
export const SO_TYPE = 3;
export const SO_ACCEPTCONN = 30;
export const SO_PASSCRED = 16;
export const SO_PEERCRED = 17;
export const SO_RCVTIMEO = 20;
export const SO_SNDTIMEO = 21;
export const SO_ATTACH_FILTER = 26;
export const SO_PEERSEC = 31;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
/** include/uapi/linux/sock_diag.h: an array of u32, the first of which (SK_MEMINFO_RMEM_ALLOC) is what waits to be read takes. */
export const SO_MEMINFO = 55;
export const SO_PROTOCOL = 38;
export const SO_DOMAIN = 39;
export const SO_PEEK_OFF = 42;
/** Of the talk; no kernel has it. */
export const SO_PEERCONTEXT = 68;

/** State of a socket that listens: include/net/tcp_states.h. */
export const TCP_LISTEN = 10;

/** Flag in /proc/net/unix of a socket that listens: include/linux/net.h. */
export const __SO_ACCEPTCON = 0x10000;

export const SCM_RIGHTS = 1;
export const SCM_CREDENTIALS = 2;

export const MSG_PEEK = 0x2;
export const MSG_CTRUNC = 0x8;
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const MSG_WAITALL = 0x100;
export const MSG_NOSIGNAL = 0x4000;
export const MSG_CMSG_CLOEXEC = 0x40000000;

/** Size of struct sockaddr_un, and where its path begins. */
export const SOCKADDR_UN_SIZE = 110;
export const SUN_PATH = 2;
