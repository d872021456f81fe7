/**
 * Keys that the host's kernel keeps for the user that this process runs as: those in `@u`.
 *
 * Most keys can be read by who possesses them alone: who can find them from keyrings of its own (keyrings(7)). So the
 * calling thread links the user's keyring to its own for the time of a look.
 */
import { KEY_SPEC, KEYCTL } from '../../linux/keyctl.ts';
import { NR } from '../libc.ts';
import { allocateNative, putString } from '../memory/native-memory.ts';
import { rawSyscall } from '../raw-syscall.ts';

/** Room for a type, a description and a payload. */
const TYPE = 0;
const DESCRIPTION = 64;
const PAYLOAD = 4096;
const SIZE = 2 * 4096;

/**
 * Finds a key in `@u` and the keyrings in it.
 * @returns its payload as KEYCTL_READ gives it, `undefined` where there is none that may be read.
 */
export type ReadUserKey = (type: string, description: string) => Uint8Array | undefined;

/** @returns what `look` returns; `undefined` where keys are not to be had. Nobody is asked to make a key. */
export function withUserKeys<T>(look: (read: ReadUserKey) => T): T | undefined {
  const memory = allocateNative(SIZE);
  const keyctl = (operation: number, ...values: readonly number[]): number =>
    rawSyscall(NR.keyctl, operation, ...values);
  const read: ReadUserKey = (type, description) => {
    if (description.length >= PAYLOAD - DESCRIPTION) return undefined;
    const names = [putString(memory, TYPE, type), putString(memory, DESCRIPTION, description)] as const;
    const serial = keyctl(KEYCTL.SEARCH, KEY_SPEC.USER, ...names, 0);
    if (serial < 0) return undefined;
    const length = keyctl(KEYCTL.READ, serial, memory.address + PAYLOAD, SIZE - PAYLOAD);
    if (length < 0 || length > SIZE - PAYLOAD) return undefined;
    return Uint8Array.from(memory.bytes.subarray(PAYLOAD, PAYLOAD + length));
  };
  if (keyctl(KEYCTL.LINK, KEY_SPEC.USER, KEY_SPEC.THREAD) < 0) return undefined;
  try {
    return look(read);
  } finally {
    keyctl(KEYCTL.UNLINK, KEY_SPEC.USER, KEY_SPEC.THREAD);
    memory.bytes.fill(0);
  }
}
