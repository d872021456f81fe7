/**
 * Questions to a supervisor: programs that may not be executed in enforcing mode, while somebody has `query` open.
 *
 * Model: tomoyo_supervisor() and tomoyo_write_answer() of Linux 6.12. A question that ten seconds pass without is refused; whatever is
 * written to `query` lets them begin anew, for all that wait.
 */
import { AwaitedAnswer, type Decision, type Wait } from '../../framework/waiting-decision.ts';
import { allocated } from '../policy/memory.ts';
import type { Domain, Policy } from '../policy/policy.ts';

/** `allow` 1, `retry` 3, everything else refuses. */
export type QueryAnswer = 'allow' | 'retry' | 'deny';

const WAIT: Wait<QueryAnswer> = { patience: 10, silence: 'deny', signal: 'deny', withdrawn: 'deny' };

export interface Question {
  /** As `query` shows it. */
  readonly text: string;
  /** Of the task that waits. */
  readonly domain: Domain;
  /** How often it was asked before. */
  readonly retry: number;
}

export class Query extends AwaitedAnswer<QueryAnswer> {
  readonly serial: number;
  readonly question: Question;
  protected readonly follow: (answer: QueryAnswer) => Decision;
  readonly #remove: (query: Query) => void;

  constructor(
    serial: number,
    question: Question,
    follow: (answer: QueryAnswer) => Decision,
    remove: (query: Query) => void,
  ) {
    super(WAIT);
    this.serial = serial;
    this.question = question;
    this.follow = follow;
    this.#remove = remove;
  }

  protected settled(): void {
    this.#remove(this);
  }
}

export class QueryBoard {
  readonly #memory: Pick<Policy, 'quota' | 'used'>;
  readonly #queries: Query[] = [];
  readonly #waiting = new Set<() => void>();
  /** How many have `query` open. */
  #observers = 0;
  #serial = 0;

  constructor(memory: Pick<Policy, 'quota' | 'used'>) {
    this.#memory = memory;
  }

  /** In the order in which they were asked. */
  get open(): readonly Query[] {
    return this.#queries;
  }

  domainOf(serial: number): Domain | undefined {
    return this.#find(serial)?.question.domain;
  }

  /** @param resume with the answer; called at once where there is nobody to ask, or no memory for the question. */
  ask(question: Question, resume: (answer: QueryAnswer) => Decision): Decision {
    const { quota, used } = this.#memory;
    const size = allocated(question.text.length + 1);
    if (this.#observers === 0 || (quota.query > 0 && used.query + size >= quota.query)) return resume('deny');
    const query = new Query(this.#serial, question, resume, (settled) => {
      used.query -= size;
      this.#queries.splice(this.#queries.indexOf(settled), 1);
    });
    this.#serial = (this.#serial + 1) >>> 0;
    used.query += size;
    this.#queries.push(query);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
    return query;
  }

  /** Somebody has written something. */
  heard(): void {
    for (const query of this.#queries) query.heard();
  }

  /** 0 is no answer, and one to a question that is not there any more is none either. */
  answer(serial: number, number: number): void {
    if (number !== 0) this.#find(serial)?.settle(number === 1 ? 'allow' : number === 3 ? 'retry' : 'deny');
  }

  enter(): void {
    this.#observers++;
  }

  leave(): void {
    this.#observers--;
    if (this.#observers > 0) return;
    for (const query of [...this.#queries]) query.settle('deny');
  }

  /** `wake` is called once, at the next question. @returns a function that ends the wait. */
  wait(wake: () => void): () => void {
    this.#waiting.add(wake);
    return () => this.#waiting.delete(wake);
  }

  #find(serial: number): Query | undefined {
    return this.#queries.find((query) => query.serial === serial);
  }
}
