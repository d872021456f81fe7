/**
 * UNIX sockets of processes, with the sockets they are connected to, as lsm/core/peers.ts wants to know them.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import type { SocketPair } from '../../lsm/core/events.ts';
import { UnixDiagnosis } from '../sys/unix-diag.ts';

/** Answers that are kept at most; then they are asked for again. */
const LIMIT = 16_384;

export class SocketFacts {
  readonly #diagnosis = new UnixDiagnosis();
  /** What stays as it is: the peer of a connected socket, and (negative) that one is no UNIX socket. */
  readonly #known = new Map<number, number>();

  /** A socket and what it is connected to, both by inode number. `tid`: thread whose network namespace they are in. */
  pair(socket: number, tid: number): SocketPair {
    const [peer = 0] = this.#diagnosis.peersOf([socket], tid);
    return { socket, peer: Math.max(0, peer) };
  }

  /** Those that the process has open. */
  of(tgid: number): SocketPair[] {
    const sockets = socketsOf(tgid);
    this.#learn(
      sockets.filter((socket) => !this.#known.has(socket)),
      tgid,
    );
    return sockets.flatMap((socket) => {
      const peer = this.#known.get(socket) ?? 0;
      return peer < 0 ? [] : [{ socket, peer }];
    });
  }

  #learn(sockets: readonly number[], tgid: number): void {
    const peers = this.#diagnosis.peersOf(sockets, tgid);
    if (this.#known.size + sockets.length > LIMIT) this.#known.clear();
    sockets.forEach((socket, index) => {
      const peer = peers[index] ?? 0;
      if (peer !== 0) this.#known.set(socket, peer);
    });
  }

  close(): void {
    this.#diagnosis.close();
  }
}

/** Inode numbers of all sockets of a process. Links are read, not followed. */
function socketsOf(tgid: number): number[] {
  const directory = `/proc/${tgid}/fd`;
  return namesIn(directory).flatMap((fd) => {
    const match = /^socket:\[(\d+)\]$/.exec(linkText(`${directory}/${fd}`));
    return match === null ? [] : [Number(match[1])];
  });
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // The process is gone.
  }
}

function linkText(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // Closed in between.
  }
}
