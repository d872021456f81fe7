/**
 * Entry point of the thread that computes digests of files (dist/digests.js).
 *
 * Files are read concurrently in pieces, so a large one delays only the callers that wait for its own digest.
 */
import { createHash } from 'node:crypto';
import { close, read } from 'node:fs';
import { promisify } from 'node:util';
import { parentPort } from 'node:worker_threads';
import { KERNEL_HASHES } from '../../../lsm/framework/digests/digests.ts';
import { appendedSignature, LONGEST_TRAILER } from '../../../lsm/framework/files/appended-signature.ts';
import type { FileContent } from '../../../lsm/framework/files/file-use.ts';
import { parsePkcs7 } from '../../../lsm/framework/keys/pkcs7.ts';

/** What was read of a content. */
export type ReadContent = Pick<FileContent, 'digests' | 'appended'>;

export interface DigestJob {
  readonly serial: number;
  /** Open for reading; closed here. */
  readonly fd: number;
  /** Bytes to be read. */
  readonly size: number;
  readonly algorithms: readonly string[];
  /** Look for a signature at the end. */
  readonly appended: boolean;
}

export type DigestReport =
  | { readonly serial: number; readonly kind: 'progress' }
  /** By algorithm, in hexadecimal; empty = it could not be read. */
  | ({ readonly serial: number; readonly kind: 'done' } & ReadContent);

const PIECE = 1 << 20;
/** Pieces between two progress messages. */
const PROGRESS = 16;

const readPiece = promisify(read);
const closeFile = promisify(close);

/** The signature at the end, with the algorithms that its signers name. */
async function signatureOf(fd: number, size: number) {
  const end = Buffer.alloc(Math.min(size, LONGEST_TRAILER));
  let at = 0;
  for (let count = 1; count > 0 && at < end.length; at += count)
    count = (await readPiece(fd, end, at, end.length - at, size - end.length + at)).bytesRead;
  const found = at < end.length ? undefined : appendedSignature(end, size);
  const signers = found && parsePkcs7(found.message);
  if (found === undefined || signers === undefined) return undefined;
  const names = new Set(signers.map(({ algorithm }) => algorithm).filter((name) => KERNEL_HASHES.has(name)));
  return { ...found, hashes: [...names].map((name) => ({ name, hash: createHash(name) })) };
}

async function contentOf({ serial, fd, size, algorithms, appended }: DigestJob): Promise<ReadContent> {
  const signed = appended ? await signatureOf(fd, size) : undefined;
  const hashes = algorithms.map((algorithm) => createHash(algorithm));
  const buffer = Buffer.allocUnsafe(Math.min(PIECE, Math.max(size, 1)));
  let at = 0;
  for (let piece = 1; at < size; piece++) {
    const { bytesRead } = await readPiece(fd, buffer, 0, Math.min(buffer.length, size - at), at);
    if (bytesRead === 0) break;
    for (const hash of hashes) hash.update(buffer.subarray(0, bytesRead));
    const before = buffer.subarray(0, Math.min(bytesRead, Math.max((signed?.size ?? 0) - at, 0)));
    for (const { hash } of signed?.hashes ?? []) hash.update(before);
    at += bytesRead;
    if (piece % PROGRESS === 0) parentPort?.postMessage({ serial, kind: 'progress' } satisfies DigestReport);
  }
  const digests = Object.fromEntries(algorithms.map((name, index) => [name, hashes[index]?.digest('hex') ?? '']));
  if (signed === undefined) return { digests };
  const own = Object.fromEntries(signed.hashes.map(({ name, hash }) => [name, hash.digest('hex')]));
  return { digests, appended: { message: Buffer.from(signed.message).toString('base64'), digests: own } };
}

parentPort?.on('message', async (job: DigestJob) => {
  const content = await contentOf(job).catch(() => ({ digests: {} }));
  await closeFile(job.fd).catch(() => undefined);
  parentPort?.postMessage({ serial: job.serial, kind: 'done', ...content } satisfies DigestReport);
});
