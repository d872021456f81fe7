/**
 * Learning that a descriptor has something to be read, in Node's event loop and without reading it: by SIGIO.
 *
 * An alarm rings once and has to be set again, so that the owner of a busy descriptor decides how often it is woken.
 * It may ring when nothing is to be read: another call has read it already, or the signal was about another descriptor.
 * To ignore that signal would be no better where others read: O_ASYNC stays set, and each further input would send one more.
 */

import { F_SETFL, F_SETOWN, O_ASYNC, O_NONBLOCK } from '../../linux/fcntl.ts';
import { POLLERR, POLLIN } from '../../linux/poll.ts';
import { libcFunction } from '../libc.ts';
import { InstantPoll } from './poll.ts';

const fcntl = libcFunction('fcntl', ['int', 'int', 'int']);

export class InputAlarm {
  readonly #fd: number;
  readonly #wake: () => void;
  readonly #poll = new InstantPoll();
  #set = false;

  /**
   * @param fd that does not block; to be open for as long as the process lives
   * @param onlyReader nobody else reads it: then a signal without input was about another descriptor, and is ignored
   */
  constructor(fd: number, wake: () => void, onlyReader = false) {
    this.#fd = fd;
    this.#wake = wake;
    // For good: unheard, it would end us.
    process.on('SIGIO', () => {
      if (!onlyReader || (this.#set && this.#hasInput())) this.#ring();
    });
    fcntl(fd, F_SETOWN, process.pid);
  }

  /** Calls back at the next input, soon if there is some already. */
  set(): void {
    if (this.#set) return;
    this.#set = true;
    fcntl(this.#fd, F_SETFL, O_NONBLOCK | O_ASYNC);
    setImmediate(() => {
      if (this.#hasInput()) this.#ring();
    });
  }

  #hasInput(): boolean {
    return this.#poll.events(this.#fd, POLLIN | POLLERR) !== 0;
  }

  #ring(): void {
    if (!this.#set) return;
    this.#set = false;
    fcntl(this.#fd, F_SETFL, O_NONBLOCK);
    this.#wake();
  }
}
