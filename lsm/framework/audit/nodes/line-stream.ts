/**
 * Records as they come, in lines. A read waits for the next one, and gives as many whole lines as fit; of a line that is longer than the
 * read the rest is for the next.
 */
import { bytesOf } from '../../../../linux/bytes.ts';
import { POLLIN } from '../../../../linux/poll.ts';
import { type Handle, Pending } from '../../../../vfs/tree/node.ts';

export interface LineSource {
  /** The next line and no more than that; `undefined` = there is none yet. */
  next(): string | undefined;
  whenMore(wake: () => void): () => void;
  /** To be called when lines were taken for somebody who has not waited. */
  taken?(): void;
}

/** Reads and polls of a source of lines. */
export class LineStream {
  readonly #source: LineSource;
  #rest = '';
  #pollWait: (() => void) | undefined;

  constructor(source: LineSource) {
    this.#source = source;
  }

  read(length: number): Uint8Array | Pending<Uint8Array> {
    const text = this.#take(length);
    if (text !== '') {
      this.#source.taken?.();
      return bytesOf(text);
    }
    return new Pending((settle) => {
      let stop = (): void => undefined;
      const look = (): void => {
        const more = this.#take(length);
        if (more === '') stop = this.#source.whenMore(look);
        else settle(bytesOf(more));
      };
      stop = this.#source.whenMore(look);
      return { cancel: () => stop() };
    });
  }

  poll(wake: () => void): number {
    this.#pollWait?.();
    this.#pollWait = this.#source.whenMore(wake);
    this.#look();
    return this.#rest === '' ? 0 : POLLIN;
  }

  release(): void {
    this.#pollWait?.();
  }

  /** Has the next line at hand, where there is one. */
  #look(): void {
    if (this.#rest === '') this.#rest = this.#source.next() ?? '';
  }

  #take(length: number): string {
    this.#look();
    let text = '';
    while (this.#rest !== '' && text.length + this.#rest.length <= length) {
      text += this.#rest;
      this.#rest = '';
      this.#look();
    }
    if (text !== '') return text;
    text = this.#rest.slice(0, length);
    this.#rest = this.#rest.slice(length);
    return text;
  }
}

export function streamHandle(stream: LineStream, closed: () => void): Handle {
  return {
    writeMovesPosition: true,
    seekable: false,
    read: (length) => stream.read(length),
    poll: (wake) => stream.poll(wake),
    release: () => {
      stream.release();
      closed();
    },
  };
}
