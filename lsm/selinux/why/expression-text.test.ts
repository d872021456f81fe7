import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smallPolicy, stateOf } from '../../../test/selinux/policies.ts';
import { CONDITION_AND, CONDITION_BOOLEAN, CONDITION_NOT, CONDITION_OR, CONDITION_XOR } from '../policy/conditional.ts';
import { Ebitmap } from '../policy/ebitmap.ts';
import { conditionText } from './expression-text.ts';
import { typeSetText } from './names.ts';

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
  const value = (name: string) => db.types.byName(name)?.value ?? 0;
  const set = (...names: string[]) => typeSetText(db, Ebitmap.of(names.map((name) => value(name) - 1)));

  it('goes by its attribute, with what is left over', () => {
    expect(set('data_t')).toBe('data_t');
    expect(set('parent_t', 'child_t', 'perm_t')).toBe('domain');
    expect(set('parent_t', 'child_t', 'perm_t', 'data_t')).toBe('{ domain data_t }');
    expect(set('parent_t', 'child_t')).toBe('{ child_t parent_t }');
    expect(set()).toBe('{ }');
  });

  it('says all of it and nothing else', () => {
    const types = db.types.inValueOrder().filter((type) => !type.attribute);
    const membersOf = (name: string) => {
      const attribute = value(name);
      return types.filter((type) => db.typeAttributes.of(type.value).includes(attribute)).map((type) => type.value);
    };
    fc.assert(
      fc.property(fc.subarray(types.map((type) => type.value)), (values) => {
        const words = typeSetText(db, Ebitmap.of(values.map((v) => v - 1))).split(/[{} ]+/);
        const said = new Set(words.filter((word) => word !== '').flatMap(membersOf));
        expect([...said].sort()).toEqual([...values].sort());
      }),
    );
  });
});
