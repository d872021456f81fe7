import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { analysed } from '../../../test/selinux/analysed.ts';
import { DEBIAN_POLICY, installedPolicy } from '../../../test/selinux/debian-policies.ts';
import type { TransitionQuestion } from '../../framework/policy-analysis.ts';

const debian = analysed(installedPolicy(DEBIAN_POLICY));
const small = analysed(readFileSync(new URL('../../../policies/small/store/policy/policy.33', import.meta.url)));

function lines(question: Partial<TransitionQuestion>, policy = debian): string[] {
  const told = policy.transitions({ limit: 100, withRules: false, ...question });
  return 'problem' in told ? [told.problem, told.fix] : told.text.trimEnd().split('\n');
}

describe('one step', () => {
  it('is a file that is executed, of its own accord or with setexec, or a change of the process itself', () => {
    const into = lines({ to: 'passwd_t' }, small);
    expect(into).toContain(
      'user_t -> passwd_t  executes passwd_exec_t; with setexec executes bin_t, lib_t, ping_exec_t and 1 more',
    );
    expect(into).toContainEqual(
      expect.stringMatching(/^init_t -> passwd_t {2}with setexec executes .*; changes itself$/),
    );
  });

  it('is told with the booleans that prevent it', () => {
    expect(lines({ from: 'httpd_t' })).toContain(
      'httpd_t -> httpd_cvs_script_t  executes httpd_cvs_script_exec_t  # not with these booleans: httpd_builtin_scripting=off httpd_enable_cgi=off',
    );
  });

  it('has rules', () => {
    expect(lines({ from: 'user_t', to: 'ping_t', withRules: true })).toEqual([
      'user_t -> ping_t  # not with these booleans',
      '',
      'user_t -> ping_t  # not with these booleans: user_ping=off',
      '  allow user_t ping_t:process transition;  # only while (user_ping) is true; it is false: user_ping=off',
      '  entrypoint ping_exec_t',
      '    allow ping_t ping_exec_t:file { ioctl read getattr lock map execute open entrypoint };',
      '    allow user_t application_exec_type:file { ioctl read getattr lock map execute open execute_no_trans };',
      '    type_transition user_t ping_exec_t:process ping_t;  # only while (user_ping) is true; it is false: user_ping=off',
    ]);
  });
});

describe('paths', () => {
  it('are the shortest, or all of so many steps', () => {
    const question = { from: 'sshd_t', to: 'passwd_t' };
    const shortest = lines(question);
    expect(new Set(shortest.map((path) => path.split(' -> ').length))).toEqual(new Set([3]));
    const more = lines({ ...question, steps: 2 });
    expect(more).toEqual(shortest);
    expect(lines({ ...question, steps: 1 })).toEqual(['']);
  });

  it('end at the limit, and say so', () => {
    const question = { from: 'sshd_t', to: 'passwd_t', steps: 3 };
    const all = lines({ ...question, limit: 1000 });
    expect(all.length).toBeGreaterThan(3);
    expect(lines({ ...question, limit: 2 })).toEqual([
      expect.any(String),
      expect.any(String),
      '... and more than 2: --limit',
    ]);
    expect(lines({ ...question, limit: all.length })).toEqual(all);
  });
});

describe('a question that makes no sense', () => {
  it.each<[Partial<TransitionQuestion>, string]>([
    [{}, 'The question names no type.'],
    [{ from: 'domain' }, "'domain' is an attribute, not a type."],
    [{ from: 'user_t', to: 'usr_tt' }, "The policy has no type 'usr_tt'."],
    [{ from: 'user_t', to: 'user_t' }, 'Both ends are user_t.'],
    [{ to: 'user_t', steps: 2 }, 'Steps are counted between two types.'],
  ])('%o', (question, problem) => {
    expect(lines(question)[0]).toBe(problem);
  });
});
