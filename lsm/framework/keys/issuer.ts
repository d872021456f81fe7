/**
 * Keyrings that take only what a trusted key has signed: crypto/asymmetric_keys/restrict.c.
 */
import { hex } from '../../../linux/bytes.ts';
import { E, type Errno } from '../../../linux/errno.ts';
import type { Digests } from '../facts.ts';
import { type Certificate, verifySignature } from './certificate.ts';
import type { Issue } from './issue.ts';

/**
 * May a certificate go into a keyring that takes those only which a trusted key has signed: restrict_link_by_signature()?
 * @param trusted certificates of those keys.
 */
export function checkIssuer(
  { issue }: Certificate,
  trusted: readonly Certificate[],
  digests: Digests,
): Errno | undefined {
  if (issue?.algorithm === undefined) return E.ENOPKG;
  const { authority, signed, algorithm, signature } = issue;
  const issuer = trusted.find((certificate) => isNamed(certificate, issue));
  if (issuer === undefined) return E.ENOKEY;
  // The second part of the name must fit the key that the first one has found.
  if (authority.id !== undefined && authority.key !== undefined && hex(issuer.keyId) !== authority.key) return E.ENOKEY;
  const digest = digests.compute(algorithm, [signed]);
  if (digest === undefined) return E.ENOPKG;
  return verifySignature(issuer.key, algorithm, digest, signature) ? undefined : E.EKEYREJECTED;
}

/** find_asymmetric_key(): by the first of the names that there is. */
function isNamed({ keyId, issue }: Certificate, { authority, issuer }: Issue): boolean {
  const name = authority.id ?? authority.key;
  if (name === undefined) return issue?.subject === issuer;
  return name === issue?.id || name === hex(keyId);
}
