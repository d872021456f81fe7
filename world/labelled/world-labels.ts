/**
 * Labels that callers have in a world, asked of its daemon before each request: they change with every exec, and only it is told.
 *
 * The thread that serves waits for nobody: answers come in the order of questions, and a request whose question is not answered can be
 * interrupted. Who is no member of the world is whatever he is without it.
 */
import type { Socket } from 'node:net';
import type { Tid } from '../../linux/ids.ts';
import type { LabelsByModule } from '../../lsm/framework/labels/carried.ts';
import type { ControlReply, ControlRequest } from '../protocol/messages.ts';

/** `undefined`: it is none of the world's. `lost`: the daemon that was asked has ended. */
type Labels = LabelsByModule | undefined | 'lost';
type Answered = (labels: Labels) => void;

export class WorldLabels {
  /** The world has ended. */
  readonly ended: Promise<void>;
  readonly #socket: Socket;
  readonly #asked: Answered[] = [];
  #text = '';

  /** @param socket connected to the daemon. */
  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('error', () => socket.destroy());
    socket.on('data', (part: string) => this.#receive(part));
    this.ended = new Promise((resolve) => {
      socket.on('close', () => {
        for (const answered of this.#asked.splice(0)) answered('lost');
        resolve();
      });
    });
  }

  of(tid: Tid): Promise<Labels> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) {
        resolve('lost');
        return;
      }
      this.#asked.push(resolve);
      this.#socket.write(`${JSON.stringify({ kind: 'labels', thread: tid } satisfies ControlRequest)}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(part: string): void {
    const lines = (this.#text + part).split('\n');
    this.#text = lines.pop() ?? '';
    for (const line of lines) {
      const reply = JSON.parse(line) as ControlReply;
      // A daemon without a world yet, or of another version, has failed to answer this question alone.
      this.#asked.shift()?.(reply.kind === 'labels' ? reply.labels : undefined);
    }
  }
}
