/**
 * Signatures at the end of modules and kernels (CONFIG_MODULE_SIG_FORMAT): kernel/module_signature.c, ima_read_modsig().
 *
 * A file is its content, a PKCS#7 message, struct module_signature (u8 algorithm, hash, id type, length of the signer, length of the key
 * id, padding[3], u32 length of the message, big-endian) and a marker.
 */
import { bytesOf } from '../../../linux/bytes.ts';
import { LONGEST_MESSAGE } from '../keys/pkcs7.ts';

const MARKER = bytesOf('~Module signature appended~\n');
const HEADER = 12;
const ID_TYPE = 2;
const LENGTH = 8;
/** PKEY_ID_PKCS7 */
const PKCS7 = 2;

/** Bytes at the end of a file in which a signature is, if it has one. */
export const LONGEST_TRAILER = LONGEST_MESSAGE + HEADER + MARKER.length;

export interface AppendedSignature {
  /** Of what is signed, in bytes. */
  readonly size: number;
  /** PKCS#7 */
  readonly message: Uint8Array;
}

/** @param end the last bytes of the file, {@link LONGEST_TRAILER} if it has so many. @param size of the file. */
export function appendedSignature(end: Uint8Array, size: number): AppendedSignature | undefined {
  const marker = end.length - MARKER.length;
  const at = marker - HEADER;
  if (at <= 0 || !MARKER.every((byte, index) => byte === end[marker + index])) return undefined;
  const header = end.subarray(at, marker);
  const length = new DataView(end.buffer, end.byteOffset + at, HEADER).getUint32(LENGTH, false);
  if (header.subarray(0, LENGTH).some((byte, index) => byte !== (index === ID_TYPE ? PKCS7 : 0))) return undefined;
  // A whole file that is a signature is none: mod_check_sig().
  const signed = size - MARKER.length - HEADER - length;
  if (length > at || signed <= 0) return undefined;
  return { size: signed, message: end.subarray(at - length, at) };
}
