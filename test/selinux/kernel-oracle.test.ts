/**
 * A kernel booted now (User-mode Linux 6.12) answers random questions as this program does: Debian's policies, versions
 * 24 to 33 of the default one, synthetic policies that use every feature; file names, classes that are none, and what
 * ioctl commands a process may really use. One boot; each load takes over the booleans of the policy before.
 *
 * SEED=n asks others; TIMES=n asks n times as many.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PolicyDb } from '../../lsm/selinux/policy/index.ts';
import { DEBIAN_MLS_POLICY, DEBIAN_POLICY, installedPolicy } from './debian-policies.ts';
import { askKernel, type KernelQuestion } from './oracle/kernel.ts';
import { LibsepolServer } from './oracle/libsepol-server.ts';
import { differenceText, parsedFile, play, tallyText } from './oracle/play.ts';
import type { Question, Step } from './oracle/question.ts';
import { type Mix, QuestionMaker } from './oracle/question-maker.ts';
import { asVersion33, compileSynthetic } from './oracle/synthetic.ts';
import { Random, randomContexts } from './random.ts';

const SEED = Number(process.env.SEED ?? 1);
const TIMES = Number(process.env.TIMES ?? 1);
const TIMEOUT_MS = 100_000 + 100_000 * TIMES;

const MIX: Mix = { access: 36, create: 25, member: 5, relabel: 5, context: 12, user: 1, validatetrans: 8, boolean: 1 };

/** Classes that the policy does not have. */
function strangeClasses(db: PolicyDb, random: Random): Question[] {
  const contexts = [...randomContexts(db, random, 6).keys()];
  const classes = [0, db.classes.maximum + 1, 65_535];
  return classes.flatMap((strange) =>
    contexts.flatMap((source): Question[] => {
      const question = { source, target: random.pick(contexts), class: strange };
      return [
        ...(['access', 'create', 'member', 'relabel'] as const).map((kind) => ({ kind, ...question })),
        { kind: 'validatetrans', old: source, new: source, class: strange, task: question.target },
      ];
    }),
  );
}

let server: LibsepolServer;
beforeAll(() => {
  server = new LibsepolServer();
});
afterAll(() => {
  server?.close();
});

interface Part {
  readonly name: string;
  readonly asked: readonly (KernelQuestion | Step)[];
}

/** @param rules the same policy as libsepol can read it. */
function part(name: string, policy: string, rules: string, count: number, ioctls: number): Part {
  const db = parsedFile(policy);
  const random = new Random(SEED);
  const maker = new QuestionMaker(db, random, server.rules(rules), { fileNames: true });
  const questions = [...maker.make(count * TIMES, MIX), ...strangeClasses(db, random), ...maker.ioctls(ioctls * TIMES)];
  return { name, asked: [{ kind: 'load', file: policy }, ...questions] };
}

function debianPart(name: string, policy: string, version: number, count: number): Part {
  installedPolicy(policy);
  const file = `${server.folder}/${name}.${version}`;
  server.convert(policy, file, version);
  return part(`${name}, version ${version}`, file, file, count, 0);
}

describe('a kernel booted now', () => {
  it(
    'gives the same answers',
    async () => {
      const parts = [
        debianPart('default', DEBIAN_POLICY, 33, 5_000),
        debianPart('mls', DEBIAN_MLS_POLICY, 33, 5_000),
        ...[24, 25, 26, 27, 28, 29, 30, 31, 32].map((version) => debianPart('default', DEBIAN_POLICY, version, 300)),
        ...[0, 1, 2, 3].map((i) => {
          const options = { mls: i !== 3 };
          const policy = compileSynthetic(server, SEED * 100 + i, i % 2 === 0 ? 'allow' : 'deny', options);
          return part(`synthetic ${SEED * 100 + i}`, asVersion33(policy), policy, 2_500, 250);
        }),
      ];
      const asked = parts.flatMap((some) => some.asked);
      const answers = await askKernel(asked, TIMEOUT_MS);
      // Each part is played after those before it, because of the booleans.
      const tally = play(asked, answers, 'kernel');
      console.log(`seed ${SEED}, ${parts.length} policies: ${tallyText(tally)}`);
      expect(tally.differences.slice(0, 5).map(differenceText)).toEqual([]);
      for (const kind of ['access', 'create', 'member', 'relabel', 'context']) {
        expect(tally.asked.get(kind)?.answers.size ?? 0, kind).toBeGreaterThan(200);
      }
      expect([...(tally.asked.get('validatetrans')?.answers ?? [])].sort()).toEqual(['EINVAL', 'denied', 'ok']);
      const partly = [...(tally.asked.get('ioctl')?.answers ?? [])].filter((answer) =>
        /0[01-]*1|1[01-]*0/.test(answer),
      );
      expect(partly.length).toBeGreaterThan(5);
    },
    TIMEOUT_MS,
  );
});
