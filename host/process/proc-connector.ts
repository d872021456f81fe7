/**
 * The proc connector: fork, exec and exit of every process of the host, over a netlink socket.
 *
 * Source: include/uapi/linux/{netlink,connector,cn_proc}.h. The kernel queues an event before the new task (or the new
 * image) runs its first instruction, so whoever drains the socket before a decision knows everything that led to it
 * (measured: 1000 of 1000). Listening needs the initial network, pid and user namespaces; elsewhere the kernel ignores
 * the request, which shows as a missing acknowledgement.
 */

import { closeSync } from 'node:fs';
import { ERRNO } from '../../linux/errno.ts';
import { type Tgid, type Tid, tgidOf, tidOf } from '../../linux/ids.ts';
import {
  CN_IDX_PROC,
  CN_VAL_PROC,
  NETLINK_CONNECTOR,
  NLMSG_DONE,
  NLMSG_HEADER,
  PROC_CN_MCAST_LISTEN,
  PROC_EVENT_EXEC,
  PROC_EVENT_EXIT,
  PROC_EVENT_FORK,
  PROC_EVENT_NONE,
} from '../../linux/netlink.ts';
import { AF_NETLINK, SO_RCVBUFFORCE, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK, SOL_SOCKET } from '../../linux/socket.ts';
import { InputAlarm } from '../files/input-alarm.ts';
import { libcFunction } from '../libc.ts';
import { allocateNative } from '../memory/native-memory.ts';

/** struct nlmsghdr, struct cn_msg (20 bytes), then struct proc_event: u32 what, u32 cpu, u64 timestamp, data. */
const EVENT = NLMSG_HEADER + 20;
const DATA = EVENT + 16;
const DATAGRAM_SIZE = 4096;
/** Room for some 20,000 events between two drains. */
const RECEIVE_BUFFER = 16 << 20;

const { ENOBUFS } = ERRNO;

const socket = libcFunction('socket', ['int', 'int', 'int']);
const bind = libcFunction('bind', ['int', 'void *', 'int']);
const send = libcFunction('send', ['int', 'void *', 'size_t', 'int'], 'long');
const receive = libcFunction('recv', ['int', 'uint64', 'size_t', 'int'], 'long');
const setsockopt = libcFunction('setsockopt', ['int', 'int', 'int', 'void *', 'int']);

export type ConnectorEvent =
  | {
      readonly kind: 'fork';
      /** For a thread: the parent of its process, not the thread that made it. */
      readonly parentTid: Tid;
      readonly parentTgid: Tgid;
      readonly tid: Tid;
      readonly tgid: Tgid;
    }
  | { readonly kind: 'exec'; readonly tid: Tid; readonly tgid: Tgid }
  | { readonly kind: 'exit'; readonly tid: Tid; readonly tgid: Tgid; readonly status: number }
  /** Events were lost. */
  | { readonly kind: 'overflow' };

export class ProcConnector {
  readonly fd: number;
  readonly #memory = allocateNative(DATAGRAM_SIZE);

  private constructor(fd: number) {
    this.fd = fd;
  }

  /** @returns a sentence saying why not, where the connector cannot be used. */
  static open(): ProcConnector | string {
    const fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_CONNECTOR);
    if (fd < 0) return `no connector socket (errno ${-fd})`;
    const connector = new ProcConnector(fd);
    const problem = connector.#listen();
    if (problem === undefined) return connector;
    closeSync(fd);
    return problem;
  }

  /** Next event that matters; `undefined` when there is none now. Never blocks. */
  next(): ConnectorEvent | undefined {
    for (;;) {
      const count = receive(this.fd, this.#memory.address, DATAGRAM_SIZE, 0);
      if (count === -ENOBUFS) return { kind: 'overflow' };
      if (count < 0) return undefined;
      const event = count >= DATA ? this.#decode() : undefined;
      if (event !== undefined) return event;
    }
  }

  /** To be set before each time that `wake` is to be called when there are events. */
  alarm(wake: () => void): Pick<InputAlarm, 'set'> {
    return new InputAlarm(this.fd, wake);
  }

  close(): void {
    closeSync(this.fd);
  }

  #listen(): string | undefined {
    /** struct sockaddr_nl: u16 family, u16 pad, u32 pid, u32 groups. */
    const address = Buffer.alloc(12);
    address.writeUInt16LE(AF_NETLINK, 0);
    address.writeUInt32LE(CN_IDX_PROC, 8);
    const bound = bind(this.fd, address, address.length);
    if (bound < 0) return `cannot listen to process events (errno ${-bound})`;
    const size = Buffer.alloc(4);
    size.writeInt32LE(RECEIVE_BUFFER, 0);
    setsockopt(this.fd, SOL_SOCKET, SO_RCVBUFFORCE, size, size.length); // without privilege the default size has to do
    const sent = send(this.fd, subscription(), EVENT + 4, 0);
    if (sent < 0) return `cannot ask for process events (errno ${-sent})`;
    return this.#acknowledged() ? undefined : 'the kernel sends process events to the initial namespaces only';
  }

  /** The answer is in the queue when send(2) returns. Events of others may be in front of it. */
  #acknowledged(): boolean {
    for (;;) {
      if (receive(this.fd, this.#memory.address, DATAGRAM_SIZE, 0) < DATA) return false;
      if (this.#memory.view.getUint32(EVENT, true) === PROC_EVENT_NONE) {
        return this.#memory.view.getUint32(DATA, true) === 0;
      }
    }
  }

  #decode(): ConnectorEvent | undefined {
    const { view } = this.#memory;
    const at = (index: number): number => view.getUint32(DATA + 4 * index, true);
    switch (view.getUint32(EVENT, true)) {
      case PROC_EVENT_FORK:
        return {
          kind: 'fork',
          parentTid: tidOf(at(0)),
          parentTgid: tgidOf(at(1)),
          tid: tidOf(at(2)),
          tgid: tgidOf(at(3)),
        };
      case PROC_EVENT_EXEC:
        return { kind: 'exec', tid: tidOf(at(0)), tgid: tgidOf(at(1)) };
      case PROC_EVENT_EXIT:
        return { kind: 'exit', tid: tidOf(at(0)), tgid: tgidOf(at(1)), status: at(2) };
      default:
        return undefined;
    }
  }
}

function subscription(): Buffer {
  const message = Buffer.alloc(EVENT + 4);
  message.writeUInt32LE(message.length, 0);
  message.writeUInt16LE(NLMSG_DONE, 4);
  message.writeUInt32LE(process.pid, 12);
  message.writeUInt32LE(CN_IDX_PROC, 16);
  message.writeUInt32LE(CN_VAL_PROC, 20);
  message.writeUInt16LE(4, 32);
  message.writeUInt32LE(PROC_CN_MCAST_LISTEN, EVENT);
  return message;
}
