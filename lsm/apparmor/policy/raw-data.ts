/** A policy blob as it was written, kept as long as there is a profile that came from it. */
export class RawData {
  /** Directory below raw_data/: the namespace's revision before the load. */
  readonly name: string;
  /** The namespace's revision after the load, or the latest load of the same bytes. */
  revision: number;
  readonly bytes: Uint8Array;
  /** Kernel ABI of the stream's last header: `v<abi>` in `abi`. */
  readonly abi: number;
  /** Stays whatever becomes of its profiles: the kernel loses count of what it holds after some loads. */
  pinned = false;
  /** SHA-256 in lower-case hex. */
  readonly sha256: string;

  constructor(data: { name: string; revision: number; bytes: Uint8Array; abi: number; sha256: string }) {
    this.name = data.name;
    this.revision = data.revision;
    this.bytes = data.bytes;
    this.abi = data.abi;
    this.sha256 = data.sha256;
  }
}
