/**
 * Decisions on the real Debian policies equal those of libsepol: access vectors, computed contexts, with booleans turned over, and for the
 * same policy rewritten in every older version of the format. SEED=n repeats a run.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { computeAv, computeContext, formatContext, PolicyState } from '../../lsm/selinux/decide/index.ts';
import { contextIsValid } from '../../lsm/selinux/policy/context.ts';
import { type Context, type PolicyDb, parsePolicy } from '../../lsm/selinux/policy/index.ts';
import { failed } from '../../vfs/errno.ts';
import {
  type Answer,
  askLibsepol,
  DEBIAN_MLS_POLICY,
  DEBIAN_POLICY,
  installedPolicy,
  type Question,
  rewritten,
} from './libsepol.ts';
import { questionsAboutRules, Random, randomBooleans, randomContexts, randomQuestions } from './random-questions.ts';

const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

function parsed(image: Uint8Array): PolicyDb {
  const db = parsePolicy(image, 35);
  if (failed(db)) throw new Error(`the policy was rejected: ${db.code}`);
  return db;
}

function answerOf(state: PolicyState, contexts: ReadonlyMap<string, Context>, question: Question): Answer {
  const { db } = state;
  const source = contexts.get(question.source);
  const target = contexts.get(question.target);
  const datum = db.classes.byName(question.class);
  if (source === undefined || target === undefined || datum === undefined) throw new Error('not a question');
  if (question.kind === 'access') {
    const { allowed } = computeAv(state, source, target, datum.value);
    return datum.permissionNames.filter((name, bit) => name !== undefined && (allowed >>> bit) & 1).sort() as string[];
  }
  const context = computeContext(state, question.kind, source, target, datum.value);
  return failed(context) || !contextIsValid(db, context) ? undefined : formatContext(db, context);
}

interface Tally {
  readonly asked: number;
  /** Answers that a rule made: a permission, or a type that neither context has. */
  readonly telling: number;
  readonly differences: string[];
}

function compare(
  state: PolicyState,
  contexts: ReadonlyMap<string, Context>,
  questions: readonly Question[],
  answers: readonly Answer[],
): Tally {
  const differences: string[] = [];
  let telling = 0;
  questions.forEach((question, i) => {
    const here = answerOf(state, contexts, question);
    const there = answers[i];
    const typeOf = (context: string) => context.split(':')[2];
    const defaults = [typeOf(question.source), typeOf(question.target)];
    if (typeof there === 'string' ? !defaults.includes(typeOf(there)) : there !== undefined && there.length > 0)
      telling++;
    if (JSON.stringify(here) !== JSON.stringify(there)) {
      differences.push(`${JSON.stringify(question)}: here ${here}, libsepol ${there}`);
    }
  });
  return { asked: questions.length, telling, differences };
}

describe.each([
  { name: 'default', file: DEBIAN_POLICY, access: 40_000, computed: 5_000 },
  { name: 'mls', file: DEBIAN_MLS_POLICY, access: 20_000, computed: 2_000 },
])(`Debian $name policy, seed ${SEED}`, ({ name, file, access, computed }) => {
  let db: PolicyDb;
  const random = new Random(SEED);
  beforeAll(() => {
    db = parsed(installedPolicy(file));
  });

  it.each([
    ['access', access],
    ['transition', computed],
    ['member', computed],
    ['change', computed],
  ] as const)('%s: %i questions, booleans turned over', (kind, count) => {
    const contexts = randomContexts(db, random, 300);
    const { state, changes } = randomBooleans(db, random);
    const questions = randomQuestions(db, random, contexts, kind, count);
    if (kind !== 'access') questions.push(...questionsAboutRules(db, random, contexts, kind, 1_000));
    const answers = askLibsepol(file, [...contexts.keys()], questions, changes);
    const tally = compare(state, contexts, questions, answers);
    console.log(
      `${name} ${kind}: ${tally.asked} asked, ${tally.telling} telling, ${tally.differences.length} differences`,
    );
    expect(tally.differences.slice(0, 5)).toEqual([]);
    if (kind === 'access') expect(tally.telling).toBeGreaterThan(count / 20);
    if (kind === 'transition') expect(tally.telling).toBeGreaterThan(100);
  });
});

describe(`versions of the format, seed ${SEED}`, () => {
  it.each([24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34])('version %i decides as the original does', (version) => {
    const original = parsed(installedPolicy(DEBIAN_POLICY));
    rewritten(DEBIAN_POLICY, version, (image) => {
      const db = parsed(image);
      expect(db.version).toBe(version);
      expect(db.filenameTransitions.size).toBe(version >= 25 ? original.filenameTransitions.size : 0);
      const random = new Random(SEED + version);
      const contexts = randomContexts(original, random, 100);
      const questions = randomQuestions(original, random, contexts, 'access', 500);
      const before = new PolicyState(original);
      const after = new PolicyState(db);
      for (const question of questions) {
        expect(answerOf(after, contexts, question), JSON.stringify(question)).toEqual(
          answerOf(before, contexts, question),
        );
      }
    });
  });
});
