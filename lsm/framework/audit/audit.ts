/**
 * Audit of the emulated kernel: the state of tasks, and the audit instances (instance.ts).
 *
 * Model: kernel/audit.c and kernel/auditsc.c of Linux 6.12. A record that is made during a system call of a task that
 * is audited has the stamp of that call, and the call itself is recorded when it ends. A task is audited when it was
 * made after audit had been enabled. Netlink requests are in requests.ts.
 */
import { AUDIT, LIST, OFF, UNSET } from '../../../linux/audit.ts';
import { E, type Errno } from '../../../linux/errno.ts';
import type { Tgid } from '../../../linux/ids.ts';
import type { KernelLogWriter } from '../facts.ts';
import type { Task, TaskBlob } from '../task.ts';
import { type AuditContainer, around } from './container.ts';
import { AuditContainers, type ProcessFamily } from './containers.ts';
import type { AuditSocket, Delivery, DeliveryHost, SocketTable } from './delivery.ts';
import type { EndedCall } from './ended-call.ts';
import { type AuditCall, type AuditEvent, AuditInstance } from './instance.ts';
import type { AuditLabels } from './label.ts';
import type { AuditName } from './names.ts';
import type { AuditRule } from './rule.ts';
import type { RuleSet } from './rule-set.ts';
import type { AuditState } from './state.ts';
import { type BootParameters, Status } from './status.ts';
import { labelText, loginuidSet, type RecordSubject } from './subject.ts';

export interface AuditHost {
  /** Milliseconds since 1970. */
  now(): number;
  /** The log of a container's audit; absent = of the host's. */
  log(container?: AuditContainer): KernelLogWriter | undefined;
  /** Translates the ids in a record to those of the container's namespaces; absent = no translation. */
  translate?(body: string, container: AuditContainer): string;
  /** The container and its audit have ended. */
  ended?(container: AuditContainer): void;
  readonly labels?: AuditLabels;
}

const ONLY_UNSET_LOGINUID = 1;
const LOGINUID_IMMUTABLE = 2;
const INITIAL: Omit<AuditState, 'watched'> = {
  loginuid: UNSET,
  sessionid: UNSET,
  tty: 0,
  container: undefined,
  mayContain: false,
};

export class Audit {
  readonly containers: AuditContainers;
  /** That of the whole machine. */
  readonly host: AuditInstance;
  readonly #host: AuditHost;
  readonly #parameters: BootParameters;
  readonly #states: TaskBlob<AuditState>;
  readonly #sockets: SocketTable = new Map();
  readonly #ofContainers = new WeakMap<AuditContainer, AuditInstance>();
  #session = 0;
  /** The task whose call or request is being handled. */
  #acting: Task | undefined;

  constructor(
    host: AuditHost,
    parameters: BootParameters,
    registerBlob: (blob: { initial(): AuditState; fork(parent: AuditState): AuditState }) => TaskBlob<AuditState>,
    family: ProcessFamily = { hasChildren: () => false, parent: () => undefined },
  ) {
    this.#host = host;
    this.#parameters = parameters;
    const { labels } = host;
    const delivery = this.#deliveryHost(undefined);
    this.host = new AuditInstance({ host: delivery, status: new Status(parameters), sockets: this.#sockets, labels });
    this.#states = registerBlob({
      initial: () => ({ ...INITIAL, watched: this.status.everEnabled }),
      fork: (parent) => {
        if (parent.container !== undefined) parent.container.held++;
        const watched = this.status.everEnabled && !this.host.ignoresNewTasks;
        return { ...parent, watched, mayContain: false };
      },
    });
    this.containers = new AuditContainers({
      host: this.host,
      family,
      stateOf: (task) => this.stateOf(task),
      setState: (task, change) => this.#states.set(task, { ...this.#states.of(task), ...change }),
      instance: (container) => this.#instanceFor(container),
      record: (type, body, subject, container) =>
        this.#offer({ type, body, whenEnabled: true, ...(subject && { subject }) }, container),
      ended: (container) => host.ended?.(container),
    });
  }

  get rules(): RuleSet {
    return this.host.rules;
  }

  get status(): Status {
    return this.host.status;
  }

  get delivery(): Delivery {
    return this.host.delivery;
  }

  #deliveryHost(container: AuditContainer | undefined): DeliveryHost {
    return { now: () => this.#host.now(), log: () => this.#host.log(container) };
  }

  #instanceFor(container: AuditContainer): AuditInstance {
    const { translate } = this.#host;
    const instance = new AuditInstance({
      host: this.#deliveryHost(container),
      status: new Status({ ticks: this.#parameters.ticks, containers: true }),
      sockets: this.#sockets,
      container,
      labels: this.#host.labels,
      ...(translate && { translate: (body: string) => translate(body, container) }),
    });
    this.#ofContainers.set(container, instance);
    return instance;
  }

  stateOf(task: Task): AuditState {
    return this.#states.of(task);
  }

  setTty(task: Task, tty: number): void {
    for (const thread of task.process.threads.values()) this.#states.set(thread, { ...this.#states.of(thread), tty });
  }

  /** The audit that a task talks to: that of its container. */
  instanceOf(task: Task): AuditInstance {
    const { container } = this.#states.of(task);
    return this.ofContainer(container);
  }

  /** That of a container; absent = the host's. */
  ofContainer(container: AuditContainer | undefined): AuditInstance {
    return (container && this.#ofContainers.get(container)) ?? this.host;
  }

  /** Is an audit on that hears of this container? */
  isEnabledFor(container: AuditContainer | undefined): boolean {
    return this.#instances(container).some(({ status }) => status.enabled !== OFF);
  }

  /** That of the container, those of the containers around it, that of the host. */
  #instances(container: AuditContainer | undefined): AuditInstance[] {
    return [...this.#ofEach(around(container)), this.host];
  }

  #ofEach(containers: Iterable<AuditContainer>): AuditInstance[] {
    return [...containers].flatMap((one) => this.#ofContainers.get(one) ?? []);
  }

  /** Sets the task whose request is handled: records of modules belong to its container. */
  acting(task: Task | undefined): void {
    this.#acting = task;
  }

  /** The task has ended. */
  exited(task: Task): void {
    const { container } = this.#states.of(task);
    if (this.#acting === task) this.#acting = undefined;
    if (container !== undefined) this.#states.set(task, { ...this.#states.of(task), container: undefined });
    this.containers.left(container, task);
  }

  opened(socket: AuditSocket): void {
    this.#sockets.set(socket.port, socket);
  }

  closed(socket: AuditSocket): void {
    if (this.#sockets.get(socket.port) === socket) this.#sockets.delete(socket.port);
    this.leaves(socket);
  }

  /** It listens to no audit any more. */
  leaves(socket: AuditSocket): void {
    for (const { delivery } of this.#all()) delivery.leave(socket);
  }

  /**
   * audit_signal_info(): a task sends SIGTERM, SIGHUP, SIGUSR1 or SIGUSR2, be it allowed to or not.
   * @param isReceiver is this process, which is an audit daemon, among those that it is sent to?
   * @param context the sender's label as modules give it; empty = none.
   */
  signalled(isReceiver: (daemon: Tgid) => boolean, sender: RecordSubject, context: Uint8Array): void {
    for (const instance of this.#all()) {
      const { daemonProcess } = instance.delivery;
      if (daemonProcess !== undefined && isReceiver(daemonProcess)) instance.signalled(sender, context);
    }
  }

  /** Sends queued records that daemons had no room for. */
  flush(): void {
    for (const { delivery } of this.#all()) delivery.flush();
  }

  #all(): AuditInstance[] {
    return [this.host, ...this.#ofEach(this.containers.all())];
  }

  /** Records made in `work` belong to this call of the task; it ends with what `exit` makes of the result. */
  during<T>(task: Task, call: AuditCall, work: () => T, exit: (result: T) => number | undefined): T {
    const { container, watched } = this.#states.of(task);
    this.acting(task);
    const watching = this.#instances(container).filter((instance) => instance !== this.host || watched);
    const whole = watching.reduce<() => T>((inner, one) => () => one.during(task, call, inner, exit), work);
    return whole();
  }

  /**
   * A call begins, with which the host's kernel may go on.
   * @param names what it names, as far as it is known before.
   * @returns `undefined` = no rule can want it; else to be called when it is over, also when the thread has ended.
   */
  beginCall(
    task: Task,
    call: AuditCall,
    names: readonly AuditName[],
    openFlags?: number,
  ): ((ended: EndedCall) => void) | undefined {
    const { container, watched } = this.#states.of(task);
    const watching = this.#instances(container).filter((instance) => instance !== this.host || watched);
    const ends = watching.flatMap((instance) => instance.begin(task, call, names, openFlags) ?? []);
    if (ends.length === 0) return undefined;
    return (ended) => {
      for (const end of ends.splice(0)) end(ended);
    };
  }

  /** Rules about calls, of all audits that are on. */
  callRules(): AuditRule[] {
    return this.#all().flatMap(({ status, rules }) => (status.enabled === OFF ? [] : rules.list(LIST.EXIT)));
  }

  /** Offers a record to the audit of its subject's container, and to those of the containers around it. */
  record(event: AuditEvent): void {
    const acting = this.#acting && this.#states.of(this.#acting).container;
    this.#offer(event, event.subject === undefined ? acting : event.subject().container);
  }

  #offer(event: AuditEvent, container: AuditContainer | undefined): void {
    for (const instance of this.#instances(container)) instance.record(event, container);
  }

  /** audit_set_loginuid(): a write to /proc/PID/loginuid by the task itself. @param control it has CAP_AUDIT_CONTROL. */
  setLogin(task: Task, subject: RecordSubject, loginuid: number, control: boolean): Errno | undefined {
    const old = this.#states.of(task);
    const allowed = this.#maySetLogin(subject, loginuid, control);
    const sessionid = allowed && loginuid !== UNSET ? this.#nextSession() : UNSET;
    if (allowed) this.#states.set(task, { ...old, loginuid, sessionid });
    const uid = subject.uids[0] ?? 0;
    const ids = `old-auid=${old.loginuid} auid=${loginuid} tty=${subject.tty} old-ses=${old.sessionid} ses=${sessionid}`;
    const body = `pid=${subject.pid} uid=${uid}${labelText(subject)} ${ids} res=${allowed ? 1 : 0}`;
    this.record({ type: AUDIT.LOGIN, body, subject: () => subject, whenEnabled: true });
    return allowed ? undefined : E.EPERM;
  }

  #nextSession(): number {
    this.#session = (this.#session + 1) % UNSET;
    return this.#session;
  }

  #maySetLogin(subject: RecordSubject, loginuid: number, control: boolean): boolean {
    if (!loginuidSet(subject)) return true;
    // A refusal by any of the audits around it counts.
    const features = this.#instances(subject.container).reduce((all, { status }) => all | status.features, 0);
    if ((features & LOGINUID_IMMUTABLE) !== 0 || !control) return false;
    return (features & ONLY_UNSET_LOGINUID) === 0 || loginuid === UNSET;
  }
}

export type { AuditCall, AuditSocket, EndedCall };
