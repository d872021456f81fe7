/** What is written is what the kernel wrote (recordings), and the same policy. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { failed } from '../../../linux/errno.ts';
import { DEBIAN_POLICY, installedPolicy } from '../../../test/selinux/debian-policies.ts';
import { PolicyState } from '../decide/policy-state.ts';
import { parsePolicy } from './parse.ts';
import type { PolicyDb } from './policydb.ts';
import { writePolicy } from './write.ts';

const MAX_VERSION = 35;

function parse(image: Uint8Array): PolicyDb {
  const db = parsePolicy(image, MAX_VERSION);
  if (failed(db)) throw new Error(db.code);
  return db;
}

function digest(image: Uint8Array): string {
  return createHash('sha256').update(image).digest('hex');
}

describe('writePolicy', () => {
  it.each([
    ['mini.33', 'b06781e3ddddcae53a210022034057bdad5799d09ca182767eb4d6449ecdb6c3'],
    ['mini.30', 'cc71b52f0eb0ab81a8cc70a052a48c7cde8ead9b83ddbb819b05b9fdb34f105e'],
    ['genfs.33', '3f06a010c21da49f88fb1946ac6ac2b9a4772384c9b09db938d0221865eb8e05'],
  ])('%s: as Linux 6.12 writes it', (name, expected) => {
    const db = parse(readFileSync(`test/conformance/scenarios/data/${name}`));
    expect(digest(writePolicy(db, new PolicyState(db)))).toBe(expected);
  });

  it('is the same policy, and stays as it is when it is loaded', () => {
    const db = parse(installedPolicy(DEBIAN_POLICY));
    const written = writePolicy(db, new PolicyState(db));
    const again = parse(written);
    expect(again).toMatchObject({
      version: db.version,
      roleAllows: db.roleAllows,
      conditionals: db.conditionals,
    });
    expect(new Map(again.filenameTransitions)).toEqual(new Map(db.filenameTransitions));
    expect(new Map(again.rangeTransitions)).toEqual(new Map(db.rangeTransitions));
    expect(again.typeAttributes).toEqual(db.typeAttributes);
    expect(again.objectContexts).toEqual(db.objectContexts);
    expect(again.rules.length).toBe(db.rules.length);
    expect(digest(writePolicy(again, new PolicyState(again)))).toBe(digest(written));
  });
});
