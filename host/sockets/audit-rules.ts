/**
 * What the audit of the host is set to: audit(7) messages over netlink (include/uapi/linux/audit.h), read only.
 *
 * Model: send(2) waits for the kernel's `audit_cmd_mutex`, which is held while the path of a rule that an administrator adds is
 * looked up (audit_add_watch() of kernel/audit_watch.c), however long its filesystem takes for that; SIGKILL does not end the
 * wait. So a helper asks, which is left alone when it waits.
 */

import { AUDIT } from '../../linux/audit.ts';
import { NETLINK_AUDIT, NLM_F_REQUEST, NLMSG_DONE, NLMSG_HEADER } from '../../linux/netlink.ts';
import { AF_NETLINK, SO_RCVTIMEO, SOCK_CLOEXEC, SOCK_RAW, SOL_SOCKET } from '../../linux/socket.ts';
import { NR } from '../libc.ts';
import { BoundedCalls, type CallHelper, HelperSurroundings, WaitingError } from '../process/helper/bounded-calls.ts';
import type { PreparedCall } from '../process/helper/helper.ts';

/** In the helper's data: a request, struct timeval, and where answers go. */
const [REQUEST, TIMEOUT, MESSAGE] = [0, 32, 64];
const TIMEOUT_SIZE = 16;
const MESSAGE_SIZE = 9000;
/** The only descriptor of the helper. */
const SOCKET = 0;
/** Answers are left out where the kernel has no memory for them. */
const SILENCE_SECONDS = 1n;
/** For who asks once. */
const DOCTOR_PATIENCE_MS = 1000;

export interface AuditStatus {
  readonly enabled: boolean;
  readonly rules: number;
}

type Run = (calls: readonly PreparedCall[]) => void;

/**
 * `undefined` where there is no audit or we may not ask: outside of the initial namespaces, without CAP_AUDIT_CONTROL.
 * @throws WaitingError when it does not answer
 */
export function auditStatus(): AuditStatus | undefined {
  const helper = new HelperSurroundings().start();
  if (helper === undefined) throw new WaitingError();
  const conversation = new Conversation(helper, (calls) => {
    if (!helper.run(calls, DOCTOR_PATIENCE_MS)) throw new WaitingError();
  });
  try {
    const enabled = conversation.isEnabled();
    if (enabled === undefined) return undefined;
    let rules = 0;
    let next = conversation.firstRule();
    for (; next === 'rule'; next = conversation.nextRule()) rules++;
    return next === 'end' ? { enabled, rules } : undefined;
  } finally {
    helper.kill();
  }
}

/** Asks again and again. Belongs to a thread, and has the credentials with which that asks first. */
export class AuditRules {
  readonly #calls: Pick<BoundedCalls, 'close' | 'use'>;

  constructor(calls: Pick<BoundedCalls, 'close' | 'use'> = new BoundedCalls()) {
    this.#calls = calls;
  }

  /** Is audit on, with a rule? Asks no more than it has to; `undefined` where we may not know, and when it does not answer at once. */
  inForce(): boolean | undefined {
    try {
      return this.#calls.use(undefined, (helper, run) => {
        const conversation = new Conversation(helper, run);
        const enabled = conversation.isEnabled();
        const first = enabled === true ? conversation.firstRule() : undefined;
        conversation.end();
        return enabled === true ? first && first === 'rule' : enabled;
      });
    } catch (error) {
      if (error instanceof WaitingError) return undefined;
      throw error;
    }
  }

  close(): void {
    this.#calls.close();
  }
}

/** By a socket of the helper's. Each answer is `undefined` when there is an error instead. @throws WaitingError */
class Conversation {
  readonly #helper: Pick<CallHelper, 'data' | 'dataAddress' | 'result'>;
  readonly #run: Run;

  constructor(helper: Pick<CallHelper, 'data' | 'dataAddress' | 'result'>, run: Run) {
    this.#helper = helper;
    this.#run = run;
  }

  /** Opens the socket; to be called first. struct audit_status: u32 mask, enabled, ... */
  isEnabled(): boolean | undefined {
    this.#view.setBigInt64(TIMEOUT, SILENCE_SECONDS, true);
    this.#view.setBigInt64(TIMEOUT + 8, 0n, true);
    const { dataAddress } = this.#helper;
    const opening: PreparedCall[] = [
      [NR.socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT],
      [NR.setsockopt, SOCKET, SOL_SOCKET, SO_RCVTIMEO, dataAddress + TIMEOUT, TIMEOUT_SIZE],
    ];
    if (this.#ask(AUDIT.GET, opening) !== AUDIT.GET) return undefined;
    return this.#view.getUint32(MESSAGE + NLMSG_HEADER + 4, true) !== 0;
  }

  firstRule(): 'end' | 'rule' | undefined {
    return ruleOrEnd(this.#ask(AUDIT.LIST_RULES));
  }

  nextRule(): 'end' | 'rule' | undefined {
    this.#run([this.#receive]);
    return ruleOrEnd(this.#kind(0));
  }

  end(): void {
    this.#run([[NR.close, SOCKET]]);
  }

  get #view(): DataView {
    const { buffer, byteOffset, byteLength } = this.#helper.data;
    return new DataView(buffer, byteOffset, byteLength);
  }

  get #receive(): PreparedCall {
    return [NR.recvfrom, SOCKET, this.#helper.dataAddress + MESSAGE, MESSAGE_SIZE, 0, 0, 0];
  }

  /** @returns the type of the first answer; `undefined` = there is none. */
  #ask(type: number, before: readonly PreparedCall[] = []): number | undefined {
    const view = this.#view;
    this.#helper.data.fill(0, REQUEST, REQUEST + NLMSG_HEADER);
    view.setUint32(REQUEST, NLMSG_HEADER, true);
    view.setUint16(REQUEST + 4, type, true);
    view.setUint16(REQUEST + 6, NLM_F_REQUEST, true);
    const request = this.#helper.dataAddress + REQUEST;
    this.#run([...before, [NR.sendto, SOCKET, request, NLMSG_HEADER, 0, 0, 0], this.#receive]);
    return this.#helper.result(before.length) < 0 ? undefined : this.#kind(before.length + 1);
  }

  /** @param index of the call that has received it. */
  #kind(index: number): number | undefined {
    return this.#helper.result(index) < NLMSG_HEADER ? undefined : this.#view.getUint16(MESSAGE + 4, true);
  }
}

function ruleOrEnd(type: number | undefined): 'end' | 'rule' | undefined {
  if (type === AUDIT.LIST_RULES) return 'rule';
  return type === NLMSG_DONE ? 'end' : undefined;
}
