/**
 * One thread that supervises the calls of a listener: the daemon's end of its questions, and the watch over it.
 */
import { MessageChannel } from 'node:worker_threads';
import { isAtWork } from '../../host/process/thread-work.ts';
import type { Tid } from '../../linux/ids.ts';
import { HeldWatch, PERIOD_MS } from './held-watch.ts';
import { CallClock } from './protocol/call-clock.ts';
import { answerQuestions, type QuestionIn } from './protocol/channel.ts';
import type { Dialogue, Kind } from './protocol/questions/index.ts';
import { SlowTaker } from './slow-taker.ts';
import type { SupervisorThread } from './thread.ts';
import type { WorkerInput } from './worker.ts';

export interface PostInit {
  readonly thread: SupervisorThread;
  readonly input: Omit<WorkerInput, 'answered' | 'clock' | 'questions'>;
  readonly answer: <K extends Kind>(question: QuestionIn<Dialogue, K>) => unknown;
  /** A call holds it now, or does so no more. */
  heldChanged(post: Post): void;
}

export class Post {
  readonly clock = new CallClock();
  /** Resolves with the thread id of the worker once it waits for calls. FUSE requests from that thread are made for others. */
  readonly serving: Promise<Tid>;
  /** Resolves with the reason. Never rejects. */
  readonly ended: Promise<string>;
  readonly #watch: HeldWatch;
  #tid: Tid | undefined;

  constructor({ thread, input, answer, heldChanged }: PostInit) {
    const { port1: ours, port2: theirs } = new MessageChannel();
    const answered = new SharedArrayBuffer(4);
    answerQuestions<Dialogue>(ours, answered, answer);
    const taker = new SlowTaker();
    this.#watch = new HeldWatch(this.clock, {
      isRunning: () => this.#isRunning(taker),
      changed: () => heldChanged(this),
      now: () => performance.now(),
      later: (look) => setTimeout(look, PERIOD_MS).unref(),
    });
    let isServing: (tid: Tid) => void = () => undefined;
    let isNot: (error: Error) => void = () => undefined;
    this.serving = new Promise((resolve, reject) => {
      isServing = resolve;
      isNot = reject;
    });
    this.serving.catch(() => undefined); // other waiters still see the rejection
    this.ended = new Promise((resolve) => {
      const whole = { ...input, questions: theirs, answered, clock: this.clock.shared };
      thread.supervise(whole, {
        serving: (tid) => {
          this.#tid = tid;
          isServing(tid);
        },
        begun: () => this.#watch.begin(),
        ended: (reason) => {
          ours.close();
          this.#watch.end();
          isNot(new Error(`supervisor: ${reason}`));
          resolve(reason);
        },
      });
    });
  }

  #isRunning(taker: SlowTaker): boolean {
    if (this.#tid === undefined) return false;
    return isAtWork(this.#tid) || taker.delays(this.#tid, this.clock);
  }

  /** Serial of the call that holds it; `undefined` = none does. */
  get heldIn(): number | undefined {
    return this.#watch.heldIn;
  }
}
