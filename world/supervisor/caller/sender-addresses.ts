/**
 * The address of the sender of what a caller is about to receive from one of our sockets, as that of the kernel.
 *
 * Model: move_addr_to_user(). The host's kernel fills the caller's room for an address when the message is there, with as much of the
 * real one as fits, and then stores its length, which is that of a struct sockaddr_nl (host/sockets/seqpacket.ts). So the address that the
 * caller is to see is put there beforehand, and the room that it says it has is set to 0. A call that ends without a message leaves that 0
 * behind; when the caller tries again with it, it means what it was before.
 */
import { InstantPoll } from '../../../host/files/poll.ts';
import type { RemoteMemory } from '../../../host/memory/remote-memory.ts';
import type { Tid } from '../../../linux/ids.ts';

/** Calls that may have ended without a message. */
const REMEMBERED = 1024;
/** Of an int. */
const LENGTH_SIZE = 4;

const low = (address: bigint): number => Number(BigInt.asUintN(32, address));
const high = (address: bigint): number => Number(address >> 32n);

/** Room for an address in the caller's memory. */
export interface AddressRoom {
  readonly place: bigint;
  /** Of an int: how much fits there. */
  readonly length: bigint;
  /** There is no message yet: the call may end without one. */
  readonly waits: boolean;
}

export class SenderAddresses {
  /** Tells whether there is a message. */
  readonly poll = new InstantPoll();
  readonly #memory: Pick<RemoteMemory, 'copy' | 'write'>;
  /** By thread and place: how much room there was. */
  readonly #rooms = new Map<string, number>();

  constructor(memory: Pick<RemoteMemory, 'copy' | 'write'>) {
    this.#memory = memory;
  }

  /** Nothing happens where it cannot be written. */
  put(tid: Tid, { place, length, waits }: AddressRoom, address: Uint8Array): void {
    const told = this.#memory.copy(tid, low(length), high(length), LENGTH_SIZE);
    if (told === undefined) return;
    const key = `${tid} ${length}`;
    const room = new DataView(told.buffer).getInt32(0, true) || (this.#rooms.get(key) ?? 0);
    this.#rooms.delete(key);
    if (room <= 0) return;
    if (!parts(place, address.subarray(0, room), length).every(([at, data]) => this.#write(tid, at, data))) return;
    if (!waits) return;
    this.#rooms.set(key, room);
    const [oldest] = this.#rooms.keys();
    if (this.#rooms.size > REMEMBERED && oldest !== undefined) this.#rooms.delete(oldest);
  }

  #write(tid: Tid, place: bigint, data: Uint8Array): boolean {
    return this.#memory.write(tid, low(place), high(place), data);
  }
}

/** What is to be written where: in one piece if the length is next to the address, as it is on the stack of most programs. */
function parts(place: bigint, address: Uint8Array, length: bigint): readonly (readonly [bigint, Uint8Array])[] {
  const none = new Uint8Array(LENGTH_SIZE);
  if (length + BigInt(none.length) === place) return [[length, Buffer.concat([none, address])]];
  if (place + BigInt(address.length) === length) return [[place, Buffer.concat([address, none])]];
  return [
    [place, address],
    [length, none],
  ];
}
