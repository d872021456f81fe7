/**
 * Netlink requests of audit, and their permission checks.
 *
 * Model: audit_receive() and what it calls in kernel/audit.c of Linux 6.12. A datagram may have several messages. What
 * the kernel answers by a thread of its own comes after the acknowledgement.
 */

import { AUDIT, isUserMessage, LIST, LOCKED } from '../../../linux/audit.ts';
import { textOf } from '../../../linux/bytes.ts';
import { E, type Errno, failed } from '../../../linux/errno.ts';
import { NLM_F_MULTI, NLMSG_DONE } from '../../../linux/netlink.ts';
import type { Task } from '../task.ts';
import type { Audit, AuditSocket } from './audit.ts';
import { untrusted } from './audit-text.ts';
import { setFeatures } from './feature-request.ts';
import type { AuditInstance } from './instance.ts';
import { acknowledgement, encodeMessage, splitMessages, words } from './netlink.ts';
import {
  type AuditRequest,
  type AuditResult,
  type AuditSender,
  identityText,
  recordEnabled,
  recordRequest,
} from './request.ts';
import { ruleData } from './rule.ts';
import { changeRules, makeEquivalent } from './rule-requests.ts';
import { statusWords } from './status.ts';
import { setStatus } from './status-request.ts';
import { exeText, labelText, type RecordSubject } from './subject.ts';

/** Longest text of a message, AUDIT_MESSAGE_TEXT_MAX. */
export const TEXT_MAX = 8560;
const TTY_ENABLE = 1;
const TTY_LOG_PASSWORDS = 2;
/** Bit of the group that gets every record (AUDIT_NLGRP_READLOG). */
const READLOG = 1;

const CONTROL: readonly number[] = [
  AUDIT.GET,
  AUDIT.SET,
  AUDIT.GET_FEATURE,
  AUDIT.SET_FEATURE,
  AUDIT.LIST_RULES,
  AUDIT.ADD_RULE,
  AUDIT.DEL_RULE,
  AUDIT.SIGNAL_INFO,
  AUDIT.TTY_GET,
  AUDIT.TTY_SET,
  AUDIT.TRIM,
  AUDIT.MAKE_EQUIV,
];
/** Requests after which other rules may be in force. */
const CHANGE_RULES: readonly number[] = [AUDIT.ADD_RULE, AUDIT.DEL_RULE, AUDIT.SET];
/** Whoever hears no answer. */
const NOBODY: AuditSocket = { port: 0, send: () => 'sent' };
const OBSOLETE: readonly number[] = [AUDIT.LIST, AUDIT.ADD, AUDIT.DEL];

export class AuditRequests {
  /** Is called when rules may have changed, or whether they are in force. */
  rulesChanged: () => void = () => undefined;
  readonly #audit: Audit;

  constructor(audit: Audit) {
    this.#audit = audit;
  }

  receive(datagram: Uint8Array, socket: AuditSocket, sender: AuditSender): void {
    const instance = this.#audit.instanceOf(sender.task);
    this.#audit.acting(sender.task);
    instance.delivery.after(() => this.#receive(instance, datagram, socket, sender));
    if (splitMessages(datagram).some(({ type }) => CHANGE_RULES.includes(type))) this.rulesChanged();
  }

  /** The same of a message that did not come by a socket; it is not acknowledged. @param socket that of its sender; absent = none. */
  handle(
    instance: AuditInstance,
    { type, data }: { readonly type: number; readonly data: Uint8Array },
    sender: AuditSender,
    socket: AuditSocket = NOBODY,
  ): Errno | undefined {
    const [message] = splitMessages(encodeMessage({ type }, data));
    if (message === undefined) return E.EINVAL;
    const request = { audit: this.#audit, instance, socket, sender, message, answers: [], acknowledged: false };
    this.#audit.acting(sender.task);
    const outcome = instance.delivery.after(() => refusal(type, sender) ?? this.#answer(request));
    if (CHANGE_RULES.includes(type)) this.rulesChanged();
    return failed(outcome) ? outcome : undefined;
  }

  #receive(instance: AuditInstance, datagram: Uint8Array, socket: AuditSocket, sender: AuditSender): void {
    const answers: Uint8Array[] = [];
    for (const message of splitMessages(datagram)) {
      const request: AuditRequest = {
        audit: this.#audit,
        instance,
        socket,
        sender,
        message,
        answers,
        acknowledged: false,
      };
      const outcome = refusal(message.type, sender) ?? this.#answer(request);
      const error = failed(outcome) ? -outcome.number : (outcome ?? 0);
      if (error !== 0 || (message.acknowledge && !request.acknowledged)) {
        socket.send(acknowledgement(message, error, socket));
      }
    }
    for (const answer of answers) socket.send(answer);
  }

  /** audit_multicast_bind(): a socket is to be in a group, of which 1 is the first. @param may its process has CAP_AUDIT_READ. */
  join(group: number, subject: RecordSubject, may: boolean): Errno | undefined {
    this.#listener(group, subject, 'connect', may);
    return may ? undefined : E.EPERM;
  }

  /** audit_multicast_unbind() */
  leave(group: number, subject: RecordSubject): void {
    this.#listener(group, subject, 'disconnect', true);
  }

  /** @param groups a bit for each group that it is in now. @param task whose audit it hears. */
  setGroups(socket: AuditSocket, groups: number, task: Task): void {
    if ((groups & READLOG) === 0) this.#audit.leaves(socket);
    else this.#audit.instanceOf(task).delivery.listen(socket);
  }

  /** audit_log_multicast() */
  #listener(group: number, subject: RecordSubject, operation: string, may: boolean): void {
    const { pid, uids, loginuid, sessionid, tty, comm } = subject;
    const ids = `pid=${pid} uid=${uids[0]} auid=${loginuid} tty=${tty} ses=${sessionid}${labelText(subject)}`;
    const program = ` comm=${untrusted(comm)}${exeText(subject)}`;
    const result = ` nl-mcgrp=${group} op=${operation} res=${may ? 1 : 0}`;
    recordEnabled(this.#audit, AUDIT.EVENT_LISTENER, `${ids}${program}${result}`, subject);
  }

  #answer(request: AuditRequest): AuditResult {
    const { type, data } = request.message;
    const { status, delivery } = request.instance;
    switch (type) {
      case AUDIT.GET:
        return this.#reply(request, status.data(delivery.daemonPid, delivery.backlog));
      case AUDIT.SET:
        return setStatus(request);
      case AUDIT.GET_FEATURE:
        return this.#reply(request, status.featuresData());
      case AUDIT.SET_FEATURE:
        return setFeatures(request);
      case AUDIT.ADD_RULE:
      case AUDIT.DEL_RULE:
        return changeRules(request);
      case AUDIT.LIST_RULES:
        for (const rule of request.instance.rules.all()) this.#reply(request, ruleData(rule), NLM_F_MULTI);
        return this.#reply(request, new Uint8Array(0), NLM_F_MULTI, NLMSG_DONE);
      case AUDIT.TRIM:
        if (status.enabled === LOCKED) return E.EPERM;
        recordRequest(request, ' op=trim res=1');
        return undefined;
      case AUDIT.MAKE_EQUIV:
        return makeEquivalent(request);
      case AUDIT.SIGNAL_INFO:
        return this.#reply(request, request.instance.signalInfo);
      case AUDIT.TTY_GET:
        return this.#reply(request, words(...ttyWords(this.#audit.stateOf(request.sender.task).tty)));
      case AUDIT.TTY_SET:
        return this.#setTty(request);
      default:
        return this.#userMessage(request, type, data);
    }
  }

  #reply({ message, socket, answers }: AuditRequest, data: Uint8Array, flags = 0, type = message.type): undefined {
    answers.push(encodeMessage({ type, flags, sequence: message.sequence, port: socket.port }, data));
  }

  #userMessage({ sender, instance }: AuditRequest, type: number, data: Uint8Array): AuditResult {
    const { task, subject } = sender;
    if (type !== AUDIT.USER_AVC && !this.#audit.isEnabledFor(subject.container)) return undefined;
    if (data.length < 2) return E.EINVAL;
    const text = textOf(data);
    let body: string;
    if (type === AUDIT.USER_TTY) {
      if (!instance.admits(LIST.USER, type, () => subject)) return undefined;
      if ((this.#audit.stateOf(task).tty & TTY_ENABLE) === 0) return E.EPERM;
      body = ` data=${untrusted(text.replace(/\0$/, ''))}`;
    } else {
      const [line = ''] = text.slice(0, -1).split('\0');
      body = ` msg='${line.slice(0, TEXT_MAX)}'`;
    }
    const whenEnabled = type !== AUDIT.USER_AVC;
    this.#audit.record({ type, body: identityText(subject) + body, subject: () => subject, alone: true, whenEnabled });
    return undefined;
  }

  #setTty(request: AuditRequest): AuditResult {
    const { message, sender } = request;
    const [enabled = 0, password = 0] = statusWords(message.data);
    const valid = enabled <= 1 && password <= 1;
    const [oldEnabled, oldPassword] = ttyWords(this.#audit.stateOf(sender.task).tty);
    if (valid) this.#audit.setTty(sender.task, enabled * TTY_ENABLE + password * TTY_LOG_PASSWORDS);
    const change = `old-enabled=${oldEnabled} new-enabled=${enabled | 0} old-log_passwd=${oldPassword} new-log_passwd=${password | 0}`;
    recordRequest(request, ` op=tty_set ${change} res=${valid ? 1 : 0}`);
    return valid ? undefined : E.EINVAL;
  }
}

function ttyWords(tty: number): [number, number] {
  return [tty & TTY_ENABLE, (tty & TTY_LOG_PASSWORDS) === 0 ? 0 : 1];
}

/** audit_netlink_ok() */
function refusal(type: number, sender: AuditSender): Errno | undefined {
  if (!sender.initialUserNamespace) return E.ECONNREFUSED;
  if (OBSOLETE.includes(type)) return E.EOPNOTSUPP;
  if (CONTROL.includes(type)) return sender.initialPidNamespace && sender.control ? undefined : E.EPERM;
  if (isUserMessage(type)) return sender.write ? undefined : E.EPERM;
  return E.EINVAL;
}
