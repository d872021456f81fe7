/**
 * Detached signatures in PKCS#7 messages (RFC 5652), as far as appended signatures need them: crypto/asymmetric_keys/pkcs7_parser.c.
 *
 * The bytes are a user's. What is not taken: lengths of the indefinite form, data in the message, and more signers than one needs, each
 * of whom costs a verification. Certificates in it are not looked at: the key of the signer must be known.
 */
import { hex } from '../../../linux/bytes.ts';
import type { Digests } from '../facts.ts';
import { type Certificate, verifySignature } from './certificate.ts';
import { type Element, elements, TAG, within } from './der.ts';

export interface Signer {
  /** Of the certificate that verifies it, as `Issue.id`, or of its key as subject key identifier: in hexadecimal. */
  readonly id: string;
  /** Of the digest, by the kernel's name. */
  readonly algorithm: string;
  readonly kind: Certificate['key']['kind'];
  readonly signature: Uint8Array;
  /** Authenticated attributes, which are signed instead of the data: as a SET, and the digest of the data that is among them. */
  readonly attributes?: { readonly set: Uint8Array; readonly digest: Uint8Array };
}

/** asn1_ber_decoder() reads no longer one. */
export const LONGEST_MESSAGE = 65_535;
/** Of ours; a kernel has none. */
const MOST_SIGNERS = 8;

/** 1.2.840.113549.1.7.2 and .1, 1.2.840.113549.1.9.3 and .4 */
const SIGNED_DATA = '2a864886f70d010702';
const DATA = '2a864886f70d010701';
const CONTENT_TYPE = '2a864886f70d010903';
const MESSAGE_DIGEST = '2a864886f70d010904';
/** Of S/MIME and Authenticode only: smimeCapabilities, SpcSpOpusInfo, SpcStatementType. */
const OTHERS_ATTRIBUTES: ReadonlySet<string> = new Set([
  '2a864886f70d01090f',
  '2b06010401823702010c',
  '2b06010401823702010b',
]);
const DIGESTS: ReadonlyMap<string, string> = new Map([
  ['2b0e03021a', 'sha1'],
  ['608648016503040204', 'sha224'],
  ['608648016503040201', 'sha256'],
  ['608648016503040202', 'sha384'],
  ['608648016503040203', 'sha512'],
  ['608648016503040208', 'sha3-256'],
  ['608648016503040209', 'sha3-384'],
  ['60864801650304020a', 'sha3-512'],
]);
/** 1.2.840.113549.1.1.1, and of ECDSA with SHA-1, -2 and -3. */
const RSA_ENCRYPTION = '2a864886f70d010101';
const ECDSA = /^(?:2a8648ce3d0401|2a8648ce3d04030[1-4]|60864801650304030[a-c])$/;

/** SET, [0] and [2] */
const SET = 0x31;
const KEY_ID = 0x80;
const ATTRIBUTES = 0xa0;
const OTHER_ATTRIBUTES = 0xa2;

/** @returns its signers; `undefined` = it is no such message, or none that is taken. */
export function parsePkcs7(bytes: Uint8Array): readonly Signer[] | undefined {
  if (bytes.length > LONGEST_MESSAGE) return undefined;
  const [info] = elements(bytes) ?? [];
  const [type, content] = within(info, TAG.SEQUENCE);
  if (objectId(type) !== SIGNED_DATA) return undefined;
  const [version, algorithms, encapsulated, ...rest] = within(within(content, TAG.EXPLICIT_0)[0], TAG.SEQUENCE);
  const number = versionOf(version);
  if (number === undefined || (algorithms?.tag !== SET && algorithms?.tag !== TAG.SEQUENCE)) return undefined;
  const [contentType, data] = within(encapsulated, TAG.SEQUENCE);
  if (objectId(contentType) !== DATA || data !== undefined) return undefined;
  const infos = rest.at(-1);
  const list = infos?.tag === SET || infos?.tag === TAG.SEQUENCE ? within(infos, infos.tag) : [];
  if (list.length === 0 || list.length > MOST_SIGNERS) return undefined;
  const signers = list.map((one) => parseSigner(within(one, TAG.SEQUENCE), number)).filter((one) => one !== undefined);
  const signed = signers.filter(({ attributes }) => attributes !== undefined);
  if (signers.length !== list.length || (signed.length !== 0 && signed.length !== signers.length)) return undefined;
  return signers;
}

/** @param message 1 or 3: which of the two names a signer is known by. */
function parseSigner([version, name, algorithm, ...rest]: readonly Element[], message: number): Signer | undefined {
  if (versionOf(version) !== message) return undefined;
  const digest = DIGESTS.get(objectId(within(algorithm, TAG.SEQUENCE)[0]) ?? '');
  const id = message === 1 ? certificateId(name) : name?.tag === KEY_ID ? hex(name.content) : undefined;
  if (rest[0]?.tag === OTHER_ATTRIBUTES) return undefined;
  const given = rest[0]?.tag === ATTRIBUTES ? rest[0] : undefined;
  const attributes = given && parseAttributes(given);
  const [encryption, signature] = rest.slice(given === undefined ? 0 : 1);
  const kind = keyKind(objectId(within(encryption, TAG.SEQUENCE)[0]) ?? '');
  if (digest === undefined || !id || kind === undefined || signature?.tag !== TAG.OCTET_STRING) return undefined;
  if (given !== undefined && attributes === undefined) return undefined;
  return {
    id,
    algorithm: digest,
    kind,
    signature: Uint8Array.from(signature.content),
    ...(attributes && { attributes }),
  };
}

function keyKind(algorithm: string): Signer['kind'] | undefined {
  if (algorithm === RSA_ENCRYPTION) return 'rsa';
  return ECDSA.test(algorithm) ? 'ecdsa' : undefined;
}

function certificateId(name: Element | undefined): string | undefined {
  const [issuer, serial] = within(name, TAG.SEQUENCE);
  if (issuer?.tag !== TAG.SEQUENCE || serial?.tag !== TAG.INTEGER) return undefined;
  return hex(serial.content) + hex(issuer.content);
}

function parseAttributes(given: Element): Signer['attributes'] {
  const found = new Map<string, Element>();
  for (const attribute of within(given, ATTRIBUTES)) {
    const [type, values] = within(attribute, TAG.SEQUENCE);
    const name = objectId(type);
    const [value, ...more] = within(values, SET);
    if (name === undefined || OTHERS_ATTRIBUTES.has(name)) return undefined;
    if (name !== CONTENT_TYPE && name !== MESSAGE_DIGEST) continue;
    if (value === undefined || more.length > 0 || found.has(name)) return undefined;
    found.set(name, value);
  }
  const digest = found.get(MESSAGE_DIGEST);
  if (objectId(found.get(CONTENT_TYPE)) !== DATA || digest?.tag !== TAG.OCTET_STRING) return undefined;
  const set = Uint8Array.from(given.whole);
  set[0] = SET;
  return { set, digest: Uint8Array.from(digest.content) };
}

function versionOf(element: Element | undefined): number | undefined {
  if (element?.tag !== TAG.INTEGER || element.content.length !== 1) return undefined;
  const [version] = element.content;
  return version === 1 || version === 3 ? version : undefined;
}

function objectId(element: Element | undefined): string | undefined {
  return element?.tag === TAG.OBJECT_ID ? hex(element.content) : undefined;
}

/**
 * What is signed: pkcs7_digest(). @param data digests of the data, by the kernel's names of algorithms.
 * @returns `undefined` where there is no such digest, or the attributes name another one.
 */
export function signedDigest(
  { algorithm, attributes }: Signer,
  data: ReadonlyMap<string, Uint8Array>,
  digests: Digests,
): Uint8Array | undefined {
  const digest = data.get(algorithm);
  if (digest === undefined || attributes === undefined) return digest;
  return hex(attributes.digest) === hex(digest) ? digests.compute(algorithm, [attributes.set]) : undefined;
}

/**
 * Is it a signature of a module by one of these keys: verify_pkcs7_message_sig() with VERIFYING_MODULE_SIGNATURE? Signers whose keys
 * are not known do not count, those that are known must all be right. Attributes are not allowed.
 */
export function verifyPkcs7(
  signers: readonly Signer[],
  data: ReadonlyMap<string, Uint8Array>,
  keys: readonly Certificate[],
): boolean {
  if (signers.some(({ attributes }) => attributes !== undefined)) return false;
  const known = signers.flatMap((signer) => {
    const digest = data.get(signer.algorithm);
    const key = keys.find(({ keyId, issue }) => signer.id === issue?.id || signer.id === hex(keyId));
    return digest === undefined || key === undefined ? [] : [{ signer, digest, key: key.key }];
  });
  return (
    known.length > 0 &&
    known.every(
      ({ signer: { kind, algorithm, signature }, digest, key }) =>
        key.kind === kind && verifySignature(key, algorithm, digest, signature),
    )
  );
}
