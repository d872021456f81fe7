/**
 * Cost of a policy load and of decisions on Debian's policy: computed anew, and from the access vector cache. Budgets: load <= 150 ms,
 * >= 200,000 uncached decisions per second.
 */
import { existsSync, readFileSync } from 'node:fs';
import { failed } from '../linux/errno.ts';
import { AccessVectorCache } from '../lsm/selinux/decide/avc.ts';
import { ClassMap, computeAv, PolicyState } from '../lsm/selinux/decide/index.ts';
import { type Context, OBJECT_R, parsePolicy, sidOf } from '../lsm/selinux/policy/index.ts';
import { elapsed, median } from './statistics.ts';

const POLICY = '/etc/selinux/default/policy/policy.34';
const DECISIONS = 20_000;
const ROUNDS = 5;
/** As many as fit into the cache together. */
const CACHED_DECISIONS = 400;

export interface PolicyBenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** Rows for the report: first and median load, first and median decision rate, rate from the cache. */
export function benchPolicy(): PolicyBenchRow[] {
  if (!existsSync(POLICY)) throw new Error(`${POLICY} is missing: apt-get install selinux-policy-default`);
  const image = readFileSync(POLICY);
  const load = () => {
    const db = parsePolicy(image, 34);
    if (failed(db)) throw new Error(`the policy was rejected: ${db.code}`);
    ClassMap.build(db);
    return new PolicyState(db);
  };
  const loads = Array.from({ length: ROUNDS }, () => elapsed(load));

  const state = load();
  const contexts = randomObjects(state);
  const classes = state.db.classes.maximum;
  const decide = () => {
    for (let i = 0; i < DECISIONS; i++) {
      const source = contexts[(i * 7919) % contexts.length];
      const target = contexts[(i * 104729 + 1) % contexts.length];
      if (source !== undefined && target !== undefined) computeAv(state, source, target, 1 + (i % classes));
    }
  };
  const rates = Array.from({ length: ROUNDS }, () => Math.round((DECISIONS * 1000) / elapsed(decide)));
  return [
    { name: 'policy load, first', value: round(loads[0]), unit: 'ms' },
    { name: 'policy load, median', value: round(median(loads)), unit: 'ms' },
    { name: 'access decisions, uncached, first 20,000', value: rates[0] ?? 0, unit: '/s' },
    { name: 'access decisions, uncached, median', value: median(rates), unit: '/s' },
    { name: 'access decisions, cached, median', value: cachedRate(state, contexts), unit: '/s' },
  ];
}

function cachedRate(state: PolicyState, contexts: readonly Context[]): number {
  const first = contexts[0];
  if (first === undefined) throw new Error('a policy without types');
  const cache = new AccessVectorCache((ssid, tsid, tclass) => {
    const av = computeAv(state, contexts[ssid] ?? first, contexts[tsid] ?? first, tclass);
    return { ...av, seqno: 1, permissive: false };
  });
  const decide = () => {
    for (let i = 0; i < DECISIONS; i++) {
      const key = i % CACHED_DECISIONS;
      cache.decide(sidOf(key % 20), sidOf((key * 7) % 31), 1 + (key % 8));
    }
  };
  decide();
  const { misses } = cache.statistics;
  const rates = Array.from({ length: ROUNDS }, () => Math.round((DECISIONS * 1000) / elapsed(decide)));
  if (cache.statistics.misses !== misses) throw new Error('decisions fell out of the cache while it was measured');
  return median(rates);
}

/** One object context of every type, shuffled by a fixed stride. */
function randomObjects({ db }: PolicyState): Context[] {
  const level = { sensitivity: 1, categories: db.users.inValueOrder()[0]?.range.low.categories };
  if (level.categories === undefined) throw new Error('a policy without users');
  const low = { sensitivity: level.sensitivity, categories: level.categories };
  return db.types
    .inValueOrder()
    .filter((type) => !type.attribute)
    .map((type) => ({ user: 1, role: OBJECT_R, type: type.value, range: { low, high: low } }));
}

function round(ms: number | undefined): number {
  return Math.round((ms ?? 0) * 10) / 10;
}
