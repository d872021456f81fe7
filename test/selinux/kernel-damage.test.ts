/**
 * Damaged policies get the errno of a kernel booted now, or load as they do there; whatever one of them is, the next
 * one is judged as if it had not been. SEED=n damages others; TIMES=n damages n times as many.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { failed } from '../../linux/errno.ts';
import { SelinuxState } from '../../lsm/selinux/decide/state.ts';
import { parsePolicy } from '../../lsm/selinux/policy/index.ts';
import { type Damaged, damaged, fieldsOf } from './oracle/damage.ts';
import { askKernel } from './oracle/kernel.ts';
import { LibsepolServer } from './oracle/libsepol-server.ts';
import type { Answer } from './oracle/question.ts';
import { asVersion33, compileSynthetic } from './oracle/synthetic.ts';
import { Random } from './random.ts';

const SEED = Number(process.env.SEED ?? 1);
const TIMES = Number(process.env.TIMES ?? 1);
const COUNT = 600 * TIMES;
const TIMEOUT_MS = 100_000 + 100_000 * TIMES;
/** Newest version that Linux 6.12 reads. */
const VERSION = 33;

let server: LibsepolServer;
beforeAll(() => {
  server = new LibsepolServer();
});
afterAll(() => {
  server?.close();
});

/** Loads in their order; a kernel that dies of one (`died`) is booted again for the next. */
async function askAboutLoads(files: readonly string[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  while (answers.length < files.length) {
    const rest = files.slice(answers.length).map((file) => ({ kind: 'load' as const, file }));
    answers.push(...(await askKernel(rest, TIMEOUT_MS, { partial: true })));
    if (answers.length < files.length) answers.push('died');
  }
  return answers;
}

/** Two types with one value: which of them counts is a matter of the kernel's hash order. */
function isAmbiguous({ image }: Damaged): boolean {
  const db = parsePolicy(image, VERSION);
  if (failed(db)) return false;
  const values = [...db.types.all()].filter(({ primary }) => primary).map(({ value }) => value);
  return new Set(values).size < values.length;
}

it(
  'the kernel and this program refuse the same policies for the same reasons',
  async () => {
    const random = new Random(SEED);
    const images = [
      ...[true, false].map((mls) => readFileSync(asVersion33(compileSynthetic(server, SEED, 'allow', { mls })))),
      ...[24, 28, 30].map((version) => readFileSync(compileSynthetic(server, SEED, 'allow', { version }))),
    ].map((image) => ({ image, fields: fieldsOf(image, VERSION) }));
    const cases = Array.from({ length: COUNT }, (_, i) => {
      const { image, fields } = random.pick(images);
      const changed = damaged(image, random.pick(fields), random);
      const file = `${server.folder}/damaged${i}`;
      writeFileSync(file, changed.image);
      return { ...changed, file };
    });
    const kernel = await askAboutLoads(cases.map(({ file }) => file));
    const state = new SelinuxState({ enforcing: false, log: { print: () => {}, audit: () => {} } });
    const here = cases.map(({ image }) => state.load(image)?.code ?? 'ok');
    const differences = cases.flatMap((damage, i) =>
      kernel[i] === 'died' || kernel[i] === here[i] || isAmbiguous(damage)
        ? []
        : [`${damage.what}: here ${here[i]}, kernel ${kernel[i]}`],
    );
    const tally = new Map<string, number>();
    for (const answer of kernel) tally.set(answer, (tally.get(answer) ?? 0) + 1);
    console.log(
      `seed ${SEED}: ${COUNT} damaged policies, ${[...tally].map((row) => row.join(' ')).join(', ')}, ${differences.length} differences`,
    );
    expect(differences.slice(0, 5)).toEqual([]);
    expect(tally.get('ok') ?? 0).toBeGreaterThan(COUNT / 10);
    expect(tally.get('EINVAL') ?? 0).toBeGreaterThan(COUNT / 10);
    expect(tally.get('died') ?? 0).toBeLessThan(COUNT / 20);
  },
  TIMEOUT_MS,
);
