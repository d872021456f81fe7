/**
 * Digests of files: each content is read once, by a thread of its own that starts with the first one.
 *
 * Model: identity (`key`) and time of the last change (`version`) stand for the content of a file, unless it was open for
 * writing while it was read. Every wait is bounded: a file whose reading makes no progress for a while has no digests.
 */
import { Worker } from 'node:worker_threads';
import type { DigestJob, DigestReport, ReadContent } from './digest-thread.ts';

/** By the kernel's names of algorithms, in hexadecimal. */
export type DigestTable = Readonly<Record<string, string>>;

export interface DigestRequest {
  readonly key: string;
  readonly version: string;
  readonly size: number;
  readonly algorithms: readonly string[];
  /** Look for a signature at the end, too: what is found is not remembered. */
  readonly appended?: boolean;
  /** Open for writing: the digest is not remembered. */
  readonly changing: boolean;
  /** Opens it for reading. @returns a descriptor, owned by the caller, or a negative errno. */
  open(): number;
}

const NOTHING: ReadContent = { digests: {} };
/** Milliseconds without progress after which a file counts as unreadable. */
const PATIENCE_MS = 20_000;
/** Files remembered at most. */
const MOST_FILES = 50_000;

interface KeptDigests {
  readonly version: string;
  readonly digests: DigestTable;
}

export class FileDigests {
  readonly #program: URL;
  #worker: Worker | undefined;
  #serial = 0;
  readonly #known = new Map<string, KeptDigests>();
  /** Callbacks of the running jobs. */
  readonly #jobs = new Map<number, (report: DigestReport) => void>();
  readonly #reading = new Map<string, Promise<ReadContent>>();

  /** @param program the bundled thread; it is built beside the daemon. */
  constructor(program = new URL('./digests.js', import.meta.url)) {
    this.#program = program;
  }

  /** The remembered digests, if they are all that is asked for. */
  known({ key, version, algorithms, appended }: DigestRequest): DigestTable | undefined {
    if (appended === true) return undefined;
    const found = this.#known.get(key);
    if (found?.version !== version || algorithms.some((name) => found.digests[name] === undefined)) return undefined;
    return found.digests;
  }

  /** Never rejects; digests that could not be computed are missing. Opens the file before it returns. */
  compute(request: DigestRequest): Promise<ReadContent> {
    const { key, version, algorithms, changing, appended = false } = request;
    const name = `${key} ${version} ${algorithms.join()} ${appended}`;
    const under = changing ? undefined : this.#reading.get(name);
    if (under !== undefined) return under;
    const result = this.#run(request).then((content) => {
      const { digests } = content;
      this.#reading.delete(name);
      if (!changing && Object.keys(digests).length > 0) this.#remember(key, version, digests);
      return content;
    });
    if (!changing) this.#reading.set(name, result);
    return result;
  }

  close(): void {
    void this.#worker?.terminate();
  }

  #remember(key: string, version: string, digests: DigestTable): void {
    const before = this.#known.get(key);
    this.#known.delete(key);
    this.#known.set(key, {
      version,
      digests: before?.version === version ? { ...before.digests, ...digests } : digests,
    });
    const [oldest] = this.#known.size > MOST_FILES ? this.#known.keys() : [];
    if (oldest !== undefined) this.#known.delete(oldest);
  }

  #run({ open, size, algorithms, appended = false }: DigestRequest): Promise<ReadContent> {
    const fd = open();
    if (fd < 0) return Promise.resolve(NOTHING);
    const serial = ++this.#serial;
    return new Promise((resolve) => {
      const end = (content: ReadContent): void => {
        clearTimeout(timer);
        this.#jobs.delete(serial);
        resolve(content);
      };
      let timer = setTimeout(() => end(NOTHING), PATIENCE_MS);
      this.#jobs.set(serial, (report) => {
        if (report.kind === 'done') {
          const { digests, appended: found } = report;
          end({ digests, ...(found && { appended: found }) });
          return;
        }
        clearTimeout(timer);
        timer = setTimeout(() => end(NOTHING), PATIENCE_MS);
      });
      this.#thread().postMessage({ serial, fd, size, algorithms, appended } satisfies DigestJob);
    });
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(this.#program, { name: 'digests', trackUnmanagedFds: false });
    worker.unref();
    worker.on('message', (report: DigestReport) => this.#jobs.get(report.serial)?.(report));
    // All waiters get no digest; the next job starts another thread.
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const [serial, job] of [...this.#jobs]) job({ serial, kind: 'done', digests: {} });
    });
    this.#worker = worker;
    return worker;
  }
}
