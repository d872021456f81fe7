/**
 * The daemon's side of the supervision of one listener: a thread that takes the calls, and spares while a call holds that (spares.ts).
 */
import { closeSync, readFileSync } from 'node:fs';
import { StatusLines } from '../../host/procfs/status.ts';
import { E } from '../../linux/errno.ts';
import type { Tgid, Tid } from '../../linux/ids.ts';
import { parseStatus } from './caller/process-status.ts';
import { LateAnswers } from './pending/late-answers.ts';
import { WaitingCalls } from './pending/waiting-calls.ts';
import { Post, type PostInit } from './post.ts';
import type { SupervisorBackend } from './protocol/backend.ts';
import { LAST_GONE, RELIEVED } from './protocol/call-clock.ts';
import { answerQuestion } from './protocol/questions/index.ts';
import { WaitingCount } from './protocol/waiting-count.ts';
import type { SharedFacts, SupervisorSettings } from './settings.ts';
import { Spares } from './spares.ts';
import { SupervisorThread } from './thread.ts';
import type { WorkerInput } from './worker.ts';

/** Until a spare that could not be started is tried again. */
const RETRY_MS = 1000;

export interface SupervisorOptions {
  /** Listener of the filter (host/seccomp/seccomp.ts). Closed by the supervisor when it ends. */
  readonly listener: number;
  readonly backend: SupervisorBackend;
  /** A descriptor of the root directory of the mounted attr tree. Stays the daemon's. */
  readonly attrRoot: number;
  readonly shared: SharedFacts;
  readonly settings: SupervisorSettings;
  readonly thread: SupervisorThread;
  /** To be called with each thread whose processes are gone, also one that the supervisor has started. */
  free(thread: SupervisorThread): void;
  /** To be called with each thread that makes requests for others. */
  known(thread: Pick<Post, 'ended' | 'serving'>): void;
}

export class Supervisor {
  /** Resolves with the thread id of the first thread once it waits for calls. */
  readonly serving: Promise<Tid>;
  /** Resolves with the reason when no process under the filter is left or the first thread died. Never rejects. */
  readonly ended: Promise<string>;
  readonly #options: SupervisorOptions;
  readonly #answer: PostInit['answer'];
  readonly #first: Post;
  readonly #spares: Spares;
  readonly #waiting = new WaitingCount();

  constructor(options: SupervisorOptions) {
    this.#options = options;
    const { backend, listener } = options;
    const late = new LateAnswers(listener, {
      read: ({ tid, request }) => {
        const caller = backend.identify(tid);
        return caller === undefined ? E.ESRCH : backend.syslog(request, caller);
      },
      whenMore: (wake) => backend.whenLogged(wake),
    });
    const waiting = new WaitingCalls({ isWaiting: (id) => late.isWaiting(id), isInterrupted }, this.#waiting);
    const answerer = { backend, late, waiting };
    this.#answer = (question) => answerQuestion(answerer, question);
    let lastGone: (reason: string) => void = () => undefined;
    const nobodyLeft = new Promise<string>((resolve) => {
      lastGone = resolve;
    });
    this.#spares = new Spares({
      first: () => this.#first,
      start: (left, held) => this.#post(new SupervisorThread(), { left, held }),
      processOf,
      lastGone: () => lastGone(LAST_GONE),
      later: (retry) => setTimeout(retry, RETRY_MS).unref(),
      log: (text) => backend.log(text),
    });
    this.#first = this.#post(options.thread);
    this.serving = this.#first.serving;
    this.ended = Promise.race([this.#first.ended, nobodyLeft]);
    void this.ended.then((reason) => {
      this.#spares.close();
      if (reason.startsWith('thread')) backend.log(`supervisor: ${reason}`);
      late.close();
      waiting.close();
      closeSync(listener);
    });
  }

  #post(thread: SupervisorThread, spare?: WorkerInput['spare']): Post {
    const { listener, attrRoot, settings, shared, known, free } = this.#options;
    const { devices, ruling, epoch, marks, watching, guarding, auditing, announcements, audited } = shared;
    const post = new Post({
      thread,
      input: {
        listener,
        attrRoot,
        settings,
        spare,
        waiting: this.#waiting.shared,
        shared: {
          devices: devices.shared,
          ruling: ruling.shared,
          epoch: epoch.shared,
          marks: marks.shared,
          watching: watching.shared,
          guarding: guarding.shared,
          auditing: auditing.shared,
          announcements: announcements.shared,
          audited: audited.shared,
        },
      },
      answer: this.#answer,
      heldChanged: (changed) => this.#spares.changed(changed),
    });
    known(post);
    void post.ended.then((reason) => {
      if (reason === LAST_GONE || reason === RELIEVED) free(thread);
      else void thread.end();
    });
    return post;
  }
}

/** `undefined` when it is gone. */
function processOf(tid: Tid): Tgid | undefined {
  const text = statusOf(tid);
  return text === undefined ? undefined : parseStatus(text)?.tgid;
}

/** Is a signal pending that the thread does not block? */
function isInterrupted(tid: Tid): boolean {
  const lines = new StatusLines(statusOf(tid) ?? '');
  const [own = 0n, shared = 0n, blocked = 0n] = ['SigPnd', 'ShdPnd', 'SigBlk'].map((name) => lines.mask(name));
  return ((own | shared) & ~blocked) !== 0n;
}

function statusOf(tid: Tid): string | undefined {
  try {
    return readFileSync(`/proc/${tid}/status`, 'latin1');
  } catch {
    return undefined;
  }
}
