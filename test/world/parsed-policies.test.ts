import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ParsedImage } from '../../lsm/framework/shared-images.ts';
import { parsePolicy } from '../../lsm/selinux/policy/index.ts';
import { ParsedPolicies } from '../../world/daemon/parsed-policies.ts';
import { smallPolicy } from '../selinux/policies.ts';

const IMAGE = smallPolicy('mini.33');
let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'lsmfs-parsed-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** As a module that loads a policy. @returns whether it had to be parsed. */
function load(image: Uint8Array): { readonly parsed: boolean; readonly policy: ParsedImage } {
  const policies = new ParsedPolicies(root);
  const known = policies.find('selinux', image);
  const policy = known ?? (parsePolicy(image, 33) as unknown as ParsedImage);
  if (known === undefined) policies.add('selinux', policy);
  policies.close();
  return { parsed: known === undefined, policy };
}

function files(): string[] {
  return readdirSync(path.join(root, '.policies')).map((name) => path.join(root, '.policies', name));
}

it('parses an image once', () => {
  expect(load(IMAGE).parsed).toBe(true);
  const { parsed, policy } = load(Uint8Array.from(IMAGE));
  expect(parsed).toBe(false);
  expect(Buffer.compare(policy.image, IMAGE)).toBe(0);
  const [file = ''] = files();
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('parses another image, and one with something behind its end', () => {
  load(IMAGE);
  const changed = Uint8Array.from(IMAGE);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  const policies = new ParsedPolicies(root);
  expect(policies.find('selinux', changed)).toBeUndefined();
  expect(load(Buffer.concat([IMAGE, Buffer.from('behind')])).parsed).toBe(true);
  expect(files()).toHaveLength(1);
});

it('makes a damaged file anew', () => {
  load(IMAGE);
  const [file = ''] = files();
  const whole = readFileSync(file);
  for (let at = 0; at < whole.length; at += 997) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 0x40;
    writeFileSync(file, damaged);
    expect(new ParsedPolicies(root).find('selinux', IMAGE), `byte ${at}`).toBeUndefined();
  }
  truncateSync(file, 10);
  expect(load(IMAGE).parsed).toBe(true);
  expect(load(IMAGE).parsed).toBe(false);
});

it('believes no link, and no file that others may write to', () => {
  load(IMAGE);
  const [file = ''] = files();
  const elsewhere = path.join(root, 'elsewhere');
  writeFileSync(elsewhere, readFileSync(file));
  rmSync(file);
  symlinkSync(elsewhere, file);
  expect(new ParsedPolicies(root).find('selinux', IMAGE)).toBeUndefined();
  rmSync(file);
  writeFileSync(file, readFileSync(elsewhere));
  chmodSync(file, 0o602);
  expect(new ParsedPolicies(root).find('selinux', IMAGE)).toBeUndefined();
  chmodSync(file, 0o600);
  expect(new ParsedPolicies(root).find('selinux', IMAGE)).toBeDefined();
});

it('keeps four', () => {
  for (let length = 1; length <= 6; length++) {
    const policies = new ParsedPolicies(root);
    const image = new Uint8Array(length).fill(length);
    expect(policies.find('selinux', image)).toBeUndefined();
    policies.add('selinux', { ...(parsePolicy(IMAGE, 33) as unknown as ParsedImage), image });
    policies.close();
  }
  expect(files()).toHaveLength(4);
});
