/**
 * Mediation in a supervisor's thread: what a system call will do to files is looked up, asked of the stack, and refused or left to the kernel.
 *
 * Model: mechanism of seccomp_unotify(2): the call is answered with the modules' errno, or the kernel goes on with it. A program that changes its
 * arguments or the files meanwhile does what it was not asked about; this is no boundary. Never is anything refused because it could not be looked
 * at: then the kernel goes on, and it is counted.
 */
import type { Family } from '../../mediation.ts';
import type { WorkerContext } from '../context.ts';
import { MediationCounts } from './counts.ts';
import type { AccessAnswer, SeenCheck, SeenFile } from './question.ts';
import { type PathToWalk, PathWalk, seenFile, type Walked } from './walk.ts';

const EAGAIN = 11;

export interface MediatorInit {
  readonly families: readonly Family[];
  /** Decisions are made and recorded, and nothing is refused. */
  readonly logOnly: boolean;
  readonly counts: SharedArrayBuffer;
}

export class Mediator {
  readonly families: ReadonlySet<Family>;
  readonly #logOnly: boolean;
  readonly #counts: MediationCounts;
  readonly #context: Pick<WorkerContext, 'view' | 'files' | 'namespaces' | 'ask'>;

  constructor(init: MediatorInit, context: Pick<WorkerContext, 'view' | 'files' | 'namespaces' | 'ask'>) {
    this.families = new Set(init.families);
    this.#logOnly = init.logOnly;
    this.#counts = new MediationCounts(init.counts);
    this.#context = context;
  }

  /** @returns the positive errno to refuse with; 0 = the kernel goes on. */
  decide(tid: number, checks: readonly SeenCheck[]): number {
    if (checks.length === 0) return 0;
    const answer = this.#context.ask({ kind: 'access', tid, checks }) as AccessAnswer | undefined;
    if (answer === undefined) this.#counts.unseen();
    return answer === undefined || this.#logOnly ? 0 : answer.errno;
  }

  /** The kernel goes on with something that we cannot look at. */
  unseen(): void {
    this.#counts.unseen();
  }

  walk(path: PathToWalk): Walked {
    const walked = PathWalk.run(this.#context, path);
    if (walked.file === -EAGAIN) this.#counts.unseen();
    return walked;
  }

  /** What a descriptor of ours shows; `undefined` = nobody is asked about it: a file of ours, or one that cannot be looked at, which is counted. */
  look(fd: number, tid: number): SeenFile | undefined {
    const seen = this.#context.files.look(fd, tid);
    if (seen === undefined && !this.#context.files.isOurs(fd)) this.#counts.unseen();
    return seen && seenFile(seen);
  }
}
