/** Names in a question, and what is wrong with one that the policy does not have. */
import type { WhyProblem } from '../../framework/inspection/why.ts';
import { didYouMean } from '../../framework/nearest.ts';
import type { ClassDatum } from '../policy/datums.ts';
import type { PolicyDb } from '../policy/policydb.ts';
import type { TypeDatum } from '../policy/type-table.ts';

/** Stands for every type, attribute or class. */
const ANY = '*';

/** A name that was given; `undefined` = any. */
export function given(name: string | undefined): string | undefined {
  return name === ANY ? undefined : name;
}

export function typeOrAttribute(db: PolicyDb, name: string): TypeDatum | WhyProblem {
  const found = db.types.byName(name);
  return found ?? unknown('type or attribute', name, namesIn(db.types.all()), '--types and --attributes list');
}

/** Not an attribute: what a process or a file has. */
export function typeNamed(db: PolicyDb, name: string): TypeDatum | WhyProblem {
  const found = db.types.byName(name);
  if (found?.attribute === true) {
    return {
      code: 'bad-option',
      problem: `'${name}' is an attribute, not a type.`,
      fix: 'Name one of its types.',
    };
  }
  const types = () => [...db.types.all()].filter(({ attribute }) => !attribute);
  return found ?? unknown('type', name, namesIn(types()), '--types lists');
}

export function classNamed(db: PolicyDb, name: string): ClassDatum | WhyProblem {
  return db.classes.byName(name) ?? unknown('class', name, namesIn(db.classes.all()), '--classes lists');
}

/** The first of these permissions that the class, or any class, does not have. */
export function unknownPermission(
  db: PolicyDb,
  permissions: readonly string[],
  datum: ClassDatum | undefined,
): WhyProblem | undefined {
  const known = new Set(
    (datum === undefined ? db.classes.inValueOrder() : [datum]).flatMap((one) => permissionsOf(one)),
  );
  const wrong = permissions.find((name) => !known.has(name));
  if (wrong === undefined) return undefined;
  const owner = datum === undefined ? 'No class' : `Class ${datum.name}`;
  return {
    code: 'bad-option',
    problem: `${owner} has ${datum === undefined ? 'a' : 'no'} permission '${wrong}'.`,
    fix: didYouMean(wrong, [...known]).trim() || `Known: ${[...known].sort().join(', ')}.`,
  };
}

function permissionsOf({ permissionNames }: ClassDatum): string[] {
  return permissionNames.filter((name) => name !== undefined);
}

function namesIn(things: Iterable<{ readonly name: string }>): string[] {
  return Array.from(things, ({ name }) => name);
}

function unknown(what: string, name: string, names: readonly string[], lists: string): WhyProblem {
  return {
    code: 'bad-option',
    problem: `The policy has no ${what} '${name}'.`,
    fix: `${didYouMean(name, names)}lsmfs policy show ${lists} what it has.`,
  };
}
