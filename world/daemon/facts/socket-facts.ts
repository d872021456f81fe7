/**
 * Sockets of processes, and what those of UNIX are connected to, as lsm/framework/labels/peers.ts wants to know them.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import { UnixDiagnosis, type UnixSocket } from '../../../host/sockets/unix-diag.ts';
import { E, type Result } from '../../../linux/errno.ts';
import type { SocketPair } from '../../../lsm/framework/events.ts';
import type { Peers } from '../../../lsm/framework/labels/peers.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { PeerQuestion } from '../../supervisor/protocol/backend.ts';

/** Answers that are kept at most; then they are asked for again. */
const LIMIT = 16_384;

export class SocketFacts {
  readonly #diagnosis = new UnixDiagnosis();
  /** What stays as it is: a connected socket, and (`undefined`) what is no UNIX socket. */
  readonly #known = new Map<number, UnixSocket | undefined>();

  /** What a socket is connected to, both by inode number; 0 = that cannot be told. `tid`: thread whose network namespace it is in. */
  peerOf(socket: number, tid: number): number {
    return this.#diagnosis.look([socket], tid)[0]?.peer ?? 0;
  }

  /** What a UNIX socket is bound to. */
  addressOf(socket: number, tid: number): string | undefined {
    return this.#diagnosis.look([socket], tid)[0]?.address;
  }

  /** What the stack says of the other end of a socket. */
  peer(peers: Peers, { what, family, type, labelled, socket, peer }: PeerQuestion, caller: Caller): Result<Uint8Array> {
    const refused = peers.refused({ family, type }, caller);
    if (refused !== undefined) return refused;
    if (!labelled) return what === 'context' ? E.EINVAL : E.ENOPROTOOPT;
    return peers[what](peer && { ...peer, socket, peer: this.peerOf(socket, caller.tid) }, caller);
  }

  /** Those that the process has open. */
  of(tgid: number): SocketPair[] {
    const sockets = socketsOf(tgid);
    const asked = sockets.filter((socket) => !this.#known.has(socket));
    const answers = this.#diagnosis.look(asked, tgid);
    if (this.#known.size + asked.length > LIMIT) this.#known.clear();
    const fresh = new Map(asked.map((socket, index) => [socket, answers[index]]));
    for (const [socket, answer] of fresh) if (answer?.peer !== 0) this.#known.set(socket, answer);
    return sockets.map((socket) => {
      const found = fresh.get(socket) ?? this.#known.get(socket);
      return { socket, ...(found ?? { peer: 0 }) };
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
