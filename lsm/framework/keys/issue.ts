/**
 * Who has signed a certificate: crypto/asymmetric_keys/x509_cert_parser.c (struct public_key_signature).
 */
import { hex } from '../../../linux/bytes.ts';
import { type Element, elements, TAG, within } from './der.ts';

/** What a certificate says of its signature. */
export interface Issue {
  /** TBSCertificate, which is signed. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  /** Of the digest, by the kernel's name; `undefined` = one that it does not know. */
  readonly algorithm: string | undefined;
  /** Names as they stand there, in hexadecimal, and what identifies the certificate: its number with the name of the issuer. */
  readonly subject: string;
  readonly issuer: string;
  readonly id: string;
  /** Authority key identifier (RFC 5280, 4.2.1.1): the key's, and the certificate's as `id`. */
  readonly authority: { readonly key?: string; readonly id?: string };
}

/** 2.5.29.35 */
const AUTHORITY_KEY_IDENTIFIER = '551d23';
/** [0] keyIdentifier, [1] authorityCertIssuer, [2] authorityCertSerialNumber, [4] directoryName */
const AUTHORITY = { KEY: 0x80, ISSUER: 0xa1, SERIAL: 0x82, NAME: 0xa4 } as const;
/** By object identifiers: with RSA 1.2.840.113549.1.1.*, ECDSA 1.2.840.10045.4.*, of SHA-3 2.16.840.1.101.3.4.3.* */
const SIGNATURES: ReadonlyMap<string, string> = new Map([
  ['2a864886f70d010105', 'sha1'],
  ['2a864886f70d01010e', 'sha224'],
  ['2a864886f70d01010b', 'sha256'],
  ['2a864886f70d01010c', 'sha384'],
  ['2a864886f70d01010d', 'sha512'],
  ['2a8648ce3d0401', 'sha1'],
  ['2a8648ce3d040301', 'sha224'],
  ['2a8648ce3d040302', 'sha256'],
  ['2a8648ce3d040303', 'sha384'],
  ['2a8648ce3d040304', 'sha512'],
  ['60864801650304030a', 'sha3-256'],
  ['60864801650304030b', 'sha3-384'],
  ['60864801650304030c', 'sha3-512'],
  ['60864801650304030e', 'sha3-256'],
  ['60864801650304030f', 'sha3-384'],
  ['608648016503040310', 'sha3-512'],
]);

/** @param outer what the certificate is a sequence of. @param parts of its body, from the serial number on. */
export function parseIssue(
  [body, algorithm, signature]: readonly Element[],
  [serial, , issuer, , subject]: readonly Element[],
  extensions: readonly Element[],
): Issue | undefined {
  if (body === undefined || signature?.tag !== TAG.BIT_STRING) return undefined;
  if (serial === undefined || issuer === undefined || subject === undefined) return undefined;
  const [id] = within(algorithm, TAG.SEQUENCE);
  return {
    signed: Uint8Array.from(body.whole),
    signature: Uint8Array.from(signature.content.subarray(1)),
    algorithm: id && SIGNATURES.get(hex(id.content)),
    subject: hex(subject.content),
    issuer: hex(issuer.content),
    id: hex(serial.content) + hex(issuer.content),
    authority: authorityOf(extensions),
  };
}

/**
 * Does it say that it has signed itself: x509_check_for_self_signed()? `undefined` = what it says of its signer contradicts itself.
 * @param keyId its own, in hexadecimal.
 */
export function namesItself({ subject, issuer, id, authority }: Issue, keyId: string): boolean | undefined {
  if (subject !== issuer) return false;
  const [isKey, isCertificate] = [authority.key === keyId, authority.id === id];
  const [hasKey, hasCertificate] = [authority.key !== undefined, authority.id !== undefined];
  if (isKey || isCertificate) return hasKey !== isKey || hasCertificate !== isCertificate ? undefined : true;
  return !hasKey && !hasCertificate;
}

function authorityOf(extensions: readonly Element[]): Issue['authority'] {
  const extension = extensions
    .map((one) => within(one, TAG.SEQUENCE))
    .find(([id]) => id !== undefined && hex(id.content) === AUTHORITY_KEY_IDENTIFIER);
  const [sequence] = elements(extension?.at(-1)?.content ?? new Uint8Array(0)) ?? [];
  const parts = within(sequence, TAG.SEQUENCE);
  const part = (tag: number) => parts.find((one) => one.tag === tag);
  const [key, serial] = [part(AUTHORITY.KEY), part(AUTHORITY.SERIAL)];
  const [name] = within(within(part(AUTHORITY.ISSUER), AUTHORITY.ISSUER)[0], AUTHORITY.NAME);
  return {
    ...(key && { key: hex(key.content) }),
    ...(serial && name && { id: hex(serial.content) + hex(name.content) }),
  };
}
