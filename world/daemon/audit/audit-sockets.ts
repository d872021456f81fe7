/**
 * Audit sockets of the programs of a world: socket pairs, of which the daemon has one end.
 *
 * Requests arrive in two ways: from the supervisor, while the sender waits in sendto(2), or in the socket itself, when
 * they were sent without an address; for these SIGIO wakes us. Nothing here blocks: unread messages stay in the socket
 * until it is full.
 */
import { closeSync } from 'node:fs';
import { InstantPoll } from '../../../host/files/poll.ts';
import { netlinkLikePair, PacketReceiver, signalInput } from '../../../host/sockets/seqpacket.ts';
import { CAP } from '../../../linux/capability.ts';
import { E, type Errno, errnoFromNumber, type Result } from '../../../linux/errno.ts';
import type { Tgid, Tid } from '../../../linux/ids.ts';
import { POLLHUP, POLLIN } from '../../../linux/poll.ts';
import { auditArch, syscallNumbers } from '../../../linux/syscall-numbers.ts';
import type { AuditCall } from '../../../lsm/framework/audit/audit.ts';
import { senderContext } from '../../../lsm/framework/audit/label.ts';
import { lookedUp } from '../../../lsm/framework/audit/paths.ts';
import type { AuditSender } from '../../../lsm/framework/audit/request.ts';
import type { RecordSubject } from '../../../lsm/framework/audit/subject.ts';
import type { Task } from '../../../lsm/framework/task.ts';
import type { Stack } from '../../../lsm/library/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type {
  AuditBackend,
  AuditPlace,
  AuditSocketCall,
  AuditSocketState,
  SignalReceivers,
} from '../../supervisor/protocol/backend.ts';
import { AuditConnection } from './audit-connection.ts';
import { present } from './audit-facts.ts';
import { AuditPorts } from './audit-ports.ts';
import type { WorldAuditSenders } from './audit-senders.ts';
import { bindSocket, connectSocket, type NetlinkCall, setSocketOption } from './netlink-calls.ts';
import { isReceiver } from './signalled.ts';

/** Sockets per user; each needs at most two descriptors of ours. */
const SOCKETS_OF_USER = 256;
/** Messages read from a socket at a time, so that other sockets are served too. */
const TURN = 32;
/** The same of a socket that had more than that: others do not wait for whoever sends faster than we read. */
const TURN_BEHIND = 1;
const ARGUMENTS = 4;

export interface AuditSocketsHost {
  readonly stack: Stack;
  /** `undefined` when it has ended. */
  subject(task: Task): RecordSubject | undefined;
  caller(tid: Tid): Caller | undefined;
  /** To be called when there is a socket. */
  opened(): void;
  readonly senders: WorldAuditSenders;
}

export class AuditSockets implements AuditBackend {
  readonly #host: AuditSocketsHost;
  readonly #connections = new Map<number, AuditConnection>();
  readonly #ports = new AuditPorts(this.#connections, (socket) => this.#host.stack.audit.opened(socket));
  readonly #poll = new InstantPoll();
  readonly #receiver = new PacketReceiver();
  readonly #numbers = syscallNumbers(process.arch);
  readonly #onSignal = (): void => this.#takeInput(({ behind }) => !behind);
  #serial = 0;
  #catching = false;

  constructor(host: AuditSocketsHost) {
    this.#host = host;
  }

  open(caller: Caller, type: number, nonBlocking: boolean): Result<number> {
    if (!this.#host.stack.audit.status.initialized) return E.EPROTONOSUPPORT;
    this.#takeInput();
    const ofUser = [...this.#connections.values()].filter(({ init }) => init.uid === caller.uid).length;
    if (ofUser >= SOCKETS_OF_USER) return E.EMFILE;
    const pair = netlinkLikePair(++this.#serial, nonBlocking);
    if (typeof pair === 'number') return errnoFromNumber(-pair);
    const { senders } = this.#host;
    const task = this.#host.stack.taskOf(caller);
    const { ours, inode } = pair;
    const connection = new AuditConnection({
      ours,
      inode,
      type,
      uid: caller.uid,
      control: senders.may(caller, CAP.AUDIT_CONTROL),
      write: senders.may(caller, CAP.AUDIT_WRITE),
    });
    if (this.#serial === 1) process.on('SIGIO', this.#onSignal); // never removed: the default action of SIGIO would end us
    connection.contained = this.#isContained(task);
    this.#connections.set(inode, connection);
    signalInput(ours);
    this.#host.opened();
    return pair.theirs;
  }

  state(socket: number): AuditSocketState | undefined {
    const connection = this.#connections.get(socket);
    // What was sent without an address has bound it.
    if (connection?.port === 0) this.#takeInput((one) => one === connection);
    return connection?.state;
  }

  #isContained(task: Task): boolean {
    return this.#host.stack.audit.stateOf(task).container !== undefined;
  }

  bind(call: AuditSocketCall & AuditPlace, caller: Caller): Errno | undefined {
    return this.#on(this.#numbers.bind, call, caller, (netlink) => bindSocket(netlink, call.port, call.groups));
  }

  connect(call: AuditSocketCall & AuditPlace, caller: Caller): Errno | undefined {
    return this.#on(this.#numbers.connect, call, caller, (netlink) => connectSocket(netlink, call.port, call.groups));
  }

  setOption(
    call: AuditSocketCall & { readonly option: number; readonly value: number },
    caller: Caller,
  ): Errno | undefined {
    const { option, value } = call;
    return this.#on(this.#numbers.setsockopt, call, caller, (netlink) => setSocketOption(netlink, option, value));
  }

  #on(
    number: number,
    call: AuditSocketCall,
    caller: Caller,
    work: (netlink: NetlinkCall) => Errno | undefined,
  ): Errno | undefined {
    const { stack, senders } = this.#host;
    const connection = this.#connections.get(call.socket);
    if (connection === undefined) return E.EINVAL;
    const parts = { stack, ports: this.#ports, connection, caller };
    return this.#during(number, call, caller, (subject) => {
      const mayRead = senders.may(caller, CAP.AUDIT_READ);
      return work({ ...parts, subject, mayRead });
    });
  }

  /** audit_signal_info() */
  signalled(to: SignalReceivers, caller: Caller): void {
    const { stack } = this.#host;
    const task = stack.taskOf(caller);
    const subject = this.#host.subject(task);
    if (subject === undefined) return;
    const reaches = (daemon: Tgid): boolean => isReceiver(this.#host, daemon, to, caller);
    stack.audit.signalled(reaches, subject, senderContext(stack.hooks, task));
  }

  send(call: AuditSocketCall & Parameters<AuditBackend['send']>[0], caller: Caller): Errno | undefined {
    const connection = this.#connections.get(call.socket);
    if (connection === undefined) return E.ECONNREFUSED;
    connection.contained = this.#isContained(this.#host.stack.taskOf(caller));
    this.#ports.autobind(connection, caller);
    this.#takeInput(({ behind }) => !behind);
    // What came in the same socket is first.
    if (connection.behind) this.#receive(connection, TURN);
    const { audit } = this.#host.stack;
    if ((call.groups & 1) === 1) audit.instanceOf(this.#host.stack.taskOf(caller)).delivery.broadcast(call.data);
    const work = (subject: RecordSubject): undefined => {
      const sender = this.#host.senders.sender({ control: true, write: true }, caller, subject);
      this.#request(call.data, connection, { ...sender, paths: lookedUp(call.paths) });
    };
    return this.#during(this.#numbers.sendto, call, caller, work, call.data.length);
  }

  #request(data: Uint8Array, connection: AuditConnection, sender: AuditSender): void {
    this.#host.stack.auditRequests.receive(data, connection, sender);
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
      ...(address !== undefined && { address }),
    };
    return stack.audit.during(
      task,
      call,
      () => work(subject),
      (refused) => (refused === undefined ? success : -refused.number),
    );
  }

  /** Reads messages that were sent without an address, and forgets closed sockets. */
  #takeInput(which: (connection: AuditConnection) => boolean = () => true): void {
    for (const connection of [...this.#connections.values()].filter(which)) {
      const events = this.#poll.events(connection.init.ours, POLLIN);
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
  #receive(connection: AuditConnection, turn = connection.behind ? TURN_BEHIND : TURN): void {
    connection.behind = true;
    for (let count = 0; count < turn; count++) {
      const packet = this.#receiver.receive(connection.init.ours);
      if (typeof packet === 'number') {
        connection.behind = false;
        return;
      }
      const caller = packet.pid === 0 ? undefined : this.#host.caller(packet.pid);
      const subject = caller && this.#host.subject(this.#host.stack.taskOf(caller));
      if (caller !== undefined) this.#ports.autobind(connection, caller);
      if (caller === undefined || subject === undefined) continue; // It has ended: it did not wait for the reply.
      this.#request(packet.data, connection, this.#host.senders.sender(connection.init, caller, subject));
    }
  }

  /** Sends the queued records that the audit daemon had no room for. */
  flush(): void {
    this.#host.stack.audit.flush();
  }

  #close(connection: AuditConnection): void {
    const { init, listener } = connection;
    const { audit, auditRequests } = this.#host.stack;
    this.#connections.delete(init.inode);
    closeSync(init.ours);
    audit.closed(connection);
    const subject = listener && present(listener);
    if (subject !== undefined) for (const group of connection.groupNumbers()) auditRequests.leave(group, subject);
  }

  close(): void {
    for (const { init } of this.#connections.values()) closeSync(init.ours);
    this.#connections.clear();
  }
}
