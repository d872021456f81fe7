/**
 * Audit sockets of the programs of a world: socket pairs, of which the daemon has one end.
 *
 * Requests arrive in two ways: from the supervisor, while the sender waits in sendto(2), or in the socket itself, when
 * they were sent without an address; for these SIGIO wakes us. Nothing here blocks: unread messages stay in the socket
 * until it is full.
 */
import { closeSync } from 'node:fs';
import { InstantPoll } from '../../../host/files/poll.ts';
import type { ProcessFiles } from '../../../host/process/process-files.ts';
import { netlinkLikePair, PacketReceiver, sendPacket, signalInput } from '../../../host/sockets/seqpacket.ts';
import { CAP } from '../../../linux/capability.ts';
import { E, ERRNO, type Errno, errnoFromNumber, type Result } from '../../../linux/errno.ts';
import type { Tgid, Tid } from '../../../linux/ids.ts';
import { POLLHUP, POLLIN } from '../../../linux/poll.ts';
import { auditArch, syscallNumbers } from '../../../linux/syscall-numbers.ts';
import type { AuditCall, AuditSocket } from '../../../lsm/framework/audit/audit.ts';
import type { AuditContainer } from '../../../lsm/framework/audit/container.ts';
import { lookedUp } from '../../../lsm/framework/audit/paths.ts';
import type { AuditSender } from '../../../lsm/framework/audit/request.ts';
import type { RecordSubject } from '../../../lsm/framework/audit/subject.ts';
import type { Task } from '../../../lsm/framework/task.ts';
import type { Stack } from '../../../lsm/library/index.ts';
import { type Caller, capableInOwn } from '../../../vfs/tree/caller.ts';
import type { AuditBackend, AuditSocketCall } from '../../supervisor/protocol/backend.ts';
import { inOwnPidNamespace, ownPid, present } from './audit-facts.ts';
import { namespaceOf } from './container-view.ts';

/** Sockets per user; each needs at most two descriptors of ours. */
const SOCKETS_OF_USER = 256;
/** Messages read from a socket at a time, so that other sockets are served too. */
const TURN = 32;
/** The same of a socket that had more than that: others do not wait for whoever sends faster than we read. */
const TURN_BEHIND = 1;
const { EAGAIN } = ERRNO;
const ARGUMENTS = 4;

/** Credentials of the process that made the socket; they count also when another process sends. */
interface SocketMaker {
  readonly uid: number;
  readonly control: boolean;
  readonly write: boolean;
}

class Connection implements AuditSocket {
  readonly port: number;
  readonly ours: number;
  readonly inode: number;
  readonly uid: number;
  /** Capabilities of the process that made the socket. */
  readonly control: boolean;
  readonly write: boolean;
  /** Its last turn left messages unread. */
  behind = false;
  /** Sockets bound to a multicast group. */
  listener: RecordSubject | undefined;

  constructor(port: number, pair: { readonly ours: number; readonly inode: number }, maker: SocketMaker) {
    this.port = port;
    this.ours = pair.ours;
    this.inode = pair.inode;
    this.uid = maker.uid;
    this.control = maker.control;
    this.write = maker.write;
  }

  send(message: Uint8Array): 'sent' | 'full' | 'gone' {
    const result = sendPacket(this.ours, message);
    if (result >= 0) return 'sent';
    return result === -EAGAIN ? 'full' : 'gone';
  }
}

export interface AuditSocketsHost {
  readonly stack: Stack;
  readonly files: ProcessFiles;
  /** `undefined` when it has ended. */
  subject(task: Task): RecordSubject | undefined;
  caller(tid: Tid): Caller | undefined;
}

export class AuditSockets implements AuditBackend {
  readonly #host: AuditSocketsHost;
  readonly #connections = new Map<number, Connection>();
  /** User namespaces of containers, which outlive their first processes. */
  readonly #homes = new WeakMap<AuditContainer, string>();
  readonly #poll = new InstantPoll();
  readonly #receiver = new PacketReceiver();
  readonly #numbers = syscallNumbers(process.arch);
  readonly #onSignal = (): void => this.#takeInput(({ behind }) => !behind);
  #serial = 0;
  #catching = false;
  #nextPort = -4096;

  constructor(host: AuditSocketsHost) {
    this.#host = host;
  }

  open(caller: Caller, nonBlocking: boolean): Result<number> {
    if (!this.#host.stack.audit.status.initialized) return E.EPROTONOSUPPORT;
    this.#takeInput();
    const ofUser = [...this.#connections.values()].filter(({ uid }) => uid === caller.uid).length;
    if (ofUser >= SOCKETS_OF_USER) return E.EMFILE;
    const pair = netlinkLikePair(++this.#serial, nonBlocking);
    if (typeof pair === 'number') return errnoFromNumber(-pair);
    const task = this.#host.stack.taskOf(caller);
    const connection = new Connection(this.#portFor(caller.tgid), pair, {
      uid: caller.uid,
      control: this.#may(caller, task, CAP.AUDIT_CONTROL),
      write: this.#may(caller, task, CAP.AUDIT_WRITE),
    });
    if (this.#serial === 1) process.on('SIGIO', this.#onSignal); // never removed: the default action of SIGIO would end us
    this.#connections.set(pair.inode, connection);
    this.#host.stack.audit.opened(connection);
    signalInput(pair.ours);
    return pair.theirs;
  }

  /** netlink_autobind(): the process id, else a number that is no process id. */
  #portFor(tgid: Tgid): number {
    const taken = new Set([...this.#connections.values()].map(({ port }) => port));
    let port: number = tgid;
    while (taken.has(port)) port = this.#nextPort--;
    return port;
  }

  owns(socket: number): boolean {
    return this.#connections.has(socket);
  }

  bind(call: AuditSocketCall & { readonly port: number; readonly groups: number }, caller: Caller): Errno | undefined {
    const connection = this.#connections.get(call.socket);
    if (connection === undefined) return E.EINVAL;
    const { auditRequests } = this.#host.stack;
    const task = this.#host.stack.taskOf(caller);
    return this.#during(this.#numbers.bind, call, caller, (subject) => {
      if (call.port !== 0 && call.port !== connection.port) return E.EINVAL;
      if ((call.groups & 1) === 0) return undefined;
      connection.listener = subject;
      return auditRequests.listen(connection, { task, subject }, this.#may(caller, task, CAP.AUDIT_READ));
    });
  }

  send(call: AuditSocketCall & Parameters<AuditBackend['send']>[0], caller: Caller): Errno | undefined {
    const connection = this.#connections.get(call.socket);
    if (connection === undefined) return E.ECONNREFUSED;
    this.#takeInput(({ behind }) => !behind);
    // What came in the same socket is first.
    if (connection.behind) this.#receive(connection, TURN);
    const { audit } = this.#host.stack;
    if ((call.groups & 1) === 1) audit.instanceOf(this.#host.stack.taskOf(caller)).delivery.broadcast(call.data);
    const work = (subject: RecordSubject): undefined => {
      const sender = this.#sender(connection, caller, subject);
      this.#host.stack.auditRequests.receive(call.data, connection, { ...sender, paths: lookedUp(call.paths) });
    };
    return this.#during(this.#numbers.sendto, call, caller, work, call.data.length);
  }

  /** @param success what the call returns when nothing is wrong. */
  #during(
    number: number,
    { args, address }: AuditSocketCall,
    caller: Caller,
    work: (subject: RecordSubject) => Errno | undefined,
    success = 0,
  ): Errno | undefined {
    const { stack } = this.#host;
    const task = stack.taskOf(caller);
    const subject = this.#host.subject(task);
    if (subject === undefined) return E.ESRCH;
    const call: AuditCall = {
      subject: () => this.#host.subject(task) ?? subject,
      arch: auditArch(process.arch),
      number,
      args: args.slice(0, ARGUMENTS),
      address,
    };
    return stack.audit.during(
      task,
      call,
      () => work(subject),
      (refused) => (refused === undefined ? success : -refused.number),
    );
  }

  #sender(connection: Connection, caller: Caller, subject: RecordSubject): AuditSender {
    const task = this.#host.stack.taskOf(caller);
    const inside = this.#host.stack.audit.instanceOf(task).container !== undefined;
    return {
      task,
      subject,
      initialUserNamespace: this.#isAtHome(caller, task),
      // A container has a pid namespace of its own, on which permissions do not depend there.
      initialPidNamespace: inside || inOwnPidNamespace(this.#host.files, caller.tid),
      ownPid: ownPid(caller.tid) ?? caller.tgid,
      control: connection.control && this.#may(caller, task, CAP.AUDIT_CONTROL),
      write: connection.write && this.#may(caller, task, CAP.AUDIT_WRITE),
      paths: lookedUp([]),
    };
  }

  /** Is the caller in the user namespace whose capabilities count: the initial one; for a container's audit, that of its first process? */
  #isAtHome(caller: Caller, task: Task): boolean {
    if (caller.userNamespace === undefined) return true;
    const { container } = this.#host.stack.audit.stateOf(task);
    if (container === undefined) return false;
    const first = this.#host.stack.tasks.find(container.first.tid) === container.first;
    const home =
      (first ? namespaceOf(this.#host.files, container.first.tid, 'user') : undefined) ?? this.#homes.get(container);
    if (home !== undefined) this.#homes.set(container, home);
    return home !== undefined && home === namespaceOf(this.#host.files, caller.tid, 'user');
  }

  #may(caller: Caller, task: Task, capability: number): boolean {
    return this.#isAtHome(caller, task) && capableInOwn(caller, capability);
  }

  /** Reads messages that were sent without an address, and forgets closed sockets. */
  #takeInput(which: (connection: Connection) => boolean = () => true): void {
    for (const connection of [...this.#connections.values()].filter(which)) {
      const events = this.#poll.events(connection.ours, POLLIN);
      if ((events & POLLIN) !== 0) this.#receive(connection);
      else connection.behind = false;
      if (!connection.behind && (events & POLLHUP) !== 0) this.#close(connection);
    }
    this.flush();
    this.#catchUp();
  }

  /** Sockets that are behind have a turn each when other work of the daemon has had its own. */
  #catchUp(): void {
    if (this.#catching || ![...this.#connections.values()].some(({ behind }) => behind)) return;
    this.#catching = true;
    setImmediate(() => {
      this.#catching = false;
      this.#takeInput(({ behind }) => behind);
    });
  }

  /** Leaves `behind` true when there may be more. */
  #receive(connection: Connection, turn = connection.behind ? TURN_BEHIND : TURN): void {
    connection.behind = true;
    for (let count = 0; count < turn; count++) {
      const packet = this.#receiver.receive(connection.ours);
      if (typeof packet === 'number') {
        connection.behind = false;
        return;
      }
      const caller = packet.pid === 0 ? undefined : this.#host.caller(packet.pid);
      const subject = caller && this.#host.subject(this.#host.stack.taskOf(caller));
      if (caller === undefined || subject === undefined) continue; // It has ended: it did not wait for the reply.
      this.#host.stack.auditRequests.receive(packet.data, connection, this.#sender(connection, caller, subject));
    }
  }

  /** Sends the queued records that the audit daemon had no room for. */
  flush(): void {
    this.#host.stack.audit.flush();
  }

  #close(connection: Connection): void {
    this.#connections.delete(connection.inode);
    closeSync(connection.ours);
    const { listener } = connection;
    this.#host.stack.auditRequests.close(connection, listener && present(this.#host.files, listener));
  }

  close(): void {
    for (const { ours } of this.#connections.values()) closeSync(ours);
    this.#connections.clear();
  }
}
