import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEBIAN_MLS_POLICY, installedPolicy } from '../../../test/selinux/debian-policies.ts';
import { parsed, smallPolicy, stateOf } from '../../../test/selinux/policies.ts';
import { CONDITION_AND, CONDITION_BOOLEAN, CONDITION_NOT, CONDITION_OR, CONDITION_XOR } from '../policy/conditional.ts';
import { Ebitmap } from '../policy/ebitmap.ts';
import { conditionText } from './expression-text.ts';
import { typeSetText } from './names.ts';

const SMALL = path.join(import.meta.dirname, '../../../policies/small/store/policy/policy.33');
const { db } = stateOf(smallPolicy('feature.33'));
const booleans = db.booleans.inValueOrder();

type Values = Readonly<Record<string, boolean>>;

/** A random expression in reverse Polish notation, and what it means. */
interface Meaning {
  readonly terms: readonly { kind: number; boolean: number }[];
  value(values: Values): boolean;
}
const { expression } = fc.letrec<{ expression: Meaning }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(...booleans).map(({ name, value }) => ({
      terms: [{ kind: CONDITION_BOOLEAN, boolean: value }],
      value: (values: Values) => values[name] === true,
    })),
    tie('expression').map((inner) => ({
      terms: [...inner.terms, { kind: CONDITION_NOT, boolean: 0 }],
      value: (values: Values) => !inner.value(values),
    })),
    fc
      .tuple(tie('expression'), tie('expression'), fc.constantFrom(CONDITION_AND, CONDITION_OR, CONDITION_XOR))
      .map(([left, right, kind]) => ({
        terms: [...left.terms, ...right.terms, { kind, boolean: 0 }],
        value: (values: Values) => {
          const [a, b] = [left.value(values), right.value(values)];
          return kind === CONDITION_AND ? a && b : kind === CONDITION_OR ? a || b : a !== b;
        },
      })),
  ),
}));

/** Reads the text again: names, `!`, parentheses, one kind of sign between two operands. */
function evaluate(text: string, values: Values): boolean {
  const tokens = [...text.matchAll(/\w+|&&|\|\||[!^()]/g)].map(([token]) => token);
  const operand = (): boolean => {
    const token = tokens.shift() ?? '';
    if (token === '!') return !operand();
    if (token !== '(') return values[token] === true;
    const inner = binary();
    expect(tokens.shift()).toBe(')');
    return inner;
  };
  const binary = (): boolean => {
    const left = operand();
    const sign = tokens[0];
    if (sign === undefined || sign === ')') return left;
    tokens.shift();
    const right = operand();
    return sign === '&&' ? left && right : sign === '||' ? left || right : left !== right;
  };
  const value = binary();
  expect(tokens).toEqual([]);
  return value;
}

describe('a condition', () => {
  it('means in infix notation what it means in the policy', () => {
    fc.assert(
      fc.property(expression, fc.boolean(), fc.boolean(), ({ terms, value }, fast, slow) => {
        expect(evaluate(conditionText(db, terms), { fast, slow })).toBe(value({ fast, slow }));
      }),
    );
  });

  it('survives an expression that makes no sense', () => {
    const term = fc.record({ kind: fc.integer({ min: 0, max: 9 }), boolean: fc.nat(9) });
    fc.assert(fc.property(fc.array(term), (terms) => typeof conditionText(db, terms) === 'string'));
  });
});

describe('a set of types', () => {
  const set = (...names: string[]) => Ebitmap.of(names.map((name) => (db.types.byName(name)?.value ?? 0) - 1));
  const written = { names: set('domain'), excluded: set(), isAll: false, isComplement: false };

  it('is told as the source has it', () => {
    const all = set('parent_t', 'child_t');
    expect(typeSetText(db, all, written)).toBe('domain');
    expect(typeSetText(db, all, { ...written, excluded: set('perm_t') })).toBe('{ domain -perm_t }');
    expect(typeSetText(db, all, { ...written, isComplement: true })).toBe('~domain');
    expect(typeSetText(db, all, { ...written, names: set(), isAll: true })).toBe('*');
  });

  it('is told type by type where the image does not say that', () => {
    expect(typeSetText(db, set('parent_t', 'child_t'), undefined)).toBe('{ child_t parent_t }');
    expect(typeSetText(db, set('data_t'), undefined)).toBe('data_t');
    expect(typeSetText(db, set(), undefined)).toBe('{ }');
  });

  it.each(['small', 'Debian’s'])('means in the source what it means to the kernel: %s', (which) => {
    const policy = parsed(which === 'small' ? readFileSync(SMALL) : installedPolicy(DEBIAN_MLS_POLICY));
    const types = policy.types.inValueOrder().filter(({ attribute }) => !attribute);
    const typesOf = (isMeant: (value: number) => boolean) => types.map(({ value }) => value).filter(isMeant);
    const seen = new Set<string>();
    for (const { constraints, validateTransitions } of policy.classes.inValueOrder()) {
      for (const { names, written } of [...constraints, ...validateTransitions].flatMap((one) => one.expression)) {
        if (written === undefined) continue;
        const text = typeSetText(policy, names, written);
        if (seen.has(text)) continue;
        seen.add(text);
        const inSource = typesOf((value) =>
          policy.typeAttributes.of(value).some((name) => written.names.has(name - 1)),
        );
        expect([text, inSource]).toEqual([text, typesOf((value) => names.has(value - 1))]);
      }
    }
    expect(seen.size).toBeGreaterThan(0);
  });
});
