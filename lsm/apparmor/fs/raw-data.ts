/**
 * policy/raw_data/<revision>/: a policy as it was loaded.
 *
 * Source: __aa_fs_create_rawdata() of security/apparmor/apparmorfs.c.
 */

import { E } from '../../../linux/errno.ts';
import { type InodeInit, PseudoFile, readWhole, TextFile } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Attributes, Directory } from '../../../vfs/tree/node.ts';
import type { RawData } from '../policy/index.ts';
import type { ApparmorfsContext } from './context.ts';
import { type LiveContent, LiveDirectory } from './live-directory.ts';

export class RawDataDirectories {
  readonly #context: ApparmorfsContext;
  readonly #nodes = new WeakMap<RawData, Directory>();

  constructor(context: ApparmorfsContext) {
    this.#context = context;
  }

  content(stored: () => readonly RawData[]): LiveContent {
    return {
      list: () => stored().map((data) => ({ name: data.name, directory: true, node: () => this.#of(data, stored) })),
      find: (name) => {
        const data = stored().find((candidate) => candidate.name === name);
        return data && this.#of(data, stored);
      },
      directories: () => stored().length,
    };
  }

  #of(data: RawData, stored: () => readonly RawData[]): Directory {
    let node = this.#nodes.get(data);
    if (node === undefined) {
      node = this.#make(data, () => !stored().includes(data));
      this.#nodes.set(data, node);
    }
    return node;
  }

  #make(data: RawData, removed: () => boolean): Directory {
    const { security } = this.#context;
    const init = (mode: number): InodeInit => this.#context.init(mode, removed);
    const text = (name: string, value: () => string | number) => ({
      name,
      node: new TextFile(init(0o444), () => `${value()}\n`),
    });
    const entries = [
      { name: 'raw_data', node: new RawFile(init(0o444), data, (caller) => security.mayView(caller)) },
      text('compressed_size', () => data.compressedSize),
      text('sha256', () => data.sha256),
      text('revision', () => data.revision),
      text('abi', () => `v${data.abi}`),
    ].map(({ name, node }) => ({ name, directory: false, node: () => node }));
    return new LiveDirectory({ ...init(0o755), cache: 'dynamic' }, { list: () => entries });
  }
}

class RawFile extends PseudoFile {
  readonly #size: number;

  constructor(init: InodeInit, data: RawData, mayView: (caller: Caller) => boolean) {
    super(init, (_flags, caller) => {
      if (!mayView(caller)) return E.EACCES;
      const { bytes } = data;
      return { writeMovesPosition: false, read: readWhole(() => bytes) };
    });
    this.#size = data.size;
  }

  override attributes(caller: Caller): Attributes {
    return { ...super.attributes(caller), size: this.#size };
  }
}
