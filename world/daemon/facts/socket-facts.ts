/**
 * Sockets of processes, and the peers of UNIX sockets, for lsm/framework/labels/peers.ts.
 */
import { OpenSockets } from '../../../host/procfs/open-sockets.ts';
import { UnixDiagnosis, type UnixSocket } from '../../../host/sockets/unix-diag.ts';
import { E, type Result } from '../../../linux/errno.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { SocketPair } from '../../../lsm/framework/events.ts';
import type { Peers } from '../../../lsm/framework/labels/peers.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { PeerQuestion } from '../../supervisor/protocol/backend.ts';

/** Limit of remembered answers. */
const LIMIT = 16_384;

export class SocketFacts {
  readonly #diagnosis: Pick<UnixDiagnosis, 'look' | 'close'>;
  /** Facts that cannot change: peers of connected sockets, and (`undefined`) sockets of other families. */
  readonly #known = new Map<number, UnixSocket | undefined>();
  readonly #open: OpenSockets;

  constructor(diagnosis: Pick<UnixDiagnosis, 'look' | 'close'> = new UnixDiagnosis()) {
    this.#open = new OpenSockets();
    this.#diagnosis = diagnosis;
  }

  /** Peer of a socket, both by inode number; 0 = not known. `tid`: a thread in the socket's network namespace. */
  peerOf(socket: number, tid: Tid): number {
    return this.#diagnosis.look([socket], tid)[0]?.peer ?? 0;
  }

  /** What a UNIX socket is bound to. */
  addressOf(socket: number, tid: Tid): string | undefined {
    return this.#diagnosis.look([socket], tid)[0]?.address;
  }

  /** The stack's answer about the peer of a socket. */
  peer(
    peers: Peers,
    { what, family, type, labelled, asked, socket, peer }: PeerQuestion,
    caller: Caller,
  ): Result<Uint8Array> {
    const refused = asked === true ? undefined : peers.refused({ family, type }, caller);
    if (refused !== undefined) return refused;
    if (!labelled) return what === 'context' ? E.EINVAL : E.ENOPROTOOPT;
    return peers[what](peer && { ...peer, socket, peer: this.peerOf(socket, caller.tid) }, caller);
  }

  /** Open sockets of the thread: others of its process may have descriptors of their own, and the first one may have ended. */
  of(tid: Tid): SocketPair[] {
    const sockets = this.#open.of(tid);
    const asked = sockets.filter((socket) => !this.#known.has(socket));
    const answers = this.#diagnosis.look(asked, tid);
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
