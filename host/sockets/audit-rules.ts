/**
 * What the audit of the host is set to: audit(7) messages over netlink (include/uapi/linux/audit.h), read only.
 *
 * Model: send(2) waits for the kernel's `audit_cmd_mutex`, which is held while the path of a rule that an administrator adds is
 * looked up (audit_add_watch() of kernel/audit_watch.c).
 */

import { AUDIT } from '../../linux/audit.ts';
import { NETLINK_AUDIT, NLM_F_REQUEST, NLMSG_DONE, NLMSG_HEADER } from '../../linux/netlink.ts';
import { AF_NETLINK, SO_RCVTIMEO, SOCK_CLOEXEC, SOCK_RAW, SOL_SOCKET } from '../../linux/socket.ts';
import { NR } from '../libc.ts';
import { allocateNative, type NativeMemory } from '../memory/native-memory.ts';
import { rawSyscall } from '../raw-syscall.ts';

/** Layout of the memory: a request, struct timeval, and where answers go. */
const [REQUEST, TIMEOUT, MESSAGE] = [0, 32, 64];
const TIMEOUT_SIZE = 16;
const MESSAGE_SIZE = 9000;
/** Answers are left out where the kernel has no memory for them. */
const SILENCE_SECONDS = 1n;

export interface AuditStatus {
  readonly enabled: boolean;
  readonly rules: number;
}

/** What the kernel says. */
export interface AuditConversation {
  /** Sends a request. @returns the type of the first answer; `undefined` = there is none. */
  ask(type: number): number | undefined;
  /** @returns the type of the next answer. */
  next(): number | undefined;
  /** `enabled` of struct audit_status, as the last answer. */
  readonly enabled: number;
  close(): void;
}

/** `undefined` where there is no audit or we may not ask: outside of the initial namespaces, without CAP_AUDIT_CONTROL. */
export function auditStatus(conversation: AuditConversation = new NetlinkConversation()): AuditStatus | undefined {
  try {
    const enabled = isEnabled(conversation);
    if (enabled === undefined) return undefined;
    let rules = 0;
    let answer = conversation.ask(AUDIT.LIST_RULES);
    for (; answer === AUDIT.LIST_RULES; answer = conversation.next()) rules++;
    return answer === NLMSG_DONE ? { enabled, rules } : undefined;
  } finally {
    conversation.close();
  }
}

/** Is audit on, with a rule? Asks no more than it has to; `undefined` where we may not know. */
export function hasAuditRules(conversation: AuditConversation = new NetlinkConversation()): boolean | undefined {
  try {
    const enabled = isEnabled(conversation);
    if (enabled !== true) return enabled;
    const first = conversation.ask(AUDIT.LIST_RULES);
    return first === NLMSG_DONE ? false : first === AUDIT.LIST_RULES || undefined;
  } finally {
    conversation.close();
  }
}

function isEnabled(conversation: AuditConversation): boolean | undefined {
  return conversation.ask(AUDIT.GET) === AUDIT.GET ? conversation.enabled !== 0 : undefined;
}

class NetlinkConversation implements AuditConversation {
  readonly #memory: NativeMemory = allocateNative(MESSAGE + MESSAGE_SIZE);
  readonly #socket = rawSyscall(NR.socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

  constructor() {
    const { address, view } = this.#memory;
    view.setBigInt64(TIMEOUT, SILENCE_SECONDS, true);
    rawSyscall(NR.setsockopt, this.#socket, SOL_SOCKET, SO_RCVTIMEO, address + TIMEOUT, TIMEOUT_SIZE);
  }

  ask(type: number): number | undefined {
    const { address, view } = this.#memory;
    view.setUint32(REQUEST, NLMSG_HEADER, true);
    view.setUint16(REQUEST + 4, type, true);
    view.setUint16(REQUEST + 6, NLM_F_REQUEST, true);
    const sent = rawSyscall(NR.sendto, this.#socket, address + REQUEST, NLMSG_HEADER, 0, 0, 0);
    return sent < 0 ? undefined : this.next();
  }

  next(): number | undefined {
    const { address, view } = this.#memory;
    const length = rawSyscall(NR.recvfrom, this.#socket, address + MESSAGE, MESSAGE_SIZE, 0, 0, 0);
    return length < NLMSG_HEADER ? undefined : view.getUint16(MESSAGE + 4, true);
  }

  /** struct audit_status: u32 mask, enabled, ... */
  get enabled(): number {
    return this.#memory.view.getUint32(MESSAGE + NLMSG_HEADER + 4, true);
  }

  close(): void {
    if (this.#socket >= 0) rawSyscall(NR.close, this.#socket);
  }
}
