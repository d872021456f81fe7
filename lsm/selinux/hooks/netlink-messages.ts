/**
 * What messages that programs send by netlink(7) need: selinux_nlmsg_lookup() of security/selinux/nlmsgtab.c, Linux 6.12.
 */
import { AUDIT, isUserMessage } from '../../../linux/audit.ts';
import { NLMSG_MIN_TYPE } from '../../../linux/netlink.ts';

/** `r`, `w` by message type from {@link NLMSG_MIN_TYPE} on; `-` = no such message. */
type Letters = string;

/** rtnetlink: groups of NEW, DEL, GET, SET for each kind of object, from RTM_NEWLINK to RTM_GETTUNNEL. */
const ROUTE: Letters = [
  ['link, addr, route, neigh', 'wwrwwwr-wwr-wwr-'],
  ['rule, qdisc, tclass, tfilter, action', 'wwr-wwr-wwr-wwr-wwr-'],
  ['prefix, multicast, anycast, neightbl, nduseropt', 'w-----r---r---rw----'],
  ['addrlabel, dcb, netconf, mdb, nsid', 'wwr---rwwwr-wwr-wrr-'],
  ['stats, cachereport, chain, nexthop', 'r-rwr---wwr-wwr-'],
  ['linkprop, vlan, nexthopbucket, tunnel', 'ww--wwr-wwr-wwr-'],
]
  .map(([, letters]) => letters)
  .join('');
/** TCPDIAG_GETSOCK and DCCPDIAG_GETSOCK, SOCK_DIAG_BY_FAMILY, SOCK_DESTROY. */
const DIAGNOSIS: Letters = '--rrrw';
/** XFRM_MSG_NEWSA to XFRM_MSG_GETDEFAULT. */
const XFRM: Letters = 'wwrwwrwwwwwwwwwrrwrrwrrwr';

const BY_TYPE: ReadonlyMap<string, Letters> = new Map([
  ['netlink_route_socket', ROUTE],
  ['netlink_tcpdiag_socket', DIAGNOSIS],
  ['netlink_xfrm_socket', XFRM],
]);
const PERMISSIONS: Readonly<Record<string, string>> = { r: 'nlmsg_read', w: 'nlmsg_write' };

const AUDIT_PERMISSIONS: ReadonlyMap<number, string> = new Map([
  [AUDIT.GET, 'nlmsg_read'],
  [AUDIT.SET, 'nlmsg_write'],
  [AUDIT.LIST, 'nlmsg_readpriv'],
  [AUDIT.ADD, 'nlmsg_write'],
  [AUDIT.DEL, 'nlmsg_write'],
  [AUDIT.LIST_RULES, 'nlmsg_readpriv'],
  [AUDIT.ADD_RULE, 'nlmsg_write'],
  [AUDIT.DEL_RULE, 'nlmsg_write'],
  [AUDIT.SIGNAL_INFO, 'nlmsg_read'],
  [AUDIT.TRIM, 'nlmsg_write'],
  [AUDIT.MAKE_EQUIV, 'nlmsg_write'],
  [AUDIT.TTY_GET, 'nlmsg_read'],
  [AUDIT.TTY_SET, 'nlmsg_tty_audit'],
  [AUDIT.GET_FEATURE, 'nlmsg_read'],
  [AUDIT.SET_FEATURE, 'nlmsg_write'],
]);

/** @returns `undefined` = nothing is asked of sockets of this class; `unknown` = there is no such message. */
export function messagePermission(objectClass: string, type: number): string | undefined {
  if (objectClass === 'netlink_audit_socket')
    return isUserMessage(type) ? 'nlmsg_relay' : (AUDIT_PERMISSIONS.get(type) ?? 'unknown');
  const letters = BY_TYPE.get(objectClass);
  return letters && (PERMISSIONS[letters[type - NLMSG_MIN_TYPE] ?? '-'] ?? 'unknown');
}
