/**
 * Public keys in X.509 certificates (RFC 5280), as the kernel's asymmetric key type takes them: RSA and ECDSA.
 */
import { hex } from '../../../linux/bytes.ts';
import { CURVES } from './curves.ts';
import { elements, TAG, unsigned, within } from './der.ts';
import { type EcKey, ecKey, verifyEcdsa } from './ecdsa.ts';
import { type Issue, parseIssue } from './issue.ts';
import { isUsable, type RsaKey, verifyRsa } from './rsa.ts';

export type PublicKey =
  | { readonly kind: 'rsa'; readonly key: RsaKey }
  | { readonly kind: 'ecdsa'; readonly key: EcKey };

export interface Certificate {
  /** Subject key identifier; its last four bytes are the key id of signatures. */
  readonly keyId: Uint8Array;
  readonly key: PublicKey;
  /** Who has signed it; absent where that cannot be read. */
  readonly issue?: Issue;
  /** Of its extensions: it may sign data (keyUsage), it may be an issuer (basicConstraints). */
  readonly usage: { readonly signs: boolean; readonly certifies: boolean };
}

/** 1.2.840.113549.1.1.1 */
const RSA_ENCRYPTION = '2a864886f70d010101';
/** 1.2.840.10045.2.1 */
const EC_PUBLIC_KEY = '2a8648ce3d0201';
/** 2.5.29.14 */
const SUBJECT_KEY_IDENTIFIER = '551d0e';
/** 2.5.29.15, of which the first bit is digitalSignature, and 2.5.29.19 */
const KEY_USAGE = '551d0f';
const DIGITAL_SIGNATURE = 0x80;
const BASIC_CONSTRAINTS = '551d13';

const NOTHING = new Uint8Array(0);

/** @param bytes DER, not kept. `undefined` for what is none, for keys of other kinds, and for RSA keys that are not usable. */
export function parseCertificate(bytes: Uint8Array): Certificate | undefined {
  const [certificate] = elements(bytes) ?? [];
  const outer = within(certificate, TAG.SEQUENCE);
  const parts = within(outer[0], TAG.SEQUENCE);
  // The version is left out where it is the first one.
  const at = parts[0]?.tag === TAG.EXPLICIT_0 ? 1 : 0;
  const key = publicKey(within(parts[at + 5], TAG.SEQUENCE));
  const [extensions] = within(
    parts.find(({ tag }) => tag === TAG.EXPLICIT_3),
    TAG.EXPLICIT_3,
  );
  const list = within(extensions, TAG.SEQUENCE);
  const keyId = keyIdentifier(list);
  const issue = parseIssue(outer, parts.slice(at), list);
  const [usage] = elements(extension(list, KEY_USAGE) ?? NOTHING) ?? [];
  const [flag] = within(elements(extension(list, BASIC_CONSTRAINTS) ?? NOTHING)?.[0], TAG.SEQUENCE);
  const signs = usage?.tag === TAG.BIT_STRING && ((usage.content[1] ?? 0) & DIGITAL_SIGNATURE) !== 0;
  const certifies = flag?.tag === TAG.BOOLEAN && flag.content.length === 1;
  return key && keyId && { keyId, key, ...(issue && { issue }), usage: { signs, certifies } };
}

/** @param algorithm of the digest, by the kernel's name. */
export function verifySignature(
  { kind, key }: PublicKey,
  algorithm: string,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (kind === 'rsa') return verifyRsa(key, algorithm, digest, signature);
  return verifyEcdsa(key, algorithm, digest, signature);
}

/** SubjectPublicKeyInfo */
function publicKey([algorithm, bits]: ReturnType<typeof within>): PublicKey | undefined {
  const [id, parameters] = within(algorithm, TAG.SEQUENCE);
  if (id?.tag !== TAG.OBJECT_ID || bits?.tag !== TAG.BIT_STRING) return undefined;
  const content = bits.content.subarray(1);
  if (hex(id.content) === RSA_ENCRYPTION) {
    const key = rsaKey(content);
    return key && { kind: 'rsa', key };
  }
  if (hex(id.content) !== EC_PUBLIC_KEY || parameters?.tag !== TAG.OBJECT_ID) return undefined;
  const curve = CURVES.get(hex(parameters.content));
  const key = curve && ecKey(curve, content);
  return key && { kind: 'ecdsa', key };
}

/** RSAPublicKey of RFC 8017, A.1.1. */
function rsaKey(bytes: Uint8Array): RsaKey | undefined {
  const [sequence] = elements(bytes) ?? [];
  const [modulus, exponent] = within(sequence, TAG.SEQUENCE);
  if (modulus?.tag !== TAG.INTEGER || exponent?.tag !== TAG.INTEGER) return undefined;
  const key = { modulus: unsigned(modulus.content), exponent: unsigned(exponent.content) };
  return isUsable(key) ? key : undefined;
}

function keyIdentifier(extensions: ReturnType<typeof within>): Uint8Array | undefined {
  const [value] = elements(extension(extensions, SUBJECT_KEY_IDENTIFIER) ?? NOTHING) ?? [];
  return value?.tag === TAG.OCTET_STRING ? Uint8Array.from(value.content) : undefined;
}

/** DER of the value of the extension with this object identifier. */
function extension(extensions: ReturnType<typeof within>, name: string): Uint8Array | undefined {
  const parts = extensions
    .map((one) => within(one, TAG.SEQUENCE))
    .find(([id]) => id !== undefined && hex(id.content) === name);
  return parts?.at(-1)?.content;
}
