/**
 * Requests from a /dev/fuse descriptor inside Node's event loop.
 *
 * libuv has no public way to wait for an arbitrary descriptor, but a `net.Socket` on a pipe waits with epoll and reads with plain read(2).
 * So we open a socket on a new pipe and then put the device in the pipe's place (dup3) before the loop ever looks at it. After a wake-up
 * further requests are read directly until none is waiting: that saves an epoll round trip per request under load.
 * One read gives one request. At most DRAIN_LIMIT are served per wake-up, so that other connections and timers get their turn.
 */
import { closeSync } from 'node:fs';
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { duplicateOnto, pipe, read } from '../../host/files/descriptors.ts';
import { ERRNO } from '../../linux/errno.ts';

const { EINTR, ENOENT } = ERRNO;
const DRAIN_LIMIT = 64;

export interface DeviceStreamEvents {
  /** A request of `length` bytes is in the buffer. */
  request(length: number): void;
  /** Those requests that waited are answered. */
  idle?(): void;
  /** Nothing more will come; the descriptor is closed. `reason` is an errno name or `closed`. */
  end(reason: string): void;
}

export class DeviceStream {
  /** Our only descriptor of the device, for replies. Valid until `end`. */
  readonly fd: number;
  readonly #socket: Socket;
  readonly #buffer: Buffer;
  readonly #events: DeviceStreamEvents;
  #open = true;
  #reason = 'closed';

  /** Takes over `deviceFd` (opened O_NONBLOCK, connected): it is closed here, its duplicate when the stream ends. */
  constructor(deviceFd: number, buffer: Buffer, events: DeviceStreamEvents) {
    this.#buffer = buffer;
    this.#events = events;
    const ends = pipe();
    if (typeof ends === 'number') throw new Error(`pipe2: errno ${-ends}`);
    this.fd = ends[0];
    const options: SocketConstructorOpts & { onread: OnReadOpts } = {
      fd: this.fd,
      readable: true,
      writable: false,
      onread: { buffer, callback: (length) => this.#serve(length) },
    };
    this.#socket = new Socket(options);
    duplicateOnto(deviceFd, this.fd);
    closeSync(deviceFd);
    closeSync(ends[1]);
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#reason = error.code ?? error.message;
    });
    this.#socket.on('close', () => {
      this.#open = false;
      events.end(this.#reason);
    });
    this.#socket.resume();
  }

  get open(): boolean {
    return this.#open;
  }

  /** Closes the descriptor now; the kernel aborts the connection. */
  close(): void {
    this.#open = false;
    this.#socket.destroy();
  }

  /** Without waiting for the event loop. */
  serveWaiting(): void {
    this.#drain(0);
  }

  #serve(length: number): boolean {
    this.#events.request(length);
    this.#drain(1);
    this.#events.idle?.();
    return true;
  }

  #drain(already: number): void {
    for (let served = already; this.#open && served < DRAIN_LIMIT; served++) {
      const next = read(this.fd, this.#buffer, this.#buffer.length);
      if (next > 0) this.#events.request(next);
      // An interrupted read or a request withdrawn meanwhile: there may be another. All else (nothing there, end) the loop will find.
      else if (next !== -EINTR && next !== -ENOENT) break;
    }
  }
}
