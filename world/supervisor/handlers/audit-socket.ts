/**
 * socket(AF_NETLINK, type, NETLINK_AUDIT): whoever talks to audit in a world must not reach the host's, whose rules and daemon it would change.
 */
import type { Handler } from '../context.ts';

const EPROTONOSUPPORT = 93;

/** As on a kernel without audit, which programs that log in or change users take for no failure. */
export const socket: Handler = ({ call }) => call.fail(EPROTONOSUPPORT);
