/**
 * The thread that serves the links of attr-links.ts, and the main thread's end of it.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { openFuseSuperblock } from '../../fuse/index.ts';
import { WorldError } from '../errors.ts';
import { AttrLinks } from './attr-links.ts';
import { ProcFacts } from './process-facts.ts';

interface Input {
  readonly attrLinks: true;
  readonly attrRoot: number;
  readonly source: string;
}

type Report = { readonly kind: 'mounted'; readonly fd: number } | { readonly kind: 'trace'; readonly text: string };

/** Whether this thread was started by {@link startAttrLinks}. */
export function isAttrLinksThread(): boolean {
  return !isMainThread && (workerData as Partial<Input> | null)?.attrLinks === true;
}

export function serveAttrLinks(): void {
  const { attrRoot, source } = workerData as Input;
  const report = (message: Report): void => parentPort?.postMessage(message);
  const onTrace = (text: string): void => report({ kind: 'trace', text });
  const links = new AttrLinks(attrRoot, onTrace);
  const facts = new ProcFacts();
  const { mountFd } = openFuseSuperblock({
    filesystem: links.filesystem,
    source,
    identify: (tid, uid, gid) => facts.requester(tid, uid, gid),
    onTrace,
    maxWritePages: 1,
  });
  parentPort?.on('message', (tgid: number) => links.forget(tgid));
  if (mountFd !== undefined) report({ kind: 'mounted', fd: mountFd });
}

export interface AttrLinksThread {
  /** Detached mount of the directory with the links; the taker closes it. */
  readonly mountFd: number;
  forget(tgid: number): void;
}

/** @param program the bundle that calls {@link serveAttrLinks} when {@link isAttrLinksThread}. */
export function startAttrLinks(
  program: URL,
  input: Omit<Input, 'attrLinks'>,
  trouble: (text: string) => void,
): Promise<AttrLinksThread> {
  const worker = new Worker(program, { workerData: { ...input, attrLinks: true } satisfies Input, name: 'attr-links' });
  return new Promise((resolve, reject) => {
    worker.on('error', (error) => {
      trouble(`attr links: ${error.stack ?? error.message}`);
      reject(new WorldError('daemon-failed', `The attr directories cannot be served: ${error.message}.`));
    });
    worker.on('message', (report: Report) => {
      if (report.kind === 'trace') trouble(report.text);
      else resolve({ mountFd: report.fd, forget: (tgid) => worker.postMessage(tgid) });
    });
  });
}
