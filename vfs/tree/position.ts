/**
 * Translates the offsets of a transport whose kernel moves the file position on every write into those the emulated kernel's own file
 * would have seen.
 *
 * Many pseudo-files do not touch the position in their write function, so "write, then read" on one descriptor reads from 0. A FUSE
 * kernel moves the position for writes too and shows us only the offset of each transfer. So per open we remember pairs (where the
 * transport's position would be, where the real one would be). A transfer at a remembered transport position is sequential and continues
 * at the real one; it also proves that pair, and the others are forgotten. Any other offset is what it says: a pread/pwrite, which leaves
 * the position alone, or the first transfer after an lseek, which does not; so its pair is added as a possibility.
 * Limit: a positional transfer (or lseek) to exactly a remembered transport position counts as sequential.
 */
interface Pair {
  readonly transport: number;
  readonly file: number;
}

/** Possibilities kept besides the proven pair. More are needed only by programs that mix that many unconfirmed positional writes. */
const POSSIBILITIES = 16;

export class PositionTracker {
  readonly #writeMoves: boolean;
  #proven: Pair = { transport: 0, file: 0 };
  #possible: Pair[] = [];
  /** Where the next part of a split write(2) would arrive, and where it belongs. */
  #continuation: Pair | undefined;

  constructor(writeMovesPosition: boolean) {
    this.#writeMoves = writeMovesPosition;
  }

  /** The real file offset of a transfer that the transport places at `offset`. */
  locate(kind: 'read' | 'write', offset: number): number {
    if (kind === 'write' && this.#continuation?.transport === offset) return this.#continuation.file;
    return this.#find(offset)?.file ?? offset;
  }

  /** May the descriptor have come to this place by itself? Otherwise the transfer has a position of its own, or follows an lseek. */
  isReached(offset: number): boolean {
    return this.#continuation?.transport === offset || this.#find(offset) !== undefined;
  }

  /**
   * That transfer succeeded with `count` bytes. `mayContinue` (writes): it may be a part of a larger write(2), see Position.
   */
  advance(kind: 'read' | 'write', offset: number, count: number, mayContinue = false): void {
    const moves = kind === 'read' || this.#writeMoves;
    const located = this.locate(kind, offset);
    const known = this.#find(offset);
    const start = known?.file ?? offset;
    const next = { transport: offset + count, file: moves ? start + count : start };
    this.#continuation = mayContinue ? { transport: offset + count, file: located + count } : undefined;
    if (known !== undefined) {
      this.#proven = next;
      this.#possible = [];
    } else {
      this.#possible = [...this.#possible.slice(1 - POSSIBILITIES), next];
    }
  }

  #find(offset: number): Pair | undefined {
    // The latest wins when several meet at one offset: a reader that seeks back to the beginning goes on from where it then is.
    const possible = this.#possible.findLast((pair) => pair.transport === offset);
    return possible ?? (this.#proven.transport === offset ? this.#proven : undefined);
  }
}
