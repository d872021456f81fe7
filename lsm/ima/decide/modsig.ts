/**
 * A signature at the end of a file: struct modsig of security/integrity/ima/ima_modsig.c.
 */
import type { NamedDigest } from '../../framework/digests/hash.ts';
import type { Digests } from '../../framework/facts.ts';
import type { FileUse, UseHook } from '../../framework/files/file-use.ts';
import { parsePkcs7, type Signer, signedDigest } from '../../framework/keys/pkcs7.ts';

export interface Modsig {
  /** PKCS#7 */
  readonly message: Uint8Array;
  readonly signers: readonly Signer[];
  /** Of the content before it, by the kernel's names of algorithms. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
  /** What is listed of it; absent where several have signed. */
  readonly digest?: NamedDigest;
}

/** In which the kernel has read the whole file before it asks. */
const READS: ReadonlySet<UseHook> = new Set(['module', 'firmware', 'kexec-kernel', 'kexec-initramfs', 'policy']);

/** May the use be about such a signature? */
export function readsWhole({ hook }: Pick<FileUse, 'hook'>): boolean {
  return READS.has(hook);
}

/** ima_read_modsig() and ima_collect_modsig(). */
export function modsigOf(use: FileUse, digests: Digests): Modsig | undefined {
  const { appended } = use.file.content;
  if (appended === undefined || !readsWhole(use)) return undefined;
  const message = Buffer.from(appended.message, 'base64');
  const signers = parsePkcs7(message);
  if (signers === undefined) return undefined;
  const contents = new Map(Object.entries(appended.digests).map(([name, text]) => [name, Buffer.from(text, 'hex')]));
  const [signer, ...others] = signers;
  const bytes = signer === undefined || others.length > 0 ? undefined : signedDigest(signer, contents, digests);
  const digest = signer && bytes && { algorithm: signer.algorithm, bytes };
  return { message, signers, contents, ...(digest && { digest }) };
}
