/**
 * add_key(2) as the daemon answers it: certificates are read by the runtime, as strictly as the kernel's parser reads them.
 */
import { X509Certificate } from 'node:crypto';
import { hex } from '../../../linux/bytes.ts';
import { E, type Errno, type Result } from '../../../linux/errno.ts';
import { KEY_SPEC } from '../../../linux/keyctl.ts';
import { parseCertificate } from '../../../lsm/framework/keys/certificate.ts';
import { namesItself } from '../../../lsm/framework/keys/issue.ts';
import { isOwnSerial } from '../../../lsm/framework/keys/key.ts';
import type { Stack } from '../../../lsm/library/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AddedKeyCall } from '../../supervisor/protocol/backend.ts';

/** @returns the number of the new key; `undefined` when the host's kernel keeps it. */
export function addKey(
  stack: Pick<Stack, 'keys' | 'apply'>,
  { type, description, payload, ring, ringName }: AddedKeyCall,
  caller: Caller,
): Result<number> | undefined {
  const kept = isOwnSerial(ring);
  if (!kept && type === 'keyring' && !stack.keys.isKept(description)) return undefined;
  const certificate = type === 'asymmetric' ? readCertificate(payload) : undefined;
  const base64 = Buffer.from(payload).toString('base64');
  if (!kept && type === 'asymmetric') {
    // The host's kernel keeps this key. It is noted before the kernel has taken it: readCertificate() refuses what the kernel would.
    const name = ringName ?? nameOf(ring, caller.uid);
    if (name !== undefined && certificate instanceof X509Certificate)
      stack.apply({ kind: 'key', change: { call: 'added', type, payload: base64, ring: name }, caller });
    return undefined;
  }
  if (certificate !== undefined && !(certificate instanceof X509Certificate)) return certificate;
  const proposed = description === '' && certificate !== undefined ? describe(certificate, payload) : description;
  if (proposed === '') return E.EINVAL;
  const change = { call: 'add', type, description: proposed, payload: base64, ring } as const;
  return stack.apply({ kind: 'key', change, caller });
}

function readCertificate(payload: Uint8Array): X509Certificate | Errno {
  try {
    const certificate = new X509Certificate(payload);
    const parsed = parseCertificate(payload);
    if (parsed === undefined) return E.EBADMSG;
    const signsItself = parsed.issue !== undefined && namesItself(parsed.issue, hex(parsed.keyId));
    if (signsItself === undefined) return E.EKEYREJECTED;
    return signsItself && !certificate.verify(certificate.publicKey) ? E.EKEYREJECTED : certificate;
  } catch {
    return E.EBADMSG;
  }
}

/** x509_key_preparse(): what the subject is called, and the subject key identifier. */
function describe({ subject }: X509Certificate, payload: Uint8Array): string {
  const part = (name: string): string | undefined => new RegExp(`^${name}=(.*)$`, 'm').exec(subject)?.[1];
  const [organisation, common, mail] = [part('O'), part('CN'), part('emailAddress')];
  const both = organisation !== undefined && common !== undefined && !common.startsWith(organisation);
  const name = both ? `${organisation}: ${common}` : (common ?? organisation ?? mail ?? '');
  return `${name}: ${Buffer.from(parseCertificate(payload)?.keyId ?? '').toString('hex')}`;
}

/** What the caller's own keyrings are called. */
function nameOf(ring: number, uid: number): string | undefined {
  if (ring === KEY_SPEC.USER) return `_uid.${uid}`;
  return ring === KEY_SPEC.USER_SESSION ? `_uid_ses.${uid}` : undefined;
}
