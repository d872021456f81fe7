/** Puts the same questions to this program as an oracle had, and tells where the answers differ. */
import { readFileSync } from 'node:fs';
import { failed } from '../../../linux/errno.ts';
import { PolicyState } from '../../../lsm/selinux/decide/index.ts';
import { type PolicyDb, parsePolicy } from '../../../lsm/selinux/policy/index.ts';
import { answerHere } from './here.ts';
import { ioctlsHere } from './ioctl.ts';
import type { KernelQuestion } from './kernel.ts';
import type { Answer, Step } from './question.ts';

/** Newest version of the format that is known here. */
const MAX_VERSION = 35;

/** What fits into an answer of selinuxfs, NULs included: here spaces stand for them, and the last is missing. */
const NODE_ANSWER_LIMIT = 4088;

export interface Difference {
  readonly question: KernelQuestion;
  readonly here: Answer;
  readonly oracle: Answer;
}

export interface Tally {
  readonly differences: readonly Difference[];
  /** How many questions of each kind, and how many different answers they had. */
  readonly asked: ReadonlyMap<string, { count: number; answers: Set<Answer> }>;
}

export function parsedFile(file: string): PolicyDb {
  const db = parsePolicy(readFileSync(file), MAX_VERSION);
  if (failed(db)) throw new Error(`${file} was rejected: ${db.code}`);
  return db;
}

/**
 * @param asked steps included; the first is a load.
 * @param oracle `libsepol` refuses what a permissive kernel lets through, and says not why.
 */
export function play(
  asked: readonly (KernelQuestion | Step)[],
  answers: readonly Answer[],
  oracle: 'kernel' | 'libsepol',
): Tally {
  const differences: Difference[] = [];
  const tally = new Map<string, { count: number; answers: Set<Answer> }>();
  let state: PolicyState | undefined;
  asked.forEach((question, i) => {
    const answer = answers[i] ?? 'no answer';
    if (question.kind === 'load') {
      if (answer !== 'ok') throw new Error(`the oracle refuses ${question.file}: ${answer}`);
      const next = new PolicyState(parsedFile(question.file));
      if (state !== undefined && oracle === 'kernel') next.inheritBooleans(state);
      state = next;
      return;
    }
    if (state === undefined) throw new Error('a question before the first load');
    if (question.kind === 'boolean') {
      if (answer !== 'ok') throw new Error(`the oracle refuses boolean ${question.name}: ${answer}`);
      turn(state, question.name, question.value);
      return;
    }
    const here = question.kind === 'ioctl' ? ioctlsHere(state, question) : hereAs(oracle, state, question);
    const row = tally.get(question.kind) ?? { count: 0, answers: new Set() };
    tally.set(question.kind, row);
    row.count++;
    row.answers.add(answer);
    if (here !== answer) differences.push({ question, here, oracle: answer });
  });
  return { differences, asked: tally };
}

function hereAs(oracle: 'kernel' | 'libsepol', state: PolicyState, question: Parameters<typeof answerHere>[1]): Answer {
  if (oracle === 'kernel') {
    const answer = answerHere(state, question, 'given');
    return question.kind === 'user' && answer.length + 1 >= NODE_ANSWER_LIMIT ? 'ERANGE' : answer;
  }
  const answer = answerHere(state, question, 'refused');
  return /^E[A-Z]+$/.test(answer) ? 'refused' : answer;
}

export function turn(state: PolicyState, name: string, value: 0 | 1): void {
  const values = state.booleans.slice();
  const boolean = state.db.booleans.byName(name);
  if (boolean === undefined) throw new Error(`no boolean ${name}`);
  values[boolean.value - 1] = value;
  state.setBooleans(values);
}

export function total(tally: Tally): number {
  return [...tally.asked.values()].reduce((sum, { count }) => sum + count, 0);
}

/** `access 4000 (312 answers), create 1990 (...)` */
export function tallyText(tally: Tally): string {
  const kinds = [...tally.asked].map(([kind, { count, answers }]) => `${kind} ${count} (${answers.size} answers)`);
  return `${total(tally)} questions, ${tally.differences.length} differences: ${kinds.join(', ')}`;
}

export function differenceText({ question, here, oracle }: Difference): string {
  return `${JSON.stringify(question)}\n  here:   ${here}\n  oracle: ${oracle}`;
}
