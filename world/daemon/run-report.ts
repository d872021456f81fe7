/**
 * What the daemon does for a run that is reported (`lsmfs run --report`): it counts the refusals that are logged, asks the modules why, and
 * tells who outlives the command.
 *
 * A module is asked after the call that it refused, and not at the end: by then a test may have unloaded its policy.
 */
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import type { Tgid } from '../../linux/ids.ts';
import type { RefusalAsked, WhyProblem, WhyTold } from '../../lsm/framework/inspection/why.ts';
import { jsonRecord } from '../log/json-record.ts';
import { parseLine } from '../log/line.ts';
import type { ReportTerms } from '../options.ts';
import { acceptedRefusals } from '../report/accepted.ts';
import { type NewRefusal, Refusals } from '../report/counting.ts';
import type { CountedRefusal } from '../report/refusal.ts';
import { descriptorOf } from './facts/peers.ts';

type Explanations = ReadonlyMap<string, (request: Exclude<RefusalAsked, WhyProblem>) => WhyTold | WhyProblem>;

/** Longest answer that is kept. */
const WHY_LENGTH = 1 << 14;

export class RunReport {
  readonly #refusals: Refusals;
  readonly #terms: ReportTerms;
  readonly #launcher: Tgid;
  readonly #pipe: number;
  readonly #log: number | undefined;
  #explanations: Explanations = new Map();
  #lines = 0;
  #unasked: NewRefusal[] = [];
  #ended = false;

  /** @param launcher will be the command. @throws WorldError when what `terms` name cannot be used. */
  constructor(terms: ReportTerms, launcher: Tgid) {
    this.#terms = terms;
    this.#refusals = new Refusals(terms.accepted === undefined ? undefined : acceptedRefusals(terms.accepted));
    this.#launcher = launcher;
    this.#pipe = descriptorOf(launcher, terms.fd);
    this.#log = terms.log === undefined ? undefined : openSync(terms.log, 'a', 0o644);
  }

  explainBy({ stack }: { readonly stack: { readonly explanations: Explanations } }): void {
    this.#explanations = stack.explanations;
  }

  readonly line = (text: string): void => {
    if (this.#ended) return;
    this.#lines++;
    const record = parseLine(text);
    try {
      if (this.#log !== undefined) writeSync(this.#log, `${jsonRecord(record)}\n`);
    } catch {
      // A full disk: the counts are right all the same.
    }
    const found = this.#refusals.add(record, text, this.#lines);
    if (found === undefined) return;
    if (this.#unasked.push(found) === 1) setImmediate(() => this.#ask());
  };

  exited(pid: Tgid): void {
    if (pid === this.#launcher) this.end();
  }

  /** Writes what there is. */
  end(): void {
    if (this.#ended) return;
    this.#ask();
    this.#ended = true;
    try {
      writeFileSync(this.#terms.refusals, JSON.stringify(this.#refusals.counts));
    } catch {
      // The reporter finds no file, and says so.
    } finally {
      closeSync(this.#pipe);
      if (this.#log !== undefined) closeSync(this.#log);
    }
  }

  #ask(): void {
    for (const { refusal, asked } of this.#unasked.splice(0)) refusal.why = this.#why(refusal, asked);
  }

  #why({ module, hint }: CountedRefusal, asked: RefusalAsked | undefined): string {
    if (asked === undefined) return hint ?? '';
    if ('problem' in asked) return `${asked.problem} ${asked.fix}`;
    const told = this.#explanations.get(module)?.(asked);
    if (told === undefined) return '';
    return ('problem' in told ? `${told.problem} ${told.fix}` : told.text.trimEnd()).slice(0, WHY_LENGTH);
  }
}
