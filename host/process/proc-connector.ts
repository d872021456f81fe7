/**
 * The proc connector: fork, exec, core dump and exit of every process of the host, in order.
 *
 * The kernel queues an event before the new task (or the new image) runs its first instruction, so whoever drains the socket before a
 * decision knows everything that led to it (measured: 1000 of 1000).
 */

import { ERRNO } from '../../linux/errno.ts';
import { type Tgid, type Tid, tgidOf, tidOf } from '../../linux/ids.ts';
import {
  PROC_EVENT_COMM,
  PROC_EVENT_COREDUMP,
  PROC_EVENT_EXEC,
  PROC_EVENT_EXIT,
  PROC_EVENT_FORK,
  PROC_EVENT_GID,
  PROC_EVENT_UID,
} from '../../linux/netlink.ts';
import { ConnectorAlarm, type Ring } from './connector-alarm.ts';
import { ConnectorSocket } from './connector-socket.ts';
import { milliseconds } from './fork-records.ts';
import { EVENT_DATA, EVENT_TIME, PROC_EVENT } from './process-event.ts';

/** Room for some 40,000 events between two drains. */
const RECEIVE_BUFFER = 32 << 20;

/** TASK_COMM_LEN */
const COMM_SIZE = 16;
const { ENOBUFS } = ERRNO;

/** Real ids, as the initial user namespace has them; a name as latin-1. */
export interface ProcessChange {
  readonly uid?: number;
  readonly gid?: number;
  readonly comm?: string;
}

export type ConnectorEvent =
  | {
      readonly kind: 'fork';
      /** Of a thread: the parent of its process, not the thread that made it. */
      readonly parentTid: Tid;
      readonly parentTgid: Tgid;
      readonly tid: Tid;
      readonly tgid: Tgid;
      /** ms of CLOCK_MONOTONIC. */
      readonly time: number;
    }
  | { readonly kind: 'exec'; readonly tid: Tid; readonly tgid: Tgid }
  /** A signal begins to end the process in this thread as one that dumps core, also where no file is written. */
  | { readonly kind: 'dump'; readonly tid: Tid; readonly tgid: Tgid }
  /** Its ids, or the name of a thread, are now these. Only after `hearChanges`. */
  | { readonly kind: 'change'; readonly tid: Tid; readonly tgid: Tgid; readonly change: ProcessChange }
  | { readonly kind: 'exit'; readonly tid: Tid; readonly tgid: Tgid; readonly status: number }
  /** Events were lost. */
  | { readonly kind: 'overflow' };

export class ProcConnector {
  readonly #socket: ConnectorSocket;

  private constructor(socket: ConnectorSocket) {
    this.#socket = socket;
    socket.hear();
  }

  /** @returns a sentence saying why not, where the connector cannot be used. */
  static open(): ProcConnector | string {
    const socket = ConnectorSocket.open(RECEIVE_BUFFER);
    return typeof socket === 'string' ? socket : new ProcConnector(socket);
  }

  /** Next event that matters; `undefined` when there is none now. Never blocks. */
  next(): ConnectorEvent | undefined {
    for (;;) {
      const count = this.#socket.receive();
      if (count === -ENOBUFS) return { kind: 'overflow' };
      if (count < 0) return undefined;
      const event = count >= EVENT_DATA ? this.#decode() : undefined;
      if (event !== undefined) return event;
    }
  }

  /** Are there so many events that there may soon be too many? */
  isFilling(): boolean {
    return this.#socket.waiting() > RECEIVE_BUFFER / 8;
  }

  /** Changes of ids and names, from now on. */
  hearChanges(): void {
    this.#socket.hear(undefined, true);
  }

  alarm(ring: Ring): ConnectorAlarm {
    return new ConnectorAlarm(this.#socket.fd, ring);
  }

  close(): void {
    this.#socket.close();
  }

  /** char comm[16], behind the numbers of the thread. */
  #name(): string {
    const { buffer, byteOffset } = this.#socket.view;
    const text = Buffer.from(buffer, byteOffset + EVENT_DATA + 8, COMM_SIZE).toString('latin1');
    return text.split('\0', 1).join('');
  }

  #decode(): ConnectorEvent | undefined {
    const { view } = this.#socket;
    const at = (index: number): number => view.getUint32(EVENT_DATA + 4 * index, true);
    switch (view.getUint32(PROC_EVENT, true)) {
      case PROC_EVENT_FORK:
        return {
          kind: 'fork',
          parentTid: tidOf(at(0)),
          parentTgid: tgidOf(at(1)),
          tid: tidOf(at(2)),
          tgid: tgidOf(at(3)),
          time: milliseconds(view, EVENT_TIME),
        };
      case PROC_EVENT_EXEC:
        return { kind: 'exec', tid: tidOf(at(0)), tgid: tgidOf(at(1)) };
      case PROC_EVENT_UID:
        return { kind: 'change', tid: tidOf(at(0)), tgid: tgidOf(at(1)), change: { uid: at(2) } };
      case PROC_EVENT_GID:
        return { kind: 'change', tid: tidOf(at(0)), tgid: tgidOf(at(1)), change: { gid: at(2) } };
      case PROC_EVENT_COMM:
        return { kind: 'change', tid: tidOf(at(0)), tgid: tgidOf(at(1)), change: { comm: this.#name() } };
      case PROC_EVENT_COREDUMP:
        return { kind: 'dump', tid: tidOf(at(0)), tgid: tgidOf(at(1)) };
      case PROC_EVENT_EXIT:
        return { kind: 'exit', tid: tidOf(at(0)), tgid: tgidOf(at(1)), status: at(2) };
      default:
        return undefined;
    }
  }
}
