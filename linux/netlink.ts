/**
 * netlink(7) and what we speak over it: include/uapi/linux/{netlink,connector,cn_proc,sock_diag,unix_diag}.h. For audit see audit.ts.
 */
export const NETLINK_SOCK_DIAG = 4;
export const NETLINK_AUDIT = 9;
export const NETLINK_CONNECTOR = 11;

/** Options of sockets, of level SOL_NETLINK. */
export const NETLINK_ADD_MEMBERSHIP = 1;
export const NETLINK_DROP_MEMBERSHIP = 2;
export const NETLINK_PKTINFO = 3;
export const NETLINK_BROADCAST_ERROR = 4;
export const NETLINK_NO_ENOBUFS = 5;
export const NETLINK_LISTEN_ALL_NSID = 8;
export const NETLINK_LIST_MEMBERSHIPS = 9;
export const NETLINK_CAP_ACK = 10;
export const NETLINK_EXT_ACK = 11;
export const NETLINK_GET_STRICT_CHK = 12;

/** struct sockaddr_nl { u16 family; u16 padding; u32 port; u32 groups; } */
export const SOCKADDR_NL_SIZE = 12;

export const NLM_F_REQUEST = 0x01;
export const NLM_F_MULTI = 0x02;
export const NLM_F_ACK = 0x04;
export const NLM_F_CAPPED = 0x100;
/** NLM_F_ROOT | NLM_F_MATCH */
export const NLM_F_DUMP = 0x300;

export const NLMSG_ERROR = 0x2;
export const NLMSG_DONE = 0x3;
/** The first type of a protocol's own messages. */
export const NLMSG_MIN_TYPE = 0x10;
/** struct nlmsghdr { u32 length; u16 type; u16 flags; u32 sequence; u32 port; } */
export const NLMSG_HEADER = 16;

/** The proc connector. */
export const CN_IDX_PROC = 0x1;
export const CN_VAL_PROC = 0x1;
export const PROC_CN_MCAST_LISTEN = 1;
export const PROC_EVENT_NONE = 0x00000000;
export const PROC_EVENT_FORK = 0x00000001;
export const PROC_EVENT_EXEC = 0x00000002;
export const PROC_EVENT_UID = 0x00000004;
export const PROC_EVENT_GID = 0x00000040;
export const PROC_EVENT_COMM = 0x00000200;
/** A signal ends the process by a core dump, be there a file or not. */
export const PROC_EVENT_COREDUMP = 0x40000000;
export const PROC_EVENT_EXIT = 0x80000000;

export const SOCK_DIAG_BY_FAMILY = 20;
export const UDIAG_SHOW_NAME = 0x00000001;
export const UDIAG_SHOW_VFS = 0x00000002;
export const UDIAG_SHOW_PEER = 0x00000004;
export const UNIX_DIAG_NAME = 0;
export const UNIX_DIAG_VFS = 1;
export const UNIX_DIAG_PEER = 2;
