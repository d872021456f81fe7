/**
 * Loads, one after the other, of policies that define different things: files keep the labels they were given, as text
 * while no policy understands them, booleans keep their values by name, and a policy that is refused changes nothing;
 * enforcing or not. A kernel booted now does the same. SEED=n tries other ones.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { failed, type Result } from '../../linux/errno.ts';
import { answerAccess, answerComputedContext } from '../../lsm/selinux/decide/queries.ts';
import { SelinuxState } from '../../lsm/selinux/decide/state.ts';
import { SECSID_NULL, type Sid } from '../../lsm/selinux/policy/index.ts';
import { type ChangingPolicy, changingContext, changingPolicy, NAMES } from './oracle/changing-policy.ts';
import { askKernel, type ReloadStep } from './oracle/kernel.ts';
import type { Answer, CreateQuestion, PairQuestion, Step } from './oracle/question.ts';
import { Random } from './random.ts';

const SEED = Number(process.env.SEED ?? 1);
const LOADS = 40 * Number(process.env.TIMES ?? 1);
const TIMEOUT_MS = 100_000 * Number(process.env.TIMES ?? 1);

type ReloadQuestion = ReloadStep | Step | PairQuestion | CreateQuestion;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-reload-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function compiled({ cil, mls, unknown }: ChangingPolicy, index: number): string {
  const file = path.join(folder, `policy${index}`);
  writeFileSync(`${file}.cil`, cil);
  const argv = ['-N', '-M', `${mls}`, '-c', '33', '-U', unknown, '-o', file, '-f', '/dev/null', `${file}.cil`];
  const run = spawnSync('secilc', argv, { encoding: 'utf8', timeout: 60_000 });
  if (run.status !== 0) throw new Error(`secilc (apt-get install secilc): ${run.error?.message ?? run.stderr}`);
  return file;
}

function sequence(random: Random): ReloadQuestion[] {
  const files: string[] = [];
  const contexts: string[] = [];
  let booleans: readonly string[] = [];
  return Array.from({ length: LOADS }, (_, index) => index).flatMap((index): ReloadQuestion[] => {
    const policy = changingPolicy(random);
    // The first one must load: it labels the filesystem of the files.
    const loaded = { ...policy, ...(index === 0 ? { unknown: 'allow' as const, mls: true } : {}) };
    if (loaded.unknown !== 'reject') booleans = loaded.booleans;
    const known = [...files];
    const made = Array.from({ length: 6 }, (): ReloadQuestion => {
      const [name, context] = [`f${files.length}`, changingContext(random)];
      files.push(name);
      contexts.push(context);
      return { kind: 'file', name, context };
    });
    const turned = booleans.filter(() => random.below(2) === 0);
    // Half of them are valid in most policies.
    const any = () => random.pick([random.pick(contexts), `base_u:object_r:${random.pick(NAMES.types)}:s0`]);
    const asked = Array.from({ length: 20 }, () => ({
      kind: random.pick(['access', 'access', 'create', 'member', 'relabel'] as const),
      source: any(),
      target: any(),
      class: 1 + random.below(8),
    }));
    return [
      { kind: 'enforce', value: random.pick([0, 1]) },
      { kind: 'load', file: compiled(loaded, index) },
      ...known.map((name) => ({ kind: 'label' as const, name })),
      ...NAMES.booleans.map((boolean) => ({ kind: 'value' as const, boolean })),
      ...made,
      ...turned.map((name) => ({ kind: 'boolean' as const, name, value: random.pick([0, 1] as const) })),
      ...asked,
    ];
  });
}

/** The same in this process: a file is its SID. */
function here(asked: readonly ReloadQuestion[]): Answer[] {
  const state = new SelinuxState({
    enforcing: false,
    log: { print: () => {}, audit: () => {} },
  });
  const files = new Map<string, Sid>();
  const text = (result: Result<string>) => (failed(result) ? result.code : result);
  const value = (name: string) => state.loaded?.state.db.booleans.byName(name)?.value;
  const step = (question: ReloadQuestion): Answer => {
    switch (question.kind) {
      case 'load':
        return state.load(readFileSync(question.file))?.code ?? 'ok';
      case 'enforce':
        state.setEnforcing(question.value === 1);
        return 'ok';
      case 'file': {
        const sid = state.contextToSidForced(question.context);
        if (failed(sid)) return sid.code;
        files.set(question.name, sid);
        return 'ok';
      }
      case 'label':
        return text(state.sidToContext(files.get(question.name) ?? SECSID_NULL, true));
      case 'value': {
        const at = value(question.boolean);
        if (at === undefined) return 'ENOENT';
        return `${state.loaded?.state.booleans[at - 1]} ${state.pendingBooleans?.[at - 1]}`;
      }
      case 'boolean': {
        const at = value(question.name);
        if (at === undefined || state.pendingBooleans === undefined) return 'ENOENT';
        state.pendingBooleans[at - 1] = question.value;
        state.commitBooleans();
        return 'ok';
      }
      default:
        return pairHere(state, question);
    }
  };
  return asked.map(step);
}

const OPERATION = { create: 'transition', member: 'member', relabel: 'change' } as const;

/** As selinuxfs answers, whose new contexts must be valid when enforcing. */
function pairHere(state: SelinuxState, question: PairQuestion | CreateQuestion): Answer {
  const query = Buffer.from(`${question.source} ${question.target} ${question.class}`);
  const { kind } = question;
  const answer = kind === 'access' ? answerAccess(state, query) : answerComputedContext(state, OPERATION[kind], query);
  if (failed(answer)) return answer.code;
  if (kind !== 'access') return answer.slice(0, -1);
  const [allowed, , auditallow, auditdeny, , flags] = answer.split(' ');
  return [allowed, auditallow, auditdeny, flags].join(' ');
}

it(
  'a kernel and this program stay of one mind over many loads',
  async () => {
    const asked = sequence(new Random(SEED));
    const answers = await askKernel(asked, TIMEOUT_MS);
    const ours = here(asked);
    const differences = asked.flatMap((question, i) =>
      ours[i] === answers[i] ? [] : [`${i} ${JSON.stringify(question)}: here ${ours[i]}, kernel ${answers[i]}`],
    );
    const count = (kind: string, answer: RegExp) =>
      asked.filter((question, i) => question.kind === kind && answer.test(answers[i] ?? '')).length;
    const loads = { loaded: count('load', /^ok$/), refused: count('load', /^E/) };
    console.log(`seed ${SEED}: ${asked.length} steps, ${JSON.stringify(loads)}, ${differences.length} differences`);
    expect(differences.slice(0, 5)).toEqual([]);
    expect(loads.loaded).toBeGreaterThan(LOADS / 3);
    expect(loads.refused).toBeGreaterThan(0);
    for (const kind of ['access', 'create', 'relabel']) {
      expect(count(kind, /^E/), kind).toBeGreaterThan(10);
      expect(count(kind, /^[^E]/), kind).toBeGreaterThan(5);
    }
  },
  TIMEOUT_MS,
);
