/**
 * UNIX sockets of processes, with the sockets they are connected to, as lsm/core/peers.ts wants to know them.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import type { SocketPair } from '../../lsm/core/peers.ts';
import { UnixDiagnosis } from '../sys/unix-diag.ts';

export class SocketFacts {
  readonly #diagnosis = new UnixDiagnosis();

  /** A socket and what it is connected to, both by inode number. `tid`: thread whose network namespace they are in. */
  pair(socket: number, tid: number): SocketPair {
    return { socket, peer: Math.max(0, this.#diagnosis.peerOf(socket, tid)) };
  }

  /** Those that the process has open. */
  of(tgid: number): SocketPair[] {
    return socketsOf(tgid).flatMap((socket) => {
      const peer = this.#diagnosis.peerOf(socket, tgid);
      return peer < 0 ? [] : [{ socket, peer }]; // not a UNIX socket
    });
  }

  close(): void {
    this.#diagnosis.close();
  }
}

/** Inode numbers of all sockets of a process. Links are read, not followed. */
function socketsOf(tgid: number): number[] {
  const directory = `/proc/${tgid}/fd`;
  try {
    return readdirSync(directory).flatMap((fd) => {
      const match = /^socket:\[(\d+)\]$/.exec(readlinkSync(`${directory}/${fd}`));
      return match === null ? [] : [Number(match[1])];
    });
  } catch {
    return []; // It is gone, or a descriptor was closed by another of its threads.
  }
}
