/**
 * The thread that serves the links of attr-links.ts, and the main thread's end of it.
 *
 * Each of the two threads waits for files that the other one serves, so each has a descriptor table of its own without the other's device.
 */
import { closeSync } from 'node:fs';
import { MessageChannel, type MessagePort, parentPort, Worker, workerData } from 'node:worker_threads';
import { openFuseSuperblock } from '../../../fuse/index.ts';
import { loopDescriptors, separateDescriptors } from '../../../host/process/descriptor-table.ts';
import type { Tgid, Tid } from '../../../linux/ids.ts';
import { WorldError } from '../../errors.ts';
import { Asker, answerQuestions } from '../../supervisor/protocol/channel.ts';
import { ProcFacts } from '../facts/process-facts.ts';
import { AttrLinks, type AttrLinksHost } from './attr-links.ts';

interface Input {
  readonly attrRoot: number;
  readonly source: string;
  readonly questions: MessagePort;
  readonly answered: SharedArrayBuffer;
}

/** Answered when the process tracker, and so the attr tree, knows this thread. */
type Dialogue = { readonly 'refresh-task': { readonly question: { readonly tid: Tid }; readonly answer: true } };

type Report =
  /** `devices`: descriptors that only this thread keeps open from now on. */
  | { readonly kind: 'mounted'; readonly fd: number; readonly devices: readonly number[] }
  | { readonly kind: 'trace'; readonly text: string };

/** Runs in a thread that {@link startAttrLinks} started. */
export async function serveAttrLinks(): Promise<void> {
  const { attrRoot, source, questions, answered } = workerData as Input;
  const asker = new Asker<Dialogue>(questions, answered);
  const report = (message: Report): void => parentPort?.postMessage(message);
  const onTrace = (text: string): void => report({ kind: 'trace', text });
  const links = new AttrLinks(attrRoot, {
    refreshTask: (tid) => void asker.ask({ kind: 'refresh-task', tid }),
    trace: onTrace,
  });
  const facts = new ProcFacts();
  const loop = await loopDescriptors();
  const { connection, mountFd } = openFuseSuperblock({
    filesystem: links.filesystem,
    source,
    identify: (tid, uid, gid) => facts.requester(tid, uid, gid),
    onTrace,
    maxWritePages: 1,
  });
  const devices = connection.descriptors;
  const separated = separateDescriptors([...loop, ...devices, ...links.descriptors]);
  if (separated < 0) throw new Error(`no descriptor table of its own: errno ${-separated}`);
  parentPort?.on('message', (tgid: Tgid) => links.forget(tgid));
  if (mountFd !== undefined) report({ kind: 'mounted', fd: mountFd, devices });
}

export interface AttrLinksThread {
  /** Detached mount of the directory with the links; the taker closes it. */
  readonly mountFd: number;
  forget(tgid: Tgid): void;
}

/** @param program the bundle that calls {@link serveAttrLinks} when {@link isAttrLinksThread}. */
export function startAttrLinks(
  program: URL,
  input: Pick<Input, 'attrRoot' | 'source'>,
  { refreshTask, trace: trouble }: AttrLinksHost,
): Promise<AttrLinksThread> {
  const { port1: ours, port2: questions } = new MessageChannel();
  const answered = new SharedArrayBuffer(4);
  answerQuestions<Dialogue>(ours, answered, ({ tid }) => {
    refreshTask(tid);
    return true;
  });
  ours.unref();
  const worker = new Worker(program, {
    workerData: { ...input, questions, answered } satisfies Input,
    transferList: [questions],
    name: 'attr-links',
  });
  return new Promise((resolve, reject) => {
    worker.on('error', (error) => {
      trouble(`attr links: ${error.stack ?? error.message}`);
      reject(new WorldError('daemon-failed', `The attr directories cannot be served: ${error.message}.`));
    });
    worker.on('message', (report: Report) => {
      if (report.kind === 'trace') trouble(report.text);
      else {
        for (const fd of report.devices) closeSync(fd);
        resolve({ mountFd: report.fd, forget: (tgid) => worker.postMessage(tgid) });
      }
    });
  });
}
