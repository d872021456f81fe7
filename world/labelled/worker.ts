/**
 * Entry point of a thread of a labelled mount (dist/backing.js): does one job after the other, and may wait in each of them for the
 * backing filesystem.
 *
 * It has a filesystem context of its own, with umask 0: the kernel has applied the callers'.
 */
import { readFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { BackingNumbers } from '../../fuse/server/backing.ts';
import { NR } from '../../host/libc.ts';
import { rawSyscall } from '../../host/raw-syscall.ts';
import { CAP } from '../../linux/capability.ts';
import { CLONE_FS } from '../../linux/process.ts';
import { ActingAs } from '../supervisor/caller/acting-as.ts';
import { parseStatus } from '../supervisor/caller/process-status.ts';
import { BackingFiles } from './backing-files.ts';
import { FileLook } from './file-look.ts';
import type { Job, JobResult } from './jobs.ts';

/** What the serving thread is told first. */
export interface WorkerGreeting {
  /** Address of the shared memory. */
  readonly address: number;
}

const files = new BackingFiles();
const backings = new BackingNumbers();
const looking = new FileLook();
const acting = new ActingAs(parseStatus(readFileSync('/proc/thread-self/status', 'latin1')));
rawSyscall(NR.unshare, CLONE_FS);
rawSyscall(NR.umask, 0);

/** What BACKING_OPEN asks for. */
const MAY_BACK = 1n << BigInt(CAP.SYS_ADMIN);

/** The file is to be read and written with the user and groups of the caller, and no capabilities that count there. */
function backed({ device, as }: Pick<Extract<Job, { op: 'open' }>, 'device' | 'as'>, file: number): Partial<JobResult> {
  if (device === undefined || as === undefined) return {};
  return { backing: acting.exactly({ ...as, capabilities: MAY_BACK }, () => backings.open(device, file)) };
}

function run(job: Job): JobResult {
  const looked = job.look?.map((fd) => looking.look(fd, job.generations === true));
  const used = job.content === undefined ? undefined : looking.content(job.content);
  let result: JobResult = { result: 0 };
  const act = (): number => {
    result = files.run(job);
    return 0;
  };
  if (job.as === undefined) act();
  else acting.exactly(job.as, act);
  if (job.op === 'open' && result.result >= 0) result = { ...result, ...backed(job, job.fd) };
  if (job.op === 'create' && result.found !== undefined) result = { ...result, ...backed(job, result.found) };
  if (job.op === 'unback') backings.close(job.device, job.backing);
  return looked === undefined ? result : { ...result, looked, used };
}

parentPort?.on('message', (job: Job) => parentPort?.postMessage(run(job) satisfies JobResult));
parentPort?.postMessage({ address: files.memory.address } satisfies WorkerGreeting);
