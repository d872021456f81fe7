/** The daemon's parts that need no mount. */

import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tgidOf } from '../../linux/ids.ts';
import { KNOWN_MODULES } from '../../lsm/known-modules.ts';
import { WorldError } from '../errors.ts';
import { bootFromOptions } from './boot-stack.ts';
import { ProcFacts } from './facts/process-facts.ts';
import { parseThreadStatus } from './facts/thread-status.ts';
import { JsonStatus, shellStatus } from './json-status.ts';

const STATUS =
  'Name:\ta\\nb\nUmask:\t0022\nTgid:\t7\nPid:\t9\nTracerPid:\t9\nNoNewPrivs:\t1\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t10 20 \nCapEff:\t000001ffffffffff\nTracerPid:\t9\n';

const [SELF, NOBODY] = [tgidOf(process.pid), tgidOf(0x7fffffff)];

describe('/proc/<tid>/status', () => {
  it('says who a thread is', () => {
    expect(parseThreadStatus(STATUS)).toMatchObject({
      comm: 'a\nb',
      tgid: 7,
      uids: [1, 2, 3, 4],
      gids: [5, 6, 7, 8],
      groups: [10, 20],
      capabilities: 0x1ffffffffffn,
      tracer: 9,
      noNewPrivs: true,
    });
  });
  it('says who it is whole, or nobody when it is cut', () => {
    const text = readFileSync('/proc/self/status', 'latin1');
    const whole = parseThreadStatus(text);
    for (let length = 0; length < text.length; length++) {
      const cut = parseThreadStatus(text.slice(0, length));
      if (cut !== undefined) expect(cut, `cut at ${length}`).toEqual(whole);
    }
  });
  it('shows who made the user namespace as root: while he has his capabilities, where there is a user 0 as well', () => {
    const uids = (status: string, besideRoot: boolean) =>
      parseThreadStatus(status, { uid: 2, gid: 6, besideRoot })?.uids;
    const without = STATUS.replace('1ffffffffff', '00000000000');
    expect([uids(STATUS, false), uids(without, false)]).toEqual([
      [1, 0, 3, 4],
      [1, 0, 3, 4],
    ]);
    expect([uids(STATUS, true), uids(without, true)]).toEqual([
      [1, 0, 3, 4],
      [1, 2, 3, 4],
    ]);
  });
  it('is nothing when it is cut', () => {
    expect(parseThreadStatus(STATUS.slice(0, 60))).toBeUndefined();
    fc.assert(fc.property(fc.string(), (text) => parseThreadStatus(text) === undefined));
  });
});

describe('facts', () => {
  const facts = new ProcFacts();
  it('of ourselves are those of the process', () => {
    expect(facts.thread(SELF)).toMatchObject({ tgid: process.pid, uid: process.geteuid?.() });
    expect(facts.threads(SELF)).toContain(process.pid);
    expect(facts.caller(SELF)?.tid).toBe(process.pid);
  });
  it('say that a thread ends only when it does', () => {
    expect(facts.isEnding(SELF)).toBe(false);
    expect(facts.isEnding(NOBODY)).toBe(true);
  });
  it('of nobody are none', () => {
    expect(facts.thread(NOBODY)).toBeUndefined();
    expect(facts.threads(NOBODY)).toEqual([]);
    expect(facts.caller(NOBODY)).toBeUndefined();
  });
  it('of a requester are its own words first, and serialise', () => {
    const caller = facts.requester(SELF, 1234, 5678);
    expect(caller).toMatchObject({ tid: process.pid, tgid: process.pid, uid: 1234, gid: 5678 });
    expect(serialised(caller)).toMatchObject({ uid: 1234, tgid: process.pid });
  });
});

const serialised = (value: object): unknown =>
  JSON.parse(JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? String(part) : part)));

describe('status lines', () => {
  it('turn a wait status into that of a shell', () => {
    expect([0, 0x300, 9, 0x8b].map(shellStatus)).toEqual([0, 3, 137, 139]);
  });
  it('say the end once', () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-status-'));
    const file = path.join(directory, 'out');
    const lines = new JsonStatus(openSync(file, 'w'), tgidOf(42));
    lines.started('w');
    lines.exited(0x400);
    lines.exited(undefined);
    const written = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(written).toEqual([{ 'child-pid': 42, world: 'w', 'daemon-pid': process.pid }, { 'exit-code': 4 }]);
    rmSync(directory, { recursive: true });
  });
});

describe('booting', () => {
  const environment = { facts: new ProcFacts(), log: { print() {}, audit() {} } };
  const options = { profile: 'mainline', enforcing: false } as const;
  const lsm = KNOWN_MODULES.find(({ explains }) => explains?.fileLabel)?.name ?? '';
  it('takes the modules asked for', () => {
    expect(bootFromOptions({ ...options, lsm }, environment).active).toContain(lsm);
  });
  it.each([
    ['bad-option', { lsm: 'nonsense' }],
    ['bad-option', { build: 'nonsense' }],
    ['unreadable-policy', { lsm, policy: { files: ['/no/such/file'], shown: false } }],
    ['bad-policy', { lsm, policy: { files: ['/proc/self/status'], shown: false } }],
    ['bad-option', { lsm: 'capability', policy: { files: ['/proc/self/status'], shown: false } }],
  ])('says %s for %j', (code, wrong) => {
    let error: unknown;
    try {
      bootFromOptions({ ...options, ...wrong }, environment);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(WorldError);
    expect((error as WorldError).code).toBe(code);
    expect((error as WorldError).fix).toMatch(/\w/);
  });
});
