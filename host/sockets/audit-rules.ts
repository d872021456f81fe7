/**
 * What the audit of the host is set to: audit(7) messages over netlink (include/uapi/linux/audit.h), read only.
 */

import { closeSync } from 'node:fs';
import { AUDIT } from '../../linux/audit.ts';
import { NETLINK_AUDIT, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, NLMSG_HEADER } from '../../linux/netlink.ts';
import { AF_NETLINK, SOCK_CLOEXEC, SOCK_RAW } from '../../linux/socket.ts';
import { libcFunction } from '../libc.ts';
import { setSocketTimeout } from './unix-socket.ts';

const MESSAGE_SIZE = 9000;
const PATIENCE_MS = 1000;

const openSocket = libcFunction('socket', ['int', 'int', 'int']);
const send = libcFunction('send', ['int', 'void *', 'size_t', 'int'], 'long');
const receive = libcFunction('recv', ['int', 'void *', 'size_t', 'int'], 'long');

export interface AuditStatus {
  readonly enabled: boolean;
  readonly rules: number;
}

/** `undefined` where there is no audit or we may not ask: outside of the initial namespaces, without CAP_AUDIT_CONTROL. */
export function auditStatus(): AuditStatus | undefined {
  return asking((socket) => {
    const enabled = isEnabled(socket);
    const rules = countRules(socket);
    return enabled === undefined || rules === undefined ? undefined : { enabled, rules };
  });
}

/** Is audit on, with a rule? Asks no more than it has to; `undefined` as above. */
export function hasRulesInForce(): boolean | undefined {
  return asking((socket) => {
    const enabled = isEnabled(socket);
    if (enabled !== true) return enabled;
    const rules = countRules(socket);
    return rules === undefined ? undefined : rules > 0;
  });
}

function asking<T>(question: (socket: number) => T): T | undefined {
  const socket = openSocket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
  if (socket < 0) return undefined;
  try {
    setSocketTimeout(socket, PATIENCE_MS);
    return question(socket);
  } finally {
    closeSync(socket);
  }
}

/** struct audit_status: u32 mask, enabled, ... */
function isEnabled(socket: number): boolean | undefined {
  const status = ask(socket, AUDIT.GET, AUDIT.GET)?.[0];
  return status && status.readUInt32LE(4) !== 0;
}

function countRules(socket: number): number | undefined {
  const messages = ask(socket, AUDIT.LIST_RULES, NLMSG_DONE);
  return messages && messages.length - 1;
}

/** @returns the bodies of all messages until one of type `last`; `undefined` when there is an error instead, or silence. */
function ask(socket: number, type: number, last: number): Buffer[] | undefined {
  const request = Buffer.alloc(NLMSG_HEADER);
  request.writeUInt32LE(NLMSG_HEADER, 0);
  request.writeUInt16LE(type, 4);
  request.writeUInt16LE(NLM_F_REQUEST, 6);
  if (send(socket, request, NLMSG_HEADER, 0) < 0) return undefined;
  const bodies: Buffer[] = [];
  for (;;) {
    const message = Buffer.alloc(MESSAGE_SIZE);
    const count = receive(socket, message, MESSAGE_SIZE, 0);
    if (count < NLMSG_HEADER) return undefined;
    const kind = message.readUInt16LE(4);
    if (kind === NLMSG_ERROR) return undefined;
    bodies.push(message.subarray(NLMSG_HEADER, count));
    if (kind === last) return bodies;
  }
}
