/** Compiled profiles with other modes than they were written with. */
import { bytesOf } from '../../../../linux/bytes.ts';
import { PROFILE_MODES, type ProfileMode } from '../mode.ts';

/** From the name `flags` of a profile to its mode: a NUL, the beginning of a struct, another number, a type. */
const TO_MODE = 'flags\0'.length + 1 + 5 + 1;

/** @returns the stream, in which this profile has that mode. */
export function inMode(policy: Uint8Array, profile: string, mode: ProfileMode): Uint8Array {
  const stream = Buffer.from(policy);
  const name = bytesOf(`\x05${String.fromCharCode(profile.length + 1)}\0${profile}\0`);
  const flags = stream.indexOf('flags\0', stream.indexOf(name));
  stream.writeUInt32LE(PROFILE_MODES.indexOf(mode), flags + TO_MODE);
  return Uint8Array.from(stream);
}
