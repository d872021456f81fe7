/**
 * Options of sockets that need capabilities: include/uapi/asm-generic/socket.h, include/uapi/linux/{in,in6,tcp,netlink,net_tstamp}.h. The
 * levels of protocols have their numbers (IPPROTO_TCP, ...).
 */
export const SOL_IP = 0;
export const SOL_IPV6 = 41;

export const SO_DEBUG = 1;
export const SO_PRIORITY = 12;
export const SO_BINDTODEVICE = 25;
export const SO_MARK = 36;
export const SO_TXTIME = 61;
export const SO_BINDTOIFINDEX = 62;
export const SO_PREFER_BUSY_POLL = 69;
export const SO_BUSY_POLL_BUDGET = 70;

/** TC_PRIO_INTERACTIVE: the highest priority that everybody may set. */
export const FREE_PRIORITY = 6;
/** struct sock_txtime { int clock; u32 flags; }, and what may be set of the flags. */
export const TXTIME_SIZE = 8;
export const SOF_TXTIME_FLAGS_MASK = 3;

export const IP_IPSEC_POLICY = 16;
export const IP_XFRM_POLICY = 17;
export const IP_TRANSPARENT = 19;

export const IPV6_IPSEC_POLICY = 34;
export const IPV6_XFRM_POLICY = 35;
export const IPV6_HOPOPTS = 54;
export const IPV6_RTHDRDSTOPTS = 55;
export const IPV6_DSTOPTS = 59;
export const IPV6_TRANSPARENT = 75;

export const TCP_CONGESTION = 13;
export const TCP_REPAIR = 19;
/** With NUL. */
export const TCP_CA_NAME_MAX = 16;

/** Groups of these protocols are for everybody (NL_CFG_F_NONROOT_RECV): NETLINK_ROUTE and the like. */
export const FREE_NETLINK_GROUPS: ReadonlySet<number> = new Set([0, 4, 7, 9, 11, 15, 16]);
