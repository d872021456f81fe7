/**
 * The node `policy`: an image of the loaded policy, taken at open.
 *
 * One open at a time (EBUSY). The size of the node is that of the last image, as stat shows it from the first open on. It can be mapped, so
 * transports keep its pages.
 */

import { slice } from '../../../linux/bytes.ts';
import { E, failed, type Result } from '../../../linux/errno.ts';
import { PseudoFile } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Handle } from '../../../vfs/tree/node.ts';
import type { SelinuxfsContext } from './context.ts';

const INO = 20;

export class PolicyFile extends PseudoFile {
  readonly #context: SelinuxfsContext;
  #isOpen = false;

  constructor(context: SelinuxfsContext) {
    // Its size changes with what is loaded.
    super({ ...context.init('/policy', INO, 0o444), cache: 'page', keepsAttributes: false }, (_flags, caller) =>
      this.#openImage(caller),
    );
    this.#context = context;
  }

  /** What is written has the length of what was loaded, whatever tool made that. */
  get mappableSize(): number {
    return this.#context.state.loaded?.state.db.image.length ?? 0;
  }

  #openImage(caller: Caller): Result<Handle> {
    const { state, check } = this.#context;
    const refused = check(caller, 'read_policy');
    if (refused !== undefined) return refused;
    if (this.#isOpen) return E.EBUSY;
    const image = state.dump();
    if (failed(image)) return image;
    this.#isOpen = true;
    this.updateAttributes({ size: image.length });
    return {
      writeMovesPosition: false,
      read: (length, at, reader) => check(reader, 'read_policy') ?? slice(image, length, at.offset),
      size: () => image.length,
      mmap: (writable) => (writable ? E.EACCES : undefined),
      release: () => {
        this.#isOpen = false;
      },
    };
  }
}
