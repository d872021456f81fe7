/** `lsmfs policy who-can` and `transitions`: random questions have the answers of setools. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PolicyDb } from '../../lsm/selinux/policy/index.ts';
import { times } from '../support/tier.ts';
import { analysed } from './analysed.ts';
import { DEBIAN_MLS_POLICY, DEBIAN_POLICY, installedPolicy } from './debian-policies.ts';
import { parsed } from './policies.ts';
import { Random } from './random.ts';
import { type Asked, digest, Ours, ofSetools, randomAccess, randomTransitions } from './setools/questions.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const POLICIES = [DEBIAN_POLICY, DEBIAN_MLS_POLICY, path.join(ROOT, 'policies/small/store/policy/policy.33')];
const WITH_COMMANDS = path.join(ROOT, 'test/data/policies/feature.33');
const SEED = Number(process.env.LSMFS_SEED ?? 1);

describe.each([...POLICIES, WITH_COMMANDS])('%s', (file) => {
  const image = installedPolicy(file);
  const db = parsed(image);
  const policy = analysed(image);

  const own = new Ours(policy, db);

  it.each<[string, (db: PolicyDb, random: Random) => Asked]>([
    ['who may do what', randomAccess],
    ...(file === WITH_COMMANDS
      ? []
      : [['domain transitions', randomTransitions] as [string, typeof randomTransitions]]),
  ])(
    '%s: what setools finds',
    (_, random) => {
      const numbers = new Random(SEED);
      const asked: Asked[] = Array.from({ length: times(20, 1000) }, () => random(db, numbers));
      const told = asked.map((question) => digest(own.lines(question)));
      const found = ofSetools(file, asked);
      const different = asked.filter((_, i) => told[i]?.sha256 !== found[i]?.sha256);
      expect(different).toEqual([]);
      // Many questions have an answer.
      expect(found.filter(({ count }) => count > 0).length).toBeGreaterThan(asked.length / 4);
    },
    times(60_000, 1_800_000),
  );
});
