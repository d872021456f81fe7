/**
 * The FUSE connection of a labelled mount: takes requests, has threads do the work, and answers.
 *
 * Every request is answered, in any order: the serving thread waits for nothing. A caller that is interrupted while a thread has been
 * waiting for the backing filesystem for some time gets EINTR; what the thread finds later is let go.
 */
import { closeSync } from 'node:fs';
import { createRequestBuffer } from '../../fuse/index.ts';
import type { RequestId } from '../../fuse/protocol/ids.ts';
import { FuseReply } from '../../fuse/protocol/reply.ts';
import { FuseRequest } from '../../fuse/protocol/request.ts';
import { IN_HEADER, OUT_HEADER } from '../../fuse/protocol/structs.ts';
import { DeviceStream } from '../../fuse/server/device-stream.ts';
import type { Transport } from '../../fuse/server/transport.ts';
import { write } from '../../host/files/descriptors.ts';
import { ERRNO } from '../../linux/errno.ts';
import { DATA, type Job, type JobResult } from './jobs.ts';
import type { BackingPool } from './pool.ts';

const { EINTR, EIO } = ERRNO;
/** Pages of the largest READ and WRITE. */
export const MOST_PAGES = 256;
/** Milliseconds that an interrupted caller waits for an answer that may come any moment. */
const PATIENCE_MS = 2000;

/** A request that is being answered. */
export interface Asked {
  /** Of the request, IN_HEADER. */
  readonly header: Buffer;
  readonly unique: RequestId;
  answered: boolean;
  timer: NodeJS.Timeout | undefined;
  /** Takes back what no thread has begun with. */
  withdraw: (() => boolean) | undefined;
  /** Has a thread begun, or is to begin, with a job for it? */
  working: boolean;
  /** Called when it is answered and no thread works for it any more. */
  readonly ends: (() => void)[];
}

/** Writes the body and returns its length; or an errno (positive, 0 = success without a body); or: it is answered already, or never. */
export type RequestAnswer = ((reply: FuseReply) => number) | number | 'none';

/** Handles a request in place. What comes later is given to `Asked`. */
export type Serve = (request: FuseRequest, asked: Asked) => RequestAnswer | Promise<RequestAnswer>;

export class BackedConnection implements Transport {
  readonly ended: Promise<string>;
  readonly #reply = new FuseReply();
  readonly #pool: BackingPool;
  readonly #device: number;
  readonly #buffer = createRequestBuffer(MOST_PAGES);
  readonly #request = new FuseRequest(this.#buffer);
  readonly #running = new Map<RequestId, Asked>();
  readonly #onTrace: (text: string) => void;
  readonly #serving: () => Serve;
  #serve: Serve = () => EIO;
  #stream: DeviceStream | undefined;
  #end: (reason: string) => void = () => {};

  /**
   * @param device /dev/fuse, O_NONBLOCK; ours from now on.
   * @param serving makes what handles requests, once there may be some.
   */
  constructor(device: number, pool: BackingPool, onTrace: (text: string) => void, serving: () => Serve) {
    this.#device = device;
    this.#serving = serving;
    this.#pool = pool;
    this.#onTrace = onTrace;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Once the mount has succeeded. */
  start(): void {
    this.#serve = this.#serving();
    this.#stream = new DeviceStream(this.#device, this.#buffer, {
      request: (length) => this.#take(length),
      end: (reason) => {
        for (const { timer } of this.#running.values()) clearTimeout(timer);
        this.#end(reason);
      },
    });
  }

  close(): void {
    if (this.#stream !== undefined) this.#stream.close();
    else {
      closeSync(this.#device);
      this.#end('closed');
    }
  }

  /**
   * Has a thread do a job for a request. `use` takes what it needs of the result and of the memory at once; it is not
   * called for a request that was answered meanwhile.
   */
  work<T>(asked: Asked, job: Job, use: (result: JobResult, memory: Uint8Array) => T, data?: Uint8Array): Promise<T> {
    return new Promise((resolve, reject) => {
      if (asked.answered) return;
      asked.working = true;
      const waiting = this.#pool.run(
        job,
        (result, memory) => {
          asked.withdraw = undefined;
          asked.working = false;
          if (asked.answered) {
            this.#letGo(job, result);
            this.#ended(asked);
            return;
          }
          try {
            resolve(use(result, memory));
          } catch (error) {
            reject(error);
          }
        },
        data,
      );
      asked.withdraw = () => this.#pool.withdraw(waiting);
    });
  }

  /** Nobody waits for it. */
  later(job: Job): void {
    this.#pool.run(job, () => {});
  }

  /** INTERRUPT */
  interrupt(unique: RequestId): void {
    const asked = this.#running.get(unique);
    if (asked === undefined || asked.timer !== undefined) return;
    asked.timer = setTimeout(() => {
      if (asked.answered) return;
      if (asked.withdraw?.() === true) asked.working = false;
      this.#send(asked, EINTR);
    }, PATIENCE_MS);
  }

  /** Answers with content that lies in a thread's memory at DATA. */
  answerData(asked: Asked, memory: Uint8Array, length: number): 'none' {
    const start = DATA - OUT_HEADER.size;
    const message = Buffer.from(memory.buffer, memory.byteOffset + start, OUT_HEADER.size + length);
    message.writeUInt32LE(message.length, OUT_HEADER.at.len);
    message.writeInt32LE(0, OUT_HEADER.at.error);
    asked.header.copy(message, OUT_HEADER.at.unique, IN_HEADER.at.unique, IN_HEADER.at.unique + 8);
    this.#answer(asked, message);
    return 'none';
  }

  #take(length: number): void {
    const request = this.#request;
    if (!request.accept(length)) {
      this.#onTrace(`not a FUSE request: ${length} bytes`);
      return;
    }
    const header = Buffer.from(this.#buffer.subarray(0, IN_HEADER.size));
    const { opcode, unique } = request;
    const fresh = { answered: false, timer: undefined, withdraw: undefined, working: false };
    const asked: Asked = { header, unique, ...fresh, ends: [] };
    const failed = (error: unknown): void => {
      this.#onTrace(`request ${opcode}: ${error instanceof Error ? error.stack : String(error)}`);
      this.#send(asked, EIO);
    };
    try {
      const answer = this.#serve(request, asked);
      if (!(answer instanceof Promise)) {
        this.#send(asked, answer);
        return;
      }
      this.#running.set(asked.unique, asked);
      answer.then((late) => this.#send(asked, late), failed);
    } catch (error) {
      failed(error);
    }
  }

  #send(asked: Asked, answer: RequestAnswer): void {
    if (asked.answered) return;
    if (answer === 'none') {
      // FORGET and its like.
      this.#settle(asked);
      return;
    }
    const [error, body] = typeof answer === 'number' ? [answer, 0] : [0, answer(this.#reply)];
    const length = this.#reply.finish(asked.header, error, body);
    this.#answer(asked, this.#reply.buffer.subarray(0, length));
  }

  #answer(asked: Asked, message: Buffer): void {
    if (asked.answered) return;
    this.#settle(asked);
    // ENOENT: the caller does not wait any more. Others: the connection has ended.
    if (this.#stream?.open === true) write(this.#stream.fd, message, message.length);
  }

  #settle(asked: Asked): void {
    asked.answered = true;
    clearTimeout(asked.timer);
    this.#running.delete(asked.unique);
    if (!asked.working) this.#ended(asked);
  }

  #ended({ ends }: Asked): void {
    for (const end of ends.splice(0)) end();
  }

  /** Of the device; it is meant for what threads do with it while requests are answered. */
  get device(): number {
    return this.#stream?.fd ?? this.#device;
  }

  #letGo(job: Job, { result, found, backing }: JobResult): void {
    const opened = (job.op === 'open' || job.op === 'create') && result >= 0 ? [result] : [];
    const fds = [...opened, ...(found === undefined ? [] : [found])];
    if (fds.length > 0) this.later({ op: 'close', fds });
    if (backing !== undefined && backing > 0) this.later({ op: 'unback', device: this.device, backing });
  }
}
