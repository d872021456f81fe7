/**
 * The promise form of the facade. Everything in the tree is synchronous, so these only change how errors arrive; `readFile` is the one
 * that really waits, for files whose reads may have to (event nodes).
 */

import { type EncodingOption, encodingOf, type PathLike, type WriteFileOptions } from './facade-arguments.ts';
import type { Dirent, Stats } from './facade-stats.ts';

const CHUNK = 64 * 1024;

/** The operations behind the promises. */
interface SynchronousFacade {
  openSync(path: PathLike, flags: string): number;
  closeSync(fd: number): void;
  read(fd: number, length: number): Promise<Uint8Array>;
  writeFileSync(path: PathLike, data: string | Uint8Array, options?: WriteFileOptions | BufferEncoding): void;
  readdirSync(path: PathLike, options?: { readonly withFileTypes?: boolean }): string[] | Dirent[];
  statSync(path: PathLike): Stats;
  lstatSync(path: PathLike): Stats;
  readlinkSync(path: PathLike): string;
  mkdirSync(path: PathLike, options?: { readonly mode?: number } | number): void;
  rmdirSync(path: PathLike): void;
  unlinkSync(path: PathLike): void;
  renameSync(from: PathLike, to: PathLike): void;
  symlinkSync(target: PathLike, path: PathLike): void;
  chmodSync(path: PathLike, mode: number): void;
  chownSync(path: PathLike, uid: number, gid: number): void;
  accessSync(path: PathLike, mode?: number): void;
}

export class FacadePromises {
  readonly #fs: SynchronousFacade;

  constructor(fs: SynchronousFacade) {
    this.#fs = fs;
  }

  async readFile(path: PathLike, encoding?: EncodingOption): Promise<Buffer | string> {
    const fd = this.#fs.openSync(path, 'r');
    try {
      const chunks: Uint8Array[] = [];
      for (let data = await this.#fs.read(fd, CHUNK); data.length > 0; data = await this.#fs.read(fd, CHUNK)) {
        chunks.push(Uint8Array.from(data));
      }
      const content = Buffer.concat(chunks);
      const wanted = encodingOf(encoding);
      return wanted === undefined ? content : content.toString(wanted);
    } finally {
      this.#fs.closeSync(fd);
    }
  }

  async writeFile(path: PathLike, data: string | Uint8Array, options?: WriteFileOptions | BufferEncoding) {
    this.#fs.writeFileSync(path, data, options);
  }
  async readdir(path: PathLike, options?: { readonly withFileTypes?: boolean }): Promise<string[] | Dirent[]> {
    return this.#fs.readdirSync(path, options);
  }
  async stat(path: PathLike): Promise<Stats> {
    return this.#fs.statSync(path);
  }
  async lstat(path: PathLike): Promise<Stats> {
    return this.#fs.lstatSync(path);
  }
  async readlink(path: PathLike): Promise<string> {
    return this.#fs.readlinkSync(path);
  }
  async mkdir(path: PathLike, options?: { readonly mode?: number } | number): Promise<void> {
    this.#fs.mkdirSync(path, options);
  }
  async rmdir(path: PathLike): Promise<void> {
    this.#fs.rmdirSync(path);
  }
  async unlink(path: PathLike): Promise<void> {
    this.#fs.unlinkSync(path);
  }
  async rename(from: PathLike, to: PathLike): Promise<void> {
    this.#fs.renameSync(from, to);
  }
  async symlink(target: PathLike, path: PathLike): Promise<void> {
    this.#fs.symlinkSync(target, path);
  }
  async chmod(path: PathLike, mode: number): Promise<void> {
    this.#fs.chmodSync(path, mode);
  }
  async chown(path: PathLike, uid: number, gid: number): Promise<void> {
    this.#fs.chownSync(path, uid, gid);
  }
  async access(path: PathLike, mode?: number): Promise<void> {
    this.#fs.accessSync(path, mode);
  }
}
