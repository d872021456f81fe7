import { describe, expect, it } from 'vitest';
import { analysed } from '../../../test/selinux/analysed.ts';
import { smallPolicy } from '../../../test/selinux/policies.ts';
import type { AccessQuestion } from '../../framework/policy-analysis.ts';

const policy = analysed(smallPolicy('feature.33'));

function lines(question: Partial<AccessQuestion>): string[] {
  const told = policy.access({ permissions: [], asWritten: false, ...question });
  return 'problem' in told ? [told.problem, told.fix] : told.text.trimEnd().split('\n');
}

describe('who may', () => {
  it('resolves the attributes of a rule, and shows only what was asked for', () => {
    const asked = { target: 'data_t', class: 'file', permissions: ['read'] };
    expect(lines(asked)).toEqual([
      'allow child_t data_t:file read;',
      'allow parent_t data_t:file read;',
      'allow perm_t data_t:file read;',
    ]);
    expect(lines({ ...asked, asWritten: true })).toEqual(['allow domain data_t:file { ioctl read write getattr };']);
  });

  it('says what a condition depends on, and whether it holds', () => {
    expect(lines({ source: 'perm_t', target: 'other_t' })).toEqual([
      'allow perm_t other_t:file read;  # only while (fast && !slow) is true; it is false: fast=off slow=on',
      'allow perm_t other_t:file getattr;  # because (fast && !slow) is false: fast=off slow=on',
    ]);
  });

  it('shows the commands that narrow ioctl', () => {
    const asked = { source: 'parent_t', target: 'data_t', permissions: ['ioctl'] };
    expect(lines(asked)).toEqual([
      'allow parent_t data_t:file ioctl;',
      'allowxperm parent_t data_t:file ioctl 0x5400-0x55ff;',
      'allowxperm parent_t data_t:file ioctl 0x8910-0x8912;',
    ]);
    expect(lines({ ...asked, permissions: ['read'] })).toEqual(['allow parent_t data_t:file read;']);
  });

  it('takes an attribute at either end, and * for anything', () => {
    expect(lines({ source: 'domain', target: '*', class: 'file', permissions: ['write'] })).toEqual(
      lines({ target: 'data_t', class: 'file', permissions: ['write'] }),
    );
  });
});

describe('a question with a name that the policy does not have', () => {
  it.each<[Partial<AccessQuestion>, string, string]>([
    [{ target: 'dta_t' }, "The policy has no type or attribute 'dta_t'.", 'Did you mean data_t?'],
    [{ source: 'domian' }, "The policy has no type or attribute 'domian'.", 'Did you mean domain?'],
    [{ class: 'fiel' }, "The policy has no class 'fiel'.", 'Did you mean file?'],
    [{ class: 'file', permissions: ['raed'] }, "Class file has no permission 'raed'.", 'Did you mean read?'],
    [{ source: 'domain', permissions: ['raed'] }, "No class has a permission 'raed'.", 'Did you mean read?'],
    [{ target: '*' }, 'The question names neither a type nor a class.', 'Name a target, a class or --source.'],
  ])('%o', (question, problem, fix) => {
    const [told, remedy] = lines(question);
    expect(told).toBe(problem);
    expect(remedy).toContain(fix);
  });
});
