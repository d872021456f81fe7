import { expect, it } from 'vitest';
import { DEBIAN_POLICY, installedPolicy } from '../../../test/selinux/debian-policies.ts';
import { parsed, smallPolicy, withNeveraudit } from '../../../test/selinux/policies.ts';
import type { PolicyDb } from './policydb.ts';
import { savedPolicy, savePolicy } from './saved.ts';
import { writePolicy } from './write.ts';

/** As a file would keep them. */
function again(db: PolicyDb): PolicyDb {
  return savedPolicy(
    Uint8Array.from(db.image),
    savePolicy(db).map((array) => Uint32Array.from(array)),
  );
}

/** All that is in a policy, made. */
function content(db: PolicyDb) {
  const { classes, rules, conditionalRules } = db;
  // As text, since Debian's has a hundred thousand.
  const text = ({ length }: typeof rules, of: (rule: number) => unknown): string =>
    Array.from({ length }, (_, rule) => of(rule)).join(' ');
  return {
    ...{ version: db.version, mls: db.mls, handleUnknown: db.handleUnknown, loadedLength: db.loadedLength },
    process: [db.processClass, db.processTransition, db.processDyntransition],
    maps: [db.capabilities, db.permissiveTypes, db.neverauditTypes].map((map) => [...map]),
    commons: db.commons.inValueOrder().map(({ permissions, ...common }) => [common, ...permissions.all()]),
    classes: classes.inValueOrder().map((datum) => ({
      ...{ name: datum.name, value: datum.value, common: datum.common?.name, permissions: [...datum.permissions] },
      ...{
        names: datum.permissionNames,
        constraints: datum.constraints.map(({ permissions, expression }) => [
          permissions,
          expression.map(({ kind, attribute, operator, names }) => [kind, attribute, operator, ...names]),
        ]),
      },
      ...{ transitions: datum.validateTransitions.length, user: datum.defaultUser, role: datum.defaultRole },
      ...{ type: datum.defaultType, range: datum.defaultRange },
    })),
    tables: [db.roles, db.types, db.users, db.booleans, db.levels, db.categories].map((table) => [
      ...[table.maximum, table.size, [...table.all()], [...table.primaries()], table.inValueOrder()],
    ]),
    found: [...db.types.all()].map(({ name }) => db.types.byName(name)),
    rules: text(rules, (rule) => [rules.kind(rule), rules.data(rule), rules.next(rule)]),
    extended: text(rules, (rule) => (rules.kind(rule) > 0x80 ? JSON.stringify(rules.extended(rule)) : '')),
    conditionalRules: text(conditionalRules, (rule) => [conditionalRules.kind(rule), conditionalRules.data(rule)]),
    ...{ conditionals: db.conditionals, roleTransitions: db.roleTransitions, roleAllows: db.roleAllows },
    ...{ filenameTransitions: db.filenameTransitions, contexts: db.objectContexts, genfs: db.genfs },
    ...{ rangeTransitions: db.rangeTransitions },
    attributes: db.types.inValueOrder().map(({ value }) => db.typeAttributes.of(value)),
  };
}

it.each([
  ['mini.33', smallPolicy('mini.33')],
  ['mini.30', smallPolicy('mini.30')],
  ['feature.33', smallPolicy('feature.33')],
  ['all-classes.33', smallPolicy('all-classes.33')],
  ['one with types that are never audited', withNeveraudit(smallPolicy('mini.33'), 3)],
  [DEBIAN_POLICY, installedPolicy(DEBIAN_POLICY)],
])('%s is the same policy again', (_, image) => {
  const db = parsed(image);
  const restored = again(db);
  expect(content(restored)).toEqual(content(db));
  const booleans = Uint8Array.from(db.booleans.inValueOrder(), ({ state }) => state);
  const values = { booleans, condition: () => undefined };
  expect(writePolicy(restored, values)).toEqual(writePolicy(db, values));
});

it('knows no type that the policy lacks', () => {
  const { types } = again(parsed(smallPolicy('feature.33')));
  expect([
    types.byName('none_such_t'),
    types.byName(''),
    types.byName('\u0161'),
    types.byValue(0),
    types.byValue(9999),
  ]).toEqual(new Array(5).fill(undefined));
});
