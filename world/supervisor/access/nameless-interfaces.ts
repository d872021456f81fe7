/** Network interfaces of user space whose names the kernel has chosen, until somebody asks about one. */

/** That are remembered at most. */
const NAMELESS = 64;

/** By the descriptors with which they were made, as files of fdinfo. */
export class NamelessInterfaces {
  readonly #files = new Map<string, string>();

  /** @param file of fdinfo. @param network the namespace. @returns what stands for its name. */
  add(file: string, network: string): string {
    const [oldest] = this.#files.keys();
    if (this.#files.size >= NAMELESS && oldest !== undefined) this.#files.delete(oldest);
    this.#files.delete(file);
    this.#files.set(file, network);
    return `${network} ${file}`;
  }

  /** Is one of them this? @param read a file of fdinfo. */
  find(network: string, name: string, read: (file: string) => string | undefined): string | undefined {
    for (const [file, its] of this.#files) {
      if (its !== network || interfaceIn(read(file)) !== name) continue;
      this.#files.delete(file);
      return `${network} ${file}`;
    }
    return undefined;
  }
}

/** tun_chr_show_fdinfo() */
export function interfaceIn(fdinfo: string | undefined): string | undefined {
  return /^iff:\t(.+)$/m.exec(fdinfo ?? '')?.[1];
}
