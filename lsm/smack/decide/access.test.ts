import { describe, expect, it } from 'vitest';
import { decide, formatAccess, parseAccess, RuleList, type Rules } from './access.ts';

function rules(lines: readonly string[], options: Partial<Rules> = {}): Rules {
  const bySubject = new Map<string, RuleList>();
  for (const line of lines) {
    const [subject = '', object = '', access = ''] = line.split(' ');
    const list = bySubject.get(subject) ?? new RuleList();
    bySubject.set(subject, list);
    list.change({ object, add: parseAccess(access), remove: ~parseAccess(access) });
  }
  return {
    rule: (subject, object) => bySubject.get(subject)?.find(object),
    bringup: false,
    unconfined: undefined,
    ...options,
  };
}

describe('access letters', () => {
  it.each([
    ['rwxatlb', 'rwxatlb'],
    ['R-x-', 'rx'],
    ['rw#x', 'rw'],
    ['-', ''],
    ['bltaxwr', 'rwxatlb'],
  ])('%s means %s', (text, shown) => {
    expect(formatAccess(parseAccess(text))).toBe(shown);
  });
});

describe('a decision', () => {
  const POLICY = rules(['A B rx', 'A C w', 'A D b', 'A E -', '* B rwxatl']);
  it.each([
    ['* B r', false],
    ['* * r', false],
    ['A @ rwxatl', true],
    ['@ B rwxatl', true],
    ['A * rwxatl', true],
    ['A A rwxatl', true],
    ['A _ rx', true],
    ['A _ l', true],
    ['A _ rl', false],
    ['A _ w', false],
    ['^ B x', true],
    ['^ B a', false],
    ['A B rx', true],
    ['A B rw', false],
    ['A B -', true],
    ['A C l', true],
    ['A C r', false],
    ['A D b', true],
    ['A E -', false],
    ['B A -', false],
    ['B _ -', true],
  ])('%s: %s', (question, allowed) => {
    const [subject = '', object = '', access = ''] = question.split(' ');
    expect(decide(POLICY, subject, object, parseAccess(access)).allowed).toBe(allowed);
  });

  it('in bring-up mode, says when a rule under trial granted it', () => {
    const policy = rules(['A B rb', 'A C r'], { bringup: true });
    expect(decide(policy, 'A', 'B', parseAccess('r'))).toMatchObject({ allowed: true, exception: 'bringup' });
    expect(decide(policy, 'A', 'C', parseAccess('r'))).toEqual({ allowed: true, reason: 'rule' });
  });

  it('in bring-up mode, denies nothing to or of the unconfined label', () => {
    const policy = rules([], { bringup: true, unconfined: 'U' });
    const ask = (subject: string, object: string) => decide(policy, subject, object, parseAccess('w'));
    expect(ask('U', 'B')).toMatchObject({ allowed: true, exception: 'unconfined subject' });
    expect(ask('B', 'U')).toMatchObject({ allowed: true, exception: 'unconfined object' });
    expect(ask('B', 'C').allowed).toBe(false);
    expect(decide({ ...policy, bringup: false }, 'U', 'B', parseAccess('w')).allowed).toBe(false);
  });
});

describe('rules with one subject', () => {
  it('are shown newest first, and keep their place when they change', () => {
    const list = new RuleList();
    for (const object of ['A', 'B', 'C']) list.change({ object, add: parseAccess('r'), remove: 0 });
    list.change({ object: 'A', add: parseAccess('wx'), remove: parseAccess('r') });
    const shown = () => list.entries().map(([object, access]) => `${object} ${formatAccess(access)}`);
    expect(shown()).toEqual(['C r', 'B r', 'A wx']);
    list.revoke();
    expect(shown()).toEqual(['C ', 'B ', 'A ']);
  });
});
