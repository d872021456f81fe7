/**
 * Labels of remote hosts: the tables behind the nodes netlabel and ipv6host. An address is a byte string (4 or 16 of them).
 */
export interface LabelledHost {
  readonly address: string;
  /** Length of the prefix in bits. */
  readonly prefix: number;
  /** `undefined`: hosts whose packets bring their own label (netlabel), or an entry that was taken away (ipv6host). */
  readonly label: string | undefined;
}

export class HostTable {
  #hosts: readonly LabelledHost[] = [];

  /** Longest prefix first, and of the same length the oldest. */
  entries(): readonly LabelledHost[] {
    return this.#hosts;
  }

  remember(): () => void {
    const noted = this.#hosts;
    return () => {
      this.#hosts = noted;
    };
  }

  set(host: LabelledHost): void {
    const at = this.#hosts.findIndex(({ address, prefix }) => address === host.address && prefix === host.prefix);
    if (at >= 0) {
      this.#hosts = this.#hosts.with(at, host);
      return;
    }
    const shorter = this.#hosts.findIndex(({ prefix }) => prefix < host.prefix);
    this.#hosts = this.#hosts.toSpliced(shorter < 0 ? this.#hosts.length : shorter, 0, host);
  }
}
