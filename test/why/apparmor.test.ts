/** `lsmfs why --lsm=apparmor` of compiled profiles, and of a running world; the profiles are beside this file. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs, script } from '../world/program.ts';

const PROFILES = path.join(import.meta.dirname, 'questions.prof');
let directory: string;
let compiled: string;

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-why-'));
  compiled = path.join(directory, 'compiled');
  const features = '/usr/share/apparmor-features/features';
  writeFileSync(compiled, execFileSync('apparmor_parser', ['-QKSq', '-M', features, PROFILES]));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What is printed, without the verdict's details where only the verdict counts. */
async function ask(...words: string[]): Promise<{ status: number | null; lines: string[] }> {
  const { status, stdout, stderr } = await lsmfs(['why', '--lsm=apparmor', `--policy=${compiled}`, ...words]);
  return { status, lines: (stdout + stderr).trimEnd().split('\n') };
}

describe('why --lsm=apparmor', () => {
  it.each([
    ['t1 /etc/passwd r', 0, ['allowed  r', '  t1 (enforce): a rule allows it']],
    ['t1 /etc/hosts w', 0, ['allowed  w', '  t1 (enforce): a rule allows it; logged as AUDIT']],
    ['t1 /etc/shadow r', 1, ['denied  r', '  t1 (enforce): a deny rule refuses it without a record']],
    ['t2 /etc/shadow r', 1, ['denied  r', '  t2 (complain): a deny rule refuses it without a record']],
    [
      't1 /etc/passwd w create',
      1,
      [
        'denied  w create',
        '  t1 (enforce): no rule allows it; /etc/passwd has r; logged as DENIED',
        '  to allow it:',
        '    /etc/passwd w,',
      ],
    ],
    [
      't1 /etc/passwd wax',
      1,
      [
        'denied  w a x',
        '  t1 (enforce): no rule allows it; /etc/passwd has r; logged as DENIED',
        '  to allow it:',
        '    /etc/passwd wix,',
      ],
    ],
    ['t1 /home/u/.t1/x r', 0, ['allowed  r', '  t1 (enforce): a rule allows it; for the owner of the file only']],
    [
      '--not-owner t1 /home/u/.t1/x r',
      1,
      ['denied  r', '  t1 (enforce): no rule allows it; logged as DENIED', '  to allow it:', '    /home/u/.t1/x r,'],
    ],
    [
      't2 /usr/bin/x r',
      1,
      [
        'denied  r',
        '  t2 (complain): no rule allows it; no rule goes beyond /usr/bin/; logged as ALLOWED',
        '  granted: the profiles that deny it are in complain mode',
        '  to allow it:',
        '    /usr/bin/x r,',
      ],
    ],
    [
      't3 /etc/group r',
      1,
      [
        'denied  r',
        '  t3 (kill): no rule allows it; no rule goes beyond /etc/; the task is killed, and that is logged',
        '  to allow it:',
        '    /etc/group r,',
      ],
    ],
    [
      't1//&t2 /etc/passwd r',
      1,
      [
        'denied  r',
        '  t1 (enforce): a rule allows it',
        '  t2 (complain): no rule allows it; no rule goes beyond /etc/; logged as ALLOWED',
        '  granted: the profiles that deny it are in complain mode',
        '  to allow it:',
        '    /etc/passwd r,  (in t2)',
      ],
    ],
  ])('%s', async (question, status, lines) => {
    const answer = await ask(...question.split(' '));
    expect(answer.lines).toEqual(lines);
    expect(answer.status).toBe(status);
  });

  it.each([
    ['t1 /usr/bin/id x', 'ix, to t1 (enforce)', 't1 (enforce)'],
    ['t1 /usr/bin/foo x', 'Px -> t2, to t2 (complain), environment scrubbed', 't2 (complain)'],
    ['t1 /usr/bin/bar x', 'Px -> t1//child, to t1//child (enforce), environment scrubbed', 't1//child (enforce)'],
    ['t1 /usr/bin/pix x', 'Pix, to t1 (enforce)', 't1 (enforce)'],
    ['t1 /usr/bin/ux x', 'Ux, to unconfined, environment scrubbed', 'unconfined'],
    ['t2 /usr/bin/id x', 'px, to bare (unconfined)', 'bare (unconfined)'],
  ])('%s leads %s', async (question, transition, after) => {
    const { status, lines } = await ask(...question.split(' '));
    expect(lines[1]).toMatch(/^ {2}t[12] \(\w+\): a rule allows it; /);
    expect(lines[1]?.split('allows it; ')[1]).toBe(transition);
    expect(lines[2]).toBe(`  it runs as ${after}`);
    expect(status).toBe(0);
  });

  it('an executable whose profile is missing cannot be executed', async () => {
    expect(await ask('t1', '/usr/bin/missing', 'x')).toEqual({
      status: 1,
      lines: ['denied  x', '  t1 (enforce): a rule allows it; px, there is no such profile: EACCES'],
    });
  });

  it.each([
    ['t1 capability chown', true],
    ['t1 capability CAP_NET_ADMIN', false],
    ['t1 network inet stream connect', true],
    ['t1 network inet dgram create', false],
    ['t1 signal term t2 send', true],
    ['t1 signal term t2 receive', false],
    ['t1 signal hup t2 send', false],
    ['t1 signal term elsewhere send', false],
    ['t1 ptrace t2 read', true],
    ['t1 ptrace t2 trace', false],
    ['t1 mount tmpfs /mnt/a tmpfs rw nosuid', true],
    ['t1 mount tmpfs /mnt/a tmpfs', false],
    ['t1 mount ext4 /mnt/a ext4', false],
    ['t1 mount /srv /mnt/a none bind', true],
    ['t1 mount /home /mnt/a none bind', false],
    ['t1 umount /mnt', true],
    ['t1 umount /srv', false],
    ['t1 pivot_root /new /new/old', true],
    ['t1 pivot_root /old /new/old', false],
    ['t1 userns', false],
    ['t3 userns', true],
    ['t1 change_profile t2', true],
    ['t1 change_profile t3', false],
    ['t1 change_hat hat', true],
    ['t1 change_hat child', false],
    ['unconfined /etc/shadow w', true],
    ['bare capability sys_admin', true],
  ])('%s: allowed is %s', async (question, allowed) => {
    const { status, lines } = await ask(...question.split(' '));
    expect(lines[0]).toMatch(allowed ? /^allowed {2}/ : /^denied {2}/);
    expect(status).toBe(allowed ? 0 : 1);
  });

  it('prints JSON', async () => {
    const { lines } = await ask('--json', 't1', '/usr/bin/foo', 'x');
    expect(JSON.parse(lines.join('\n'))).toEqual({
      label: 't1 (enforce)',
      class: 'file',
      object: '/usr/bin/foo',
      allowed: true,
      answers: [
        {
          permissions: ['x'],
          allowed: true,
          forgiven: false,
          profiles: [
            {
              profile: 't1',
              mode: 'enforce',
              verdict: 'allow-rule',
              gives: [],
              exec: { rule: 'Px', named: 't2', target: 't2 (complain)', secure: true },
            },
          ],
          remedies: [],
        },
      ],
      after: 't2 (complain)',
    });
  });

  it.each([
    ['nope /x r', /no label 'nope'.*\n.*Known: /],
    ['t1 x', /neither an absolute path nor a kind of rule/],
    ['t1 /x zz', /no permission 'zz'/],
    ['t1 network inet', /not complete.*\n.*network FAMILY TYPE/],
    ['t1 network nonet stream', /no address family 'nonet'/],
    ['t1 capability foo', /no capability 'foo'/],
    ['t1 signal foo t2', /no signal 'foo'/],
    ['t1 mount a /b c nosuidd', /no 'nosuidd' here/],
  ])('%s is no question', async (question, message) => {
    const { status, lines } = await ask(...question.split(' '));
    expect(lines.join('\n')).toMatch(message);
    expect(status).toBe(125);
  });

  it('a file that is not compiled policy is refused with the reason', async () => {
    const { status, stderr } = await lsmfs(['why', '--lsm=apparmor', `--policy=${PROFILES}`, 't1', '/x', 'r']);
    expect(stderr).toMatch(/not compiled AppArmor policy: invalid profile format/);
    expect(status).toBe(125);
  });

  it('a world answers by what is loaded now, with its namespaces', async () => {
    const result = await script(`$LSMFS run --lsm=selinux,apparmor -- sh -c '
      why() { $LSMFS why --lsm=apparmor "$@" | head -2; }
      apparmor_parser -r ${PROFILES}; why t1 /etc/passwd r
      printf "profile t1 { /etc/passwd w, }" | apparmor_parser -r; why t1 /etc/passwd r
      mkdir /sys/kernel/security/apparmor/policy/namespaces/ns
      printf "profile in { /usr/bin/* px, }" | apparmor_parser -n ns -r; why "t1//&:ns:in" /etc/passwd r'`);
    expect(result.stdout.split('\n')).toEqual([
      'allowed  r',
      '  t1 (enforce): a rule allows it',
      'denied  r',
      '  t1 (enforce): no rule allows it; /etc/passwd has wa; logged as DENIED',
      'denied  r',
      '  t1 (enforce): no rule allows it; /etc/passwd has wa; logged as DENIED',
      '',
    ]);
    expect(result.leftovers).toSatisfy(isClean);
    const without = await script('$LSMFS run --lsm=selinux -- $LSMFS why --lsm=apparmor a /b r');
    expect(without.stderr).toMatch(/apparmor does not run in that world/);
    expect(without.status).toBe(125);
  });
});
