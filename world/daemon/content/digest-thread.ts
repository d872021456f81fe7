/**
 * Entry point of the thread that computes digests of files (dist/digests.js).
 *
 * Files are read concurrently in pieces, so a large one delays only the callers that wait for its own digest.
 */
import { createHash } from 'node:crypto';
import { close, read } from 'node:fs';
import { promisify } from 'node:util';
import { parentPort } from 'node:worker_threads';

export interface DigestJob {
  readonly serial: number;
  /** Open for reading; closed here. */
  readonly fd: number;
  /** Bytes to be read. */
  readonly size: number;
  readonly algorithms: readonly string[];
}

export type DigestReport =
  | { readonly serial: number; readonly kind: 'progress' }
  /** By algorithm, in hexadecimal; empty = it could not be read. */
  | { readonly serial: number; readonly kind: 'done'; readonly digests: Readonly<Record<string, string>> };

const PIECE = 1 << 20;
/** Pieces between two progress messages. */
const PROGRESS = 16;

const readPiece = promisify(read);
const closeFile = promisify(close);

async function digestsOf({ serial, fd, size, algorithms }: DigestJob): Promise<Record<string, string>> {
  const hashes = algorithms.map((algorithm) => createHash(algorithm));
  const buffer = Buffer.allocUnsafe(Math.min(PIECE, Math.max(size, 1)));
  let at = 0;
  for (let piece = 1; at < size; piece++) {
    const { bytesRead } = await readPiece(fd, buffer, 0, Math.min(buffer.length, size - at), at);
    if (bytesRead === 0) break;
    for (const hash of hashes) hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
    if (piece % PROGRESS === 0) parentPort?.postMessage({ serial, kind: 'progress' } satisfies DigestReport);
  }
  return Object.fromEntries(algorithms.map((algorithm, index) => [algorithm, hashes[index]?.digest('hex') ?? '']));
}

parentPort?.on('message', async (job: DigestJob) => {
  const digests = await digestsOf(job).catch(() => ({}));
  await closeFile(job.fd).catch(() => undefined);
  parentPort?.postMessage({ serial: job.serial, kind: 'done', digests } satisfies DigestReport);
});
