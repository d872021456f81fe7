/**
 * How the proc connector's datagrams are laid out: struct nlmsghdr, struct cn_msg (20 bytes), then
 * struct proc_event { u32 what; u32 cpu; u64 timestamp; data } of include/uapi/linux/cn_proc.h.
 */
import { NLMSG_HEADER } from '../../linux/netlink.ts';

export const PROC_EVENT = NLMSG_HEADER + 20;
export const EVENT_TIME = PROC_EVENT + 8;
export const EVENT_DATA = PROC_EVENT + 16;
/** Of all that are read: the process that did it; of a fork the parent. */
export const EVENT_ACTOR = EVENT_DATA + 4;
