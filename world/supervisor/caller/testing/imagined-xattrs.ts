import { ERRNO } from '../../../../linux/errno.ts';
import type { HostXattrs } from '../own-xattrs.ts';
import type { ImaginedFiles, ImaginedInode } from './imagined-files.ts';

/** Attributes of imagined files. */
export class ImaginedXattrs implements HostXattrs {
  readonly #files: ImaginedFiles;
  readonly stored = new Map<ImaginedInode, Map<string, string>>();
  /** Names whose values were read. */
  readonly read: string[] = [];
  /** Negative: all that is asked fails with it. */
  refusal = 0;

  constructor(files: ImaginedFiles) {
    this.#files = files;
  }

  list(fd: number): string[] | number {
    return this.refusal !== 0 ? this.refusal : [...this.#of(fd).keys()];
  }
  listOfDirectory(fd: number): string[] | number {
    return this.list(fd);
  }
  get(fd: number, name: string): string | undefined {
    this.read.push(name);
    return this.#of(fd).get(name);
  }
  set(fd: number, name: string, value: Uint8Array): number {
    if (this.refusal === 0) this.#of(fd).set(name, Buffer.from(value).toString('latin1'));
    return this.refusal;
  }
  remove(fd: number, name: string): number {
    if (this.refusal !== 0) return this.refusal;
    return this.#of(fd).delete(name) ? 0 : -ERRNO.ENODATA;
  }

  #of(fd: number): Map<string, string> {
    const inode = this.#files.at(fd);
    if (inode === undefined) throw new RangeError(`${fd} is not open`);
    const values = this.stored.get(inode) ?? new Map<string, string>();
    this.stored.set(inode, values);
    return values;
  }
}
