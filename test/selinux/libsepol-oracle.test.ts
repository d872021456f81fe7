/**
 * More than 100,000 random questions of all kinds have the answers of libsepol: on Debian's default and MLS policies,
 * on the default one in every version of the format that libsepol writes, and on synthetic policies that use every
 * feature. Booleans are turned over between questions.
 *
 * SEED=n asks others; TIMES=n asks n times as many.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEBIAN_MLS_POLICY, DEBIAN_POLICY, installedPolicy } from './debian-policies.ts';
import { ALL_FEATURES, featuresOf } from './oracle/features.ts';
import { LIBSEPOL_DIFFERENCES } from './oracle/libsepol-differences.ts';
import { LibsepolServer } from './oracle/libsepol-server.ts';
import { differenceText, parsedFile, play, type Tally, tallyText } from './oracle/play.ts';
import { type Mix, QuestionMaker } from './oracle/question-maker.ts';
import { compileSynthetic } from './oracle/synthetic.ts';
import { Random } from './random.ts';

const SEED = Number(process.env.SEED ?? 1);
const TIMES = Number(process.env.TIMES ?? 1);
const TIMEOUT_MS = 60_000 + 60_000 * TIMES;

const DECISIONS: Mix = {
  access: 40,
  create: 15,
  member: 5,
  relabel: 5,
  context: 12,
  user: 1,
  validatetrans: 6,
  boolean: 1,
};
const MIX: Mix = {
  ...DECISIONS,
  xperms: 6,
  genfs: 3,
  fsuse: 1,
  port: 2,
  node: 1,
  netif: 1,
  pkey: 1,
  endport: 1,
  isid: 1,
};

let server: LibsepolServer;
const met = new Set<string>();
let asked = 0;

beforeAll(() => {
  server = new LibsepolServer();
});
afterAll(() => {
  server?.close();
});

/** Asks both and tells what differs without a known reason. */
function compare(name: string, policy: string, count: number, seed = SEED): Tally {
  const db = parsedFile(policy);
  const maker = new QuestionMaker(db, new Random(seed), server.rules(policy), { fileNames: false });
  const questions = maker.make(count * TIMES, MIX);
  const tally = play(
    [{ kind: 'load', file: policy }, ...questions],
    ['ok', ...server.ask(policy, questions)],
    'libsepol',
  );
  const unknown = tally.differences.filter((difference) => {
    const known = LIBSEPOL_DIFFERENCES.find((candidate) => candidate.explains(db, difference));
    if (known !== undefined) met.add(known.reason);
    return known === undefined;
  });
  console.log(`${name}, seed ${seed}: ${tallyText({ ...tally, differences: unknown })}`);
  expect(unknown.slice(0, 5).map(differenceText)).toEqual([]);
  for (const { count: number } of tally.asked.values()) asked += number;
  asked -= tally.differences.length;
  return tally;
}

/** A comparison of questions that all have the same answer shows nothing. */
function answersOf(tally: Tally, kind: string): number {
  return tally.asked.get(kind)?.answers.size ?? 0;
}

describe('Debian', () => {
  it.each([
    ['default', DEBIAN_POLICY, 22_000],
    ['mls', DEBIAN_MLS_POLICY, 18_000],
  ])(
    '%s policy',
    (name, policy, count) => {
      installedPolicy(policy);
      const tally = compare(name, policy, count);
      for (const kind of ['access', 'create', 'member', 'relabel', 'context']) {
        expect(answersOf(tally, kind), kind).toBeGreaterThan(100);
      }
      if (name === 'mls') expect(answersOf(tally, 'validatetrans')).toBe(2);
    },
    TIMEOUT_MS,
  );

  it.each([24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34])(
    'default policy as version %i',
    (version) => {
      const file = `${server.folder}/default.${version}`;
      server.convert(DEBIAN_POLICY, file, version);
      const db = parsedFile(file);
      expect(db.version).toBe(version);
      expect(db.filenameTransitions.size > 0).toBe(version >= 25);
      compare(`version ${version}`, file, 1_500, SEED + version);
    },
    TIMEOUT_MS,
  );
});

describe('synthetic policies', () => {
  const seeds = Array.from({ length: 6 }, (_, i) => SEED * 100 + i);
  const compiled = (seed: number) => {
    const unknown = (['allow', 'deny', 'reject'] as const)[seed % 3] ?? 'allow';
    return compileSynthetic(server, seed, unknown);
  };

  it('use every feature', () => {
    const used = new Set(seeds.flatMap((seed) => [...featuresOf(parsedFile(compiled(seed)))]));
    expect(ALL_FEATURES.filter((feature) => !used.has(feature))).toEqual([]);
  });

  it.each(seeds)(
    'policy %i',
    (seed) => {
      const tally = compare(`synthetic ${seed}`, compiled(seed), 7_500, seed);
      for (const kind of ['access', 'create', 'xperms', 'context', 'genfs', 'port', 'node']) {
        expect(answersOf(tally, kind), kind).toBeGreaterThan(3);
      }
      expect(answersOf(tally, 'validatetrans')).toBe(2);
    },
    TIMEOUT_MS,
  );

  it(
    'policy without levels',
    () => {
      compare('synthetic, no MLS', compileSynthetic(server, SEED, 'allow', { mls: false }), 2_000);
    },
    TIMEOUT_MS,
  );

  it.each([24, 26, 28, 30, 32])(
    'policy as version %i',
    (version) => {
      compare(
        `synthetic version ${version}`,
        compileSynthetic(server, SEED, 'deny', { version }),
        1_500,
        SEED + version,
      );
    },
    TIMEOUT_MS,
  );
});

it('was asked 100,000 questions, and every known difference was met', () => {
  console.log(`${asked} questions with the answers of libsepol; known differences: ${[...met].join('; ')}`);
  expect(asked).toBeGreaterThan(100_000 * TIMES);
  expect(LIBSEPOL_DIFFERENCES.map(({ reason }) => reason).filter((reason) => !met.has(reason))).toEqual([]);
});
