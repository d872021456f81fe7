/**
 * Labels that callers have in a world, asked of its daemon before each request: they change with every exec, and only it is told.
 *
 * The thread that serves waits for nobody: answers come in the order of questions, and a request whose question is not answered can be
 * interrupted. Who is no member of the world is whatever he is without it.
 */
import { createConnection, type Socket } from 'node:net';
import type { Tid } from '../../linux/ids.ts';
import type { LabelsByModule } from '../../lsm/framework/labels/carried.ts';
import type { ControlReply, ControlRequest } from '../protocol/messages.ts';

type Answered = (labels: LabelsByModule | undefined) => void;

export class WorldLabels {
  /** The world has ended, or does not understand us. */
  readonly ended: Promise<void>;
  readonly #socket: Socket;
  readonly #asked: Answered[] = [];
  #text = '';

  /** @param control the daemon's socket. */
  constructor(control: string) {
    const socket = createConnection(control);
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('error', () => socket.destroy());
    socket.on('data', (part: string) => this.#receive(part));
    this.ended = new Promise((resolve) => {
      socket.on('close', () => {
        for (const answered of this.#asked.splice(0)) answered(undefined);
        resolve();
      });
    });
  }

  /** `undefined`: it is none of the world's. */
  of(tid: Tid): Promise<LabelsByModule | undefined> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) {
        resolve(undefined);
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
      if (reply.kind === 'labels') this.#asked.shift()?.(reply.labels);
      else this.#socket.destroy();
    }
  }
}
