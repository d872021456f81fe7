/**
 * Netlink requests of audit, and their permission checks.
 *
 * Model: audit_receive() and what it calls in kernel/audit.c of Linux 6.12. A datagram may have several messages. What
 * the kernel answers by a thread of its own comes after the acknowledgement.
 */

import { AUDIT, isUserMessage, LIST, LOCKED, STATUS, UNSET } from '../../../linux/audit.ts';
import { textOf } from '../../../linux/bytes.ts';
import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import { NLM_F_MULTI, NLMSG_DONE } from '../../../linux/netlink.ts';
import type { Task } from '../task.ts';
import type { Audit, AuditSocket } from './audit.ts';
import type { AuditInstance } from './instance.ts';
import { admitsMessage } from './match.ts';
import { acknowledgement, encodeMessage, type Message, splitMessages, words } from './netlink.ts';
import { parseAuditRule, RULE_SIZE, type RulePaths, ruleData } from './rule.ts';
import { statusWords } from './status.ts';
import { type AuditSubject, exeText, keyText, labelText, sessionText, taskText, untrusted } from './subject.ts';

/** The sender of a datagram. */
export interface AuditSender {
  readonly task: Task;
  readonly subject: AuditSubject;
  /** In the initial namespaces. */
  readonly initialUserNamespace: boolean;
  readonly initialPidNamespace: boolean;
  /** Its process number in its own pid namespace. */
  readonly ownPid: number;
  /** Capabilities that both it and the opener of the socket have (netlink_capable()). */
  readonly control: boolean;
  readonly write: boolean;
  readonly paths: RulePaths;
}

/** Longest text of a message, AUDIT_MESSAGE_TEXT_MAX. */
const TEXT_MAX = 8560;
const FEATURES: readonly string[] = ['only_unset_loginuid', 'loginuid_immutable'];
const FEATURES_SIZE = 16;
const TTY_ENABLE = 1;
const TTY_LOG_PASSWORDS = 2;
const READLOG_GROUP = 1;

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
const OBSOLETE: readonly number[] = [AUDIT.LIST, AUDIT.ADD, AUDIT.DEL];

/** Result of a request: an error, a positive number that is acknowledged like one, or success. */
type Outcome = Errno | number | undefined;

/** The process that binds a socket to groups. */
type Listener = Pick<AuditSender, 'task' | 'subject'>;

interface Request {
  /** Whose settings are asked for or changed. */
  readonly instance: AuditInstance;
  readonly socket: AuditSocket;
  readonly sender: AuditSender;
  readonly message: Message;
  /** Sent after the acknowledgement. */
  readonly answers: Uint8Array[];
  acknowledged: boolean;
}

export class AuditRequests {
  readonly #audit: Audit;

  constructor(audit: Audit) {
    this.#audit = audit;
  }

  receive(datagram: Uint8Array, socket: AuditSocket, sender: AuditSender): void {
    const instance = this.#audit.instanceOf(sender.task);
    this.#audit.acting(sender.task);
    instance.delivery.holding(() => this.#receive(instance, datagram, socket, sender));
  }

  #receive(instance: AuditInstance, datagram: Uint8Array, socket: AuditSocket, sender: AuditSender): void {
    for (const message of splitMessages(datagram)) {
      const request: Request = { instance, socket, sender, message, answers: [], acknowledged: false };
      const outcome = refusal(message.type, sender) ?? this.#answer(request);
      const error = failed(outcome) ? -outcome.number : (outcome ?? 0);
      if (error !== 0 || (message.acknowledge && !request.acknowledged)) {
        socket.send(acknowledgement(message, error, socket.port));
      }
      for (const answer of request.answers) socket.send(answer);
    }
  }

  /** bind(2) to groups. @param may it has CAP_AUDIT_READ. */
  listen(socket: AuditSocket, { task, subject }: Listener, may: boolean): Errno | undefined {
    this.#listener(subject, 'connect', may);
    if (!may) return E.EPERM;
    this.#audit.instanceOf(task).delivery.listen(socket);
    return undefined;
  }

  /** The socket is closed for good. @param subject who had it open; absent = that is not known. */
  close(socket: AuditSocket, subject: AuditSubject | undefined): void {
    const listened = this.#audit.closed(socket);
    if (listened && subject !== undefined) this.#listener(subject, 'disconnect', true);
  }

  /** audit_log_multicast() */
  #listener(subject: AuditSubject, operation: string, may: boolean): void {
    const { pid, uids, loginuid, sessionid, tty, comm } = subject;
    const ids = `pid=${pid} uid=${uids[0]} auid=${loginuid} tty=${tty} ses=${sessionid}${labelText(subject)}`;
    const program = ` comm=${untrusted(comm)}${exeText(subject)}`;
    const result = ` nl-mcgrp=${READLOG_GROUP} op=${operation} res=${may ? 1 : 0}`;
    this.#record(AUDIT.EVENT_LISTENER, `${ids}${program}${result}`, subject);
  }

  #answer(request: Request): Outcome {
    const { type, data } = request.message;
    const { status, delivery } = request.instance;
    switch (type) {
      case AUDIT.GET:
        return this.#reply(request, status.data(delivery.daemonPid, delivery.backlog));
      case AUDIT.SET:
        return this.#set(request);
      case AUDIT.GET_FEATURE:
        return this.#reply(request, status.featuresData());
      case AUDIT.SET_FEATURE:
        return this.#setFeatures(request);
      case AUDIT.ADD_RULE:
      case AUDIT.DEL_RULE:
        return this.#changeRules(request);
      case AUDIT.LIST_RULES:
        for (const rule of request.instance.rules.all()) this.#reply(request, ruleData(rule), NLM_F_MULTI);
        return this.#reply(request, new Uint8Array(0), NLM_F_MULTI, NLMSG_DONE);
      case AUDIT.TRIM:
        if (status.enabled === LOCKED) return E.EPERM;
        this.#common(request, ' op=trim res=1');
        return undefined;
      case AUDIT.MAKE_EQUIV:
        return this.#makeEquivalent(request);
      case AUDIT.SIGNAL_INFO:
        return this.#reply(request, words(UNSET, UNSET)); // Signals to the daemon are not tracked.
      case AUDIT.TTY_GET:
        return this.#reply(request, words(...ttyWords(this.#audit.stateOf(request.sender.task).tty)));
      case AUDIT.TTY_SET:
        return this.#setTty(request);
      default:
        return this.#userMessage(request, type, data);
    }
  }

  #reply({ message, socket, answers }: Request, data: Uint8Array, flags = 0, type = message.type): undefined {
    answers.push(encodeMessage({ type, flags, sequence: message.sequence, port: socket.port }, data));
  }

  /** audit_log_common_recv_msg() */
  #common({ sender }: Request, rest: string): void {
    this.#record(AUDIT.CONFIG_CHANGE, `${identity(sender.subject)}${rest}`, sender.subject);
  }

  /** Where audit is on. */
  #record(type: number, body: string, subject: AuditSubject): void {
    this.#audit.record({ type, body, subject: () => subject, whenEnabled: true });
  }

  #userMessage({ sender, instance }: Request, type: number, data: Uint8Array): Outcome {
    const { task, subject } = sender;
    if (type !== AUDIT.USER_AVC && !this.#audit.isEnabledFor(subject.container)) return undefined;
    if (data.length < 2) return E.EINVAL;
    const text = textOf(data);
    let body: string;
    if (type === AUDIT.USER_TTY) {
      if (!admitsMessage(instance.rules, LIST.USER, type, subject, instance.container)) return undefined;
      if ((this.#audit.stateOf(task).tty & TTY_ENABLE) === 0) return E.EPERM;
      body = ` data=${untrusted(text.replace(/\0$/, ''))}`;
    } else {
      const [line = ''] = text.slice(0, -1).split('\0');
      body = ` msg='${line.slice(0, TEXT_MAX)}'`;
    }
    const whenEnabled = type !== AUDIT.USER_AVC;
    this.#audit.record({ type, body: identity(subject) + body, subject: () => subject, alone: true, whenEnabled });
    return undefined;
  }

  #set(request: Request): Outcome {
    const { status } = request.instance;
    const [mask = 0, enabled = 0, failure = 0, pid = 0, rate = 0, limit = 0, , , , wait = 0] = statusWords(
      request.message.data,
    );
    const has = (bit: number): boolean => (mask & bit) !== 0;
    const steps: (() => Outcome)[] = [];
    const change = (name: string, max: number, old: number, value: number, set: (value: number) => void): void => {
      steps.push(() => (value > max ? E.EINVAL : this.#change(request, name, old, value, set)));
    };
    if (has(STATUS.ENABLED)) change('audit_enabled', LOCKED, status.enabled, enabled, (value) => status.enable(value));
    if (has(STATUS.FAILURE)) {
      change('audit_failure', 2, status.failure, failure, (value) => {
        status.failure = value;
      });
    }
    if (has(STATUS.PID)) steps.push(() => this.#setDaemon(request, pid));
    if (has(STATUS.RATE_LIMIT)) {
      change('audit_rate_limit', UNSET, status.rateLimit, rate, (value) => {
        status.rateLimit = value;
      });
    }
    if (has(STATUS.BACKLOG_LIMIT)) {
      change('audit_backlog_limit', UNSET, status.backlogLimit, limit, (value) => {
        status.backlogLimit = value;
      });
    }
    if (has(STATUS.BACKLOG_WAIT_TIME)) {
      change('audit_backlog_wait_time', status.maxWaitTime, status.waitTime, wait, (value) => {
        status.waitTime = value;
      });
    }
    for (const step of steps) {
      const outcome = step();
      if (outcome !== undefined) return outcome;
    }
    if (mask === STATUS.LOST) {
      const { lost } = status;
      status.lost = 0;
      this.#changed(request, 'lost', 0, lost, true);
      return lost;
    }
    if (mask === STATUS.BACKLOG_WAIT_TIME_ACTUAL) {
      const { waitedTime } = status;
      status.waitedTime = 0;
      this.#changed(request, 'backlog_wait_time_actual', 0, waitedTime, true);
      return waitedTime;
    }
    return undefined;
  }

  /** audit_do_config_change() */
  #change(request: Request, name: string, old: number, value: number, set: (value: number) => void): Outcome {
    const { status } = request.instance;
    const allowed = status.enabled !== LOCKED;
    this.#changed(request, name, value, old, allowed, true);
    if (!allowed) return E.EPERM;
    set(value);
    return undefined;
  }

  /** audit_log_config_change() */
  #changed(
    { sender: { subject } }: Request,
    name: string,
    value: number,
    old: number,
    allowed: boolean,
    whenEnabled = false,
  ): void {
    const change = `op=set ${name}=${value} old=${old}`;
    const body = `${change} ${sessionText(subject)}${labelText(subject)} res=${allowed ? 1 : 0}`;
    this.#audit.record({ type: AUDIT.CONFIG_CHANGE, body, subject: () => subject, whenEnabled });
  }

  #setDaemon(request: Request, pid: number): Outcome {
    const { delivery } = request.instance;
    const { sender, socket, message } = request;
    if (pid !== 0 && pid !== sender.ownPid) return E.EINVAL;
    delivery.probe(sender.ownPid);
    const old = delivery.daemonPid;
    if (old !== 0 && (pid !== 0 || old !== sender.ownPid)) {
      this.#changed(request, 'audit_pid', pid, old, false);
      return pid !== 0 ? E.EEXIST : E.EACCES;
    }
    if (pid !== 0) {
      if (message.acknowledge) socket.send(acknowledgement(message, 0, socket.port));
      request.acknowledged = true;
      delivery.register({ pid, process: sender.task.process.tgid, port: socket.port });
    }
    if (pid !== 0) this.#changed(request, 'audit_pid', pid, old, true, true);
    if (pid !== 0) return undefined;
    delivery.unregister();
    this.#changed(request, 'audit_pid', pid, old, true, true);
    return undefined;
  }

  #setFeatures({ instance, message, sender: { subject } }: Request): Outcome {
    const { status } = instance;
    if (message.data.length < FEATURES_SIZE) return E.EINVAL;
    const [, mask = 0, features = 0, locks = 0] = statusWords(message.data);
    const one = (bits: number, bit: number): number => ((bits & bit) === 0 ? 0 : 1);
    const changes = FEATURES.map((name, index) => ({ name, bit: 1 << index })).filter(({ bit }) => (mask & bit) !== 0);
    const record = ({ name, bit }: { name: string; bit: number }, allowed: boolean): void => {
      const values = `old=${one(status.features, bit)} new=${one(features, bit)}`;
      const locked = `old_lock=${one(status.featureLocks, bit)} new_lock=${one(locks | status.featureLocks, bit)}`;
      const body = `${taskText(subject)} feature=${name} ${values} ${locked} res=${allowed ? 1 : 0}`;
      this.#record(AUDIT.FEATURE_CHANGE, body, subject);
    };
    for (const change of changes) {
      const { bit } = change;
      if ((status.featureLocks & bit) !== 0 && ((features ^ status.features) & bit) !== 0) {
        record(change, false);
        return E.EPERM;
      }
    }
    for (const change of changes) {
      const { bit } = change;
      if (((features ^ status.features) & bit) !== 0) record(change, true);
      status.features = (status.features & ~bit) | (features & bit);
      status.featureLocks |= locks & bit;
    }
    return undefined;
  }

  #changeRules(request: Request): Outcome {
    const { message, sender } = request;
    const { rules, status } = request.instance;
    const adds = message.type === AUDIT.ADD_RULE;
    const operation = adds ? 'add_rule' : 'remove_rule';
    if (message.data.length < RULE_SIZE) return E.EINVAL;
    if (status.enabled === LOCKED) {
      this.#common(request, ` op=${operation} audit_enabled=${status.enabled} res=0`);
      return E.EPERM;
    }
    const rule = parseAuditRule(message.data, sender.paths, status.hasContainers);
    if (failed(rule)) return rule;
    const refused = adds ? rules.add(rule, sender.paths) : rules.remove(rule);
    const { subject } = sender;
    const result = `${keyText(rule.key)} list=${rule.list} res=${refused === undefined ? 1 : 0}`;
    this.#record(AUDIT.CONFIG_CHANGE, `${sessionText(subject)}${labelText(subject)} op=${operation}${result}`, subject);
    return refused;
  }

  #makeEquivalent(request: Request): Outcome {
    const { instance, sender, message } = request;
    if (instance.status.enabled === LOCKED) return E.EPERM;
    const pair = equivalentPaths(message.data);
    if (failed(pair)) return pair;
    const [old, fresh] = pair;
    const refused = sender.paths.exists(fresh) ?? sender.paths.exists(old);
    const paths = `old=${untrusted(old)} new=${untrusted(fresh)}`;
    this.#common(request, ` op=make_equiv ${paths} res=${refused === undefined ? 1 : 0}`);
    return refused;
  }

  #setTty(request: Request): Outcome {
    const { message, sender } = request;
    const [enabled = 0, password = 0] = statusWords(message.data);
    const valid = enabled <= 1 && password <= 1;
    const [oldEnabled, oldPassword] = ttyWords(this.#audit.stateOf(sender.task).tty);
    if (valid) this.#audit.setTty(sender.task, enabled * TTY_ENABLE + password * TTY_LOG_PASSWORDS);
    const change = `old-enabled=${oldEnabled} new-enabled=${enabled | 0} old-log_passwd=${oldPassword} new-log_passwd=${password | 0}`;
    this.#common(request, ` op=tty_set ${change} res=${valid ? 1 : 0}`);
    return valid ? undefined : E.EINVAL;
  }
}

function ttyWords(tty: number): [number, number] {
  return [tty & TTY_ENABLE, (tty & TTY_LOG_PASSWORDS) === 0 ? 0 : 1];
}

function identity(subject: AuditSubject): string {
  return `pid=${subject.pid} uid=${subject.uids[0]} ${sessionText(subject)}${labelText(subject)}`;
}

/** audit_netlink_ok() */
function refusal(type: number, sender: AuditSender): Errno | undefined {
  if (!sender.initialUserNamespace) return E.ECONNREFUSED;
  if (OBSOLETE.includes(type)) return E.EOPNOTSUPP;
  if (CONTROL.includes(type)) return sender.initialPidNamespace && sender.control ? undefined : E.EPERM;
  if (isUserMessage(type)) return sender.write ? undefined : E.EPERM;
  return E.EINVAL;
}

/** u32 length of the first path, u32 length of the second, both paths. */
export function equivalentPaths(data: Uint8Array): Result<readonly [string, string]> {
  if (data.length < 8) return E.EINVAL;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const first = view.getUint32(0, true);
  const second = view.getUint32(4, true);
  if (first === 0 || second === 0 || first + second > data.length - 8) return E.EINVAL;
  if (first > 4096 || second > 4096) return E.ENAMETOOLONG;
  return [textOf(data.subarray(8, 8 + first)), textOf(data.subarray(8 + first, 8 + first + second))];
}
