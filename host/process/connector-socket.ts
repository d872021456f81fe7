/**
 * Sockets that hear the proc connector: fork, exec and exit of every process of the host.
 *
 * Source: include/uapi/linux/{netlink,connector,cn_proc}.h. Listening needs the initial network, pid and user namespaces; elsewhere the
 * kernel ignores the request, which shows as a missing acknowledgement.
 */
import { closeSync } from 'node:fs';
import type { Tgid } from '../../linux/ids.ts';
import {
  CN_IDX_PROC,
  CN_VAL_PROC,
  NETLINK_CONNECTOR,
  NLMSG_DONE,
  PROC_CN_MCAST_LISTEN,
  PROC_EVENT_NONE,
} from '../../linux/netlink.ts';
import {
  AF_NETLINK,
  SO_MEMINFO,
  SO_RCVBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from '../../linux/socket.ts';
import { libcFunction } from '../libc.ts';
import { allocateNative } from '../memory/native-memory.ts';
import { SocketFilter } from '../sockets/socket-filter.ts';
import { eventFilter, FILTER_LENGTH } from './event-filter.ts';
import { EVENT_DATA, PROC_EVENT } from './process-event.ts';

const DATAGRAM_SIZE = 4096;

const socket = libcFunction('socket', ['int', 'int', 'int']);
const bind = libcFunction('bind', ['int', 'void *', 'int']);
const send = libcFunction('send', ['int', 'void *', 'size_t', 'int'], 'long');
const receive = libcFunction('recv', ['int', 'uint64', 'size_t', 'int'], 'long');
const getsockopt = libcFunction('getsockopt', ['int', 'int', 'int', 'uint64', 'uint64']);
const setsockopt = libcFunction('setsockopt', ['int', 'int', 'int', 'uint64', 'int']);

export class ConnectorSocket {
  readonly fd: number;
  readonly #memory = allocateNative(DATAGRAM_SIZE);
  readonly #filter = new SocketFilter(FILTER_LENGTH);

  private constructor(fd: number) {
    this.fd = fd;
  }

  /**
   * @param room bytes for events that nobody has read yet; `undefined` = the default
   * @returns a sentence saying why not, where the connector cannot be used.
   */
  static open(room: number | undefined): ConnectorSocket | string {
    const fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_CONNECTOR);
    if (fd < 0) return `no connector socket (errno ${-fd})`;
    const connector = new ConnectorSocket(fd);
    const problem = connector.#listen(room);
    if (problem === undefined) return connector;
    closeSync(fd);
    return problem;
  }

  /** Of the datagram that was received last. */
  get view(): DataView {
    return this.#memory.view;
  }

  /** @returns the length of the next datagram, or a negative errno. Never blocks. */
  receive(): number {
    return receive(this.fd, this.#memory.address, DATAGRAM_SIZE, 0);
  }

  /** @returns how many bytes of memory the datagrams that nobody has read yet take. Overwrites `view`. */
  waiting(): number {
    const { address, view } = this.#memory;
    view.setUint32(0, 4, true);
    if (getsockopt(this.fd, SOL_SOCKET, SO_MEMINFO, address + 4, address) < 0) return 0;
    return view.getUint32(4, true);
  }

  /** From now on only these events are queued. @param processes see {@link eventFilter} @returns 0 or a negative errno */
  hear(processes?: readonly Tgid[], changes = false): number {
    return this.#filter.attach(this.fd, eventFilter(processes, changes));
  }

  close(): void {
    closeSync(this.fd);
  }

  #listen(room: number | undefined): string | undefined {
    /** struct sockaddr_nl: u16 family, u16 pad, u32 pid, u32 groups. */
    const address = Buffer.alloc(12);
    address.writeUInt16LE(AF_NETLINK, 0);
    address.writeUInt32LE(CN_IDX_PROC, 8);
    const bound = bind(this.fd, address, address.length);
    if (bound < 0) return `cannot listen to process events (errno ${-bound})`;
    if (room !== undefined) {
      this.#memory.view.setInt32(0, room, true);
      setsockopt(this.fd, SOL_SOCKET, SO_RCVBUFFORCE, this.#memory.address, 4); // without privilege the default size has to do
    }
    const sent = send(this.fd, subscription(), PROC_EVENT + 4, 0);
    if (sent < 0) return `cannot ask for process events (errno ${-sent})`;
    return this.#acknowledged() ? undefined : 'the kernel sends process events to the initial namespaces only';
  }

  /** The answer is in the queue when send(2) returns. Events of others may be in front of it. */
  #acknowledged(): boolean {
    for (;;) {
      if (this.receive() < EVENT_DATA) return false;
      if (this.view.getUint32(PROC_EVENT, true) === PROC_EVENT_NONE) return this.view.getUint32(EVENT_DATA, true) === 0;
    }
  }
}

function subscription(): Buffer {
  const message = Buffer.alloc(PROC_EVENT + 4);
  message.writeUInt32LE(message.length, 0);
  message.writeUInt16LE(NLMSG_DONE, 4);
  message.writeUInt32LE(process.pid, 12);
  message.writeUInt32LE(CN_IDX_PROC, 16);
  message.writeUInt32LE(CN_VAL_PROC, 20);
  message.writeUInt16LE(4, 32);
  message.writeUInt32LE(PROC_CN_MCAST_LISTEN, PROC_EVENT);
  return message;
}
