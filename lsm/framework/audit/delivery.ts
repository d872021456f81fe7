/**
 * Delivery of records: to the registered audit daemon, to multicast listeners, and to the log.
 *
 * Model: kauditd_thread() of kernel/audit.c. A record is sent when the request or call that it is about has completed;
 * records that the daemon's socket has no room for are queued, and lost beyond the backlog limit. Where audit was on at boot,
 * what no daemon takes is held for one to come (`audit_hold_queue`), and lost beyond that limit, too. The daemon is identified
 * by its netlink port. A closed socket is noticed at the next send.
 */

import { AUDIT } from '../../../linux/audit.ts';
import type { Tgid } from '../../../linux/ids.ts';
import { KERN_ERR, KERN_WARNING, type KernelLogWriter } from '../facts.ts';
import { encodeMessage, recordMessage, words } from './netlink.ts';
import { Rate, SECOND_MS } from './rate.ts';
import { type AuditRecordText, RecordRing } from './record-ring.ts';
import type { Status } from './status.ts';

/** A socket of a program. */
export interface AuditSocket {
  /** Netlink port: the number of the process, for its first socket; 0 = it has none yet. */
  readonly port: number;
  /** A refusal has the header of the request only (NETLINK_CAP_ACK). */
  readonly capsAcknowledgements?: boolean;
  /** Does not block. `gone`: the socket was closed. */
  send(message: Uint8Array): 'sent' | 'full' | 'gone';
}

export interface DeliveryHost {
  /** Milliseconds, from any point on. */
  now(): number;
  /** Where it goes; absent = nowhere. */
  log(): KernelLogWriter | undefined;
}

interface AuditDaemon {
  /** Process id as registered, in the audit daemon's own pid namespace. */
  readonly pid: number;
  /** Its process in ours. */
  readonly process: Tgid;
  /** 0 = it has none, and is found by its `socket`. */
  readonly port: number;
  /** Where it registered. */
  readonly socket: AuditSocket;
}

/** All audit sockets by port, of all audit instances. */
export type SocketTable = Map<number, AuditSocket>;

const PANIC = 2;
/** Of a queue, for what comes from containers inside. */
const GUESTS_SHARE = 0.75;
/** Records that are held where the limit is 0, which is none. */
const MOST_HELD = 65_536;

interface Queued {
  readonly record: AuditRecordText;
  /** Where it comes from. */
  readonly guest: Guest | undefined;
}

/** A container inside of the one whose audit this is. */
export interface Guest {
  readonly status: Status;
}

export class Delivery {
  /** What this audit has recorded, also what was lost on the way to daemons and listeners; without ends of events. */
  readonly log = new RecordRing();
  /** What listeners were offered. */
  readonly offered = new RecordRing();
  /** Who reads what listeners are offered without a socket. */
  attached = 0;
  readonly #host: DeliveryHost;
  readonly #status: Status;
  readonly #sockets: SocketTable;
  readonly #most: number;
  readonly #readers = new Set<AuditSocket>();
  /** Not delivered yet. */
  readonly #fresh: Queued[] = [];
  readonly #waiting: Queued[] = [];
  /** For a daemon that is to come. */
  readonly #held: Queued[] = [];
  #underWay = 0;
  #daemon: AuditDaemon | undefined;
  readonly #ownRate = new Rate();
  readonly #guestRates = new WeakMap<Guest, Rate>();
  #lastLoss = Number.NEGATIVE_INFINITY;

  /** @param most records that wait, whatever limit the status says. */
  constructor(host: DeliveryHost, status: Status, sockets: SocketTable, most = Number.POSITIVE_INFINITY) {
    this.#most = most;
    this.#host = host;
    this.#status = status;
    this.#sockets = sockets;
  }

  /** 0 = there is none. */
  get daemonPid(): number {
    return this.#daemon?.pid ?? 0;
  }

  /** Our number of its process; `undefined` = there is none. */
  get daemonProcess(): Tgid | undefined {
    return this.#daemon?.process;
  }

  get backlog(): number {
    return this.#waiting.length + this.#fresh.length;
  }

  /** Is there a daemon or a listener? */
  get hasReaders(): boolean {
    return this.#daemon !== undefined || this.attached > 0 || this.#readers.size > 0;
  }

  /** Is it this one that is the daemon? */
  isDaemon(socket: AuditSocket): boolean {
    return this.#daemon?.socket === socket;
  }

  /** Records that no one has looked at yet, that wait for the daemon to have room, and for one to come. */
  get queues(): { readonly fresh: number; readonly waiting: number; readonly held: number } {
    return { fresh: this.#fresh.length, waiting: this.#waiting.length, held: this.#held.length };
  }

  listen(socket: AuditSocket): void {
    this.#readers.add(socket);
  }

  /** It listens no longer. */
  leave(socket: AuditSocket): void {
    this.#readers.delete(socket);
  }

  /** Sends a program's message to the multicast listeners, unchanged. */
  broadcast(message: Uint8Array): void {
    for (const reader of this.#readers) reader.send(message);
  }

  register(daemon: AuditDaemon): void {
    this.#daemon = daemon;
  }

  unregister(): void {
    this.#daemon = undefined;
  }

  /** audit_replace(): asks the daemon whether it lives, on behalf of a process that wants its place. */
  probe(pid: number): void {
    if (this.#daemon === undefined) return;
    const { port } = this.#daemon;
    const message = encodeMessage({ type: AUDIT.REPLACE, port }, words(pid));
    if (this.#send(this.#daemon, message) === 'gone') this.unregister();
  }

  /**
   * @param guest the nested container that the record comes from. It has a rate limit of its own, may not use the last
   * quarter of the queue, and its lost records are counted there, so that it cannot make us lose records.
   */
  record(record: AuditRecordText, guest?: Guest): void {
    if (!this.#rateOf(guest).allows(this.#status.rateLimit, this.#host.now())) {
      this.lose('rate limit exceeded', guest, record);
      return;
    }
    this.#fresh.push({ record, guest });
    if (this.#underWay === 0) this.flush();
  }

  /** audit_log_start(): is what the daemon has not taken more than the limit? */
  #isFull(guest: Guest | undefined): boolean {
    const { length } = this.#waiting;
    const limit = this.#limit;
    if (guest !== undefined) return length >= limit * GUESTS_SHARE;
    if (length <= limit) return false;
    const text = `audit: audit_backlog=${length} > audit_backlog_limit=${limit}`;
    if (this.#ownRate.allows(this.#status.rateLimit, this.#host.now()))
      this.#print(text, KERN_WARNING, 'audit_log_start');
    return true;
  }

  get #limit(): number {
    const { backlogLimit } = this.#status;
    return Math.min(backlogLimit === 0 ? Number.POSITIVE_INFINITY : backlogLimit, this.#most);
  }

  #rateOf(guest: Guest | undefined): Rate {
    if (guest === undefined) return this.#ownRate;
    const rate = this.#guestRates.get(guest) ?? new Rate();
    this.#guestRates.set(guest, rate);
    return rate;
  }

  /** Records made in `work` are sent after it, as by a thread that waits for its turn. */
  after<T>(work: () => T): T {
    this.#underWay++;
    try {
      return work();
    } finally {
      this.#underWay--;
      if (this.#underWay === 0) this.flush();
    }
  }

  /** To be called when the daemon may have read something. */
  flush(): void {
    this.#handOn();
    for (const { record, guest } of this.#fresh.splice(0)) {
      if (this.#isFull(guest)) {
        this.lose('backlog limit exceeded', guest, record);
        continue;
      }
      const { type, stamp, body } = record;
      const message = recordMessage(type, `${stamp}: ${body}`, 0, false);
      for (const reader of this.#readers) reader.send(message);
      this.#waiting.push({ record, guest });
      this.offered.add(record);
      this.#store(record);
      this.#handOn();
    }
  }

  /** Sends what is held and what waits; without a daemon nothing waits. */
  #handOn(): void {
    if (this.#daemon !== undefined && this.#sendAll(this.#held) && this.#sendAll(this.#waiting)) return;
    if (this.#daemon === undefined) for (const queued of this.#waiting.splice(0)) this.#hold(queued);
  }

  /** In order, as long as the daemon has room. @returns is nothing left? */
  #sendAll(queue: Queued[]): boolean {
    let sent = 0;
    for (const { record } of queue) {
      if (this.#daemon === undefined) break;
      const { port } = this.#daemon;
      const message = recordMessage(record.type, `${record.stamp}: ${record.body}`, port, true);
      const result = this.#send(this.#daemon, message);
      if (result === 'gone') this.unregister();
      if (result !== 'sent') break;
      sent++;
    }
    queue.splice(0, sent);
    return queue.length === 0;
  }

  /** kauditd_hold_skb(): there is no daemon. */
  #hold(queued: Queued): void {
    const { record, guest } = queued;
    if (record.type !== AUDIT.EOE) this.#host.log()?.unheard?.(record.type, record.body, record.stamp);
    if (!this.#status.onAtBoot) return;
    const limit = Math.min(this.#limit, MOST_HELD) * (guest === undefined ? 1 : GUESTS_SHARE);
    if (this.#held.length < limit) this.#held.push(queued);
    else this.lose('kauditd hold queue overflow', guest);
  }

  #send({ port, socket }: AuditDaemon, message: Uint8Array): 'sent' | 'full' | 'gone' {
    return (port === 0 ? socket : this.#sockets.get(port))?.send(message) ?? 'gone';
  }

  #store(record: AuditRecordText): void {
    if (record.type !== AUDIT.EOE) this.log.add(record);
    this.#host.log()?.audit(record.type, record.body, record.stamp);
  }

  /** audit_log_lost(). @param record what our own log has all the same. */
  lose(reason: string, guest: Guest | undefined, record?: AuditRecordText): void {
    const { failure, rateLimit, backlogLimit } = this.#status;
    if (record !== undefined) this.#store(record);
    if (guest !== undefined) {
      guest.status.lost = (guest.status.lost + 1) >>> 0;
      return;
    }
    this.#status.lost = (this.#status.lost + 1) >>> 0;
    if (failure !== PANIC && rateLimit !== 0) {
      const now = this.#host.now();
      if (now - this.#lastLoss <= SECOND_MS) return;
      this.#lastLoss = now;
    }
    const counts = `audit_lost=${this.#status.lost} audit_rate_limit=${rateLimit} audit_backlog_limit=${backlogLimit}`;
    this.#print(`audit: ${counts}`, KERN_WARNING, 'audit_log_lost');
    if (failure !== 0) this.#print(`audit: ${reason}`, KERN_ERR, 'audit_panic');
  }

  /** @param by function of the kernel that prints it. */
  #print(text: string, level: number, by: string): void {
    const log = this.#host.log();
    if (log?.printLimited === undefined) log?.print(text, level);
    else log.printLimited(text, level, by);
  }
}
