/**
 * The daemon's side of the supervision of one listener.
 *
 * Model: one thread takes the calls. When a call holds it, which must not happen but where we know that it can
 * (docs/security.md), a deputy takes the further ones, as a second reader of the same listener. The deputy does not look
 * at calls of who holds a thread (culprits.ts): the kernel continues with them. It knows nothing of calls that were under
 * way: label options and contexts of mounts that were begun are lost, files that were being made keep the label that
 * they have. When the first thread is free again its deputies end.
 */
import { closeSync, readFileSync } from 'node:fs';
import { E } from '../../linux/errno.ts';
import type { Tid } from '../../linux/ids.ts';
import { parseStatus } from './caller/process-status.ts';
import type { Culprit } from './culprits.ts';
import { LateAnswers } from './pending/late-answers.ts';
import { Post, type PostInit } from './post.ts';
import type { SupervisorBackend } from './protocol/backend.ts';
import { LAST_GONE, RELIEVED } from './protocol/call-clock.ts';
import { answerQuestion } from './protocol/questions/index.ts';
import type { SharedFacts, SupervisorSettings } from './settings.ts';
import { SupervisorThread } from './thread.ts';
import type { WorkerInput } from './worker.ts';

/** Deputies of one listener. The last one looks at no call, so nobody can hold it. */
const MOST_DEPUTIES = 7;

export interface SupervisorOptions {
  /** Listener of the filter (host/seccomp/seccomp.ts). Closed by the supervisor when it ends. */
  readonly listener: number;
  readonly backend: SupervisorBackend;
  /** A descriptor of the root directory of the mounted attr tree. Stays the daemon's. */
  readonly attrRoot: number;
  readonly shared: SharedFacts;
  readonly settings: SupervisorSettings;
  readonly thread: SupervisorThread;
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
  readonly #deputies = new Set<Post>();
  /** By the thread that each holds. */
  readonly #culprits = new Map<Post, Culprit>();
  #end: (reason: string) => void = () => undefined;
  #isOver = false;

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
    const answerer = { backend, late };
    this.#answer = (question) => answerQuestion(answerer, question);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    void this.ended.then((reason) => {
      this.#isOver = true;
      if (reason.startsWith('thread')) backend.log(`supervisor: ${reason}`);
      late.close();
      closeSync(listener);
    });
    this.#first = this.#post(options.thread);
    this.serving = this.#first.serving;
    void this.#first.ended.then((reason) => this.#end(reason));
  }

  #post(thread: SupervisorThread, culprits?: WorkerInput['culprits']): Post {
    const { listener, attrRoot, settings, shared, known } = this.#options;
    const { devices, labelling, epoch, watching, guarding } = shared;
    const post = new Post({
      thread,
      input: {
        listener,
        attrRoot,
        settings,
        culprits,
        shared: {
          devices: devices.shared,
          labelling: labelling.shared,
          epoch: epoch.shared,
          watching: watching.shared,
          guarding: guarding.shared,
        },
      },
      answer: this.#answer,
      heldChanged: (changed) => this.#heldChanged(changed),
    });
    known(post);
    return post;
  }

  #heldChanged(post: Post): void {
    const culprit = post.held ? culpritOf(post.clock.caller) : undefined;
    if (culprit === undefined) this.#culprits.delete(post);
    else this.#culprits.set(post, culprit);
    const who = culprit && ` by process ${culprit.tgid} of user ${culprit.fsuid}`;
    this.#options.backend.log(
      post.held ? `supervisor: a thread is held${who ?? ''}` : 'supervisor: a thread is free again',
    );
    if (!this.#first.held) for (const deputy of this.#deputies) deputy.clock.relieve();
    else this.#deputize();
  }

  /** Sees to it that a thread takes calls. */
  #deputize(): void {
    const serves = [...this.#deputies].some((deputy) => !deputy.held && !deputy.clock.relieved);
    if (serves || this.#isOver || this.#deputies.size >= MOST_DEPUTIES) return;
    const isLast = this.#deputies.size === MOST_DEPUTIES - 1;
    if (isLast) this.#options.backend.log('supervisor: too many threads are held: no call is supervised meanwhile');
    const deputy = this.#post(new SupervisorThread(), isLast ? 'everybody' : [...this.#culprits.values()]);
    this.#deputies.add(deputy);
    void deputy.ended.then((reason) => {
      this.#deputies.delete(deputy);
      this.#culprits.delete(deputy);
      if (reason === LAST_GONE) this.#end(reason);
      else if (reason !== RELIEVED) this.#options.backend.log(`supervisor: a deputy ended: ${reason}`);
    });
  }
}

/** `undefined` when it is gone. */
function culpritOf(tid: Tid): Culprit | undefined {
  try {
    return parseStatus(readFileSync(`/proc/${tid}/status`, 'latin1'));
  } catch {
    return undefined;
  }
}
