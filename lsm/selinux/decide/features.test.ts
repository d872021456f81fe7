/**
 * What Debian's policy does not use: bounds, permissive types, class defaults, extended permissions, conditionals by
 * hand. See feature.conf.
 */
import { describe, expect, it } from 'vitest';
import { failed } from '../../../linux/errno.ts';
import { smallPolicy, stateOf, withNeveraudit } from '../../../test/selinux/policies.ts';
import { AVTAB_XPERMS_ALLOWED } from '../policy/avtab.ts';
import type { Context } from '../policy/index.ts';
import {
  type BoundsViolation,
  boundedTransition,
  computeAv,
  computeContext,
  computeXperms,
  convertContext,
  FLAG_NEVERAUDIT,
  FLAG_PERMISSIVE,
  formatContext,
  genfsContext,
  hasFunction,
  netifContext,
  nodeContext,
  parseContext,
  portContext,
  validateTransition,
} from './index.ts';
import { xpermsEffect } from './xperms.ts';

const state = stateOf(smallPolicy('feature.33'));
const { db } = state;

function context(text: string): Context {
  const parsed = parseContext(db, text);
  if (failed(parsed)) throw new Error(`${text}: ${parsed.code}`);
  return parsed;
}
const process = (type: string, range = 's0') => context(`sys_u:base_r:${type}:${range}`);
const object = (type: string, range = 's0') => context(`sys_u:object_r:${type}:${range}`);
const value = (name: string) => db.types.byName(name)?.value ?? 0;
const classOf = (name: string) => db.classes.byName(name)?.value ?? 0;
const typeOf = (value: Context | undefined) => db.types.nameOf(value?.type ?? 0);

function permissions(bits: number, className: string): string[] {
  const names = db.classes.byName(className)?.permissionNames ?? [];
  return names.filter((name): name is string => name !== undefined && ((bits >>> names.indexOf(name)) & 1) === 1);
}
const allowed = (source: Context, target: Context, name: string, from = state) =>
  permissions(computeAv(from, source, target, classOf(name)).allowed, name);

describe('type bounds', () => {
  it('take away what the bounding type may not do, and say so', () => {
    const violations: BoundsViolation[] = [];
    const [child, data] = [process('child_t'), object('data_t')];
    const decision = computeAv(state, child, data, classOf('file'), (violation) => violations.push(violation));
    expect(permissions(decision.allowed, 'file')).toEqual(['ioctl', 'read', 'write', 'getattr']);
    expect(violations.map((v) => [v.source, v.target, v.class])).toEqual([[child, data, classOf('file')]]);
    expect(permissions(violations[0]?.permissions ?? 0, 'file')).toEqual(['execute']);
  });

  it('admit transitions downwards only', () => {
    const [parent, child, other] = [process('parent_t'), process('child_t'), process('perm_t')];
    expect(boundedTransition(db, parent, child)).toBe(true);
    expect(boundedTransition(db, child, parent)).toBe(false);
    expect(boundedTransition(db, other, other)).toBe(true);
    expect(boundedTransition(db, other, child)).toBe(false);
  });
});

it('marks permissive types', () => {
  expect(computeAv(state, process('perm_t'), object('data_t'), classOf('file')).flags).toBe(FLAG_PERMISSIVE);
  expect(computeAv(state, process('parent_t'), object('data_t'), classOf('file')).flags).toBe(0);
});

describe('a type that is never audited', () => {
  const never = (name: string) => stateOf(withNeveraudit(smallPolicy('feature.33'), db.types.byName(name)?.value ?? 0));
  const decide = (name: string) => computeAv(never(name), process(name), object('data_t'), classOf('file'));

  it('is decided about as any other', () => {
    const { allowed: usual } = computeAv(state, process('parent_t'), object('data_t'), classOf('file'));
    expect(decide('parent_t')).toEqual({ allowed: usual, auditallow: 0, auditdeny: 0, flags: FLAG_NEVERAUDIT });
  });

  it('may do everything when it is permissive too', () => {
    const flags = FLAG_NEVERAUDIT | FLAG_PERMISSIVE;
    expect(decide('perm_t')).toEqual({ allowed: 0xffffffff, auditallow: 0, auditdeny: 0, flags });
  });
});

it('collects auditallow and dontaudit through attributes', () => {
  const toData = computeAv(state, process('parent_t'), object('data_t'), classOf('file'));
  expect(permissions(toData.auditallow, 'file')).toEqual(['write']);
  const toOther = computeAv(state, process('parent_t'), object('other_t'), classOf('file'));
  expect(permissions(~toOther.auditdeny, 'file')).toEqual(['read']);
});

it('needs a role allow for a transition into another role', () => {
  const base = process('parent_t');
  const other = context('sys_u:other_r:parent_t:s0');
  expect(allowed(base, other, 'process')).toContain('transition');
  expect(allowed(other, base, 'process')).toEqual(['fork']);
});

it('applies MLS constraints', () => {
  expect(allowed(process('parent_t'), object('data_t'), 'file')).toContain('write');
  const high = context('sys_u:object_r:data_t:s1');
  const stranger = context('low_u:base_r:parent_t:s0');
  expect(allowed(stranger, high, 'file')).not.toContain('write');
});

it('turns conditional rules with booleans', () => {
  const own = stateOf(smallPolicy('feature.33'));
  const [parent, other] = [process('parent_t'), object('other_t')];
  const created = () => {
    const result = computeContext(own, 'transition', parent, other, classOf('file'));
    return failed(result) ? result.code : typeOf(result);
  };
  expect([allowed(parent, other, 'file', own), created()]).toEqual([['getattr'], 'parent_t']);
  const values = own.booleans.slice();
  values[(db.booleans.byName('fast')?.value ?? 0) - 1] = 1;
  values[(db.booleans.byName('slow')?.value ?? 0) - 1] = 0;
  own.setBooleans(values);
  expect([allowed(parent, other, 'file', own), created()]).toEqual([['read'], 'data_t']);
  const next = stateOf(smallPolicy('feature.33'));
  next.inheritBooleans(own);
  expect(allowed(parent, other, 'file', next)).toEqual(['read']);
});

describe('computed contexts', () => {
  const compute = (source: Context, target: Context, className: string, name?: string) => {
    const result = computeContext(state, 'transition', source, target, classOf(className), name);
    return failed(result) ? result.code : formatContext(db, result);
  };

  it('follow role, type and range transitions', () => {
    expect(compute(process('parent_t'), object('exec_t'), 'process')).toBe('sys_u:other_r:child_t:s1:c0,c1');
  });

  it('follow the file name', () => {
    expect(compute(process('parent_t'), object('data_t'), 'file', 'special')).toBe('sys_u:object_r:other_t:s0');
    expect(compute(process('parent_t'), object('data_t'), 'file', 'Special')).toBe('sys_u:object_r:parent_t:s0');
  });

  it('follow the defaults of the class', () => {
    const low = context('low_u:object_r:exec_t:s0');
    expect(compute(process('perm_t'), low, 'file')).toBe('low_u:object_r:perm_t:s0');
    const source = process('perm_t', 's0-s1:c0.c3');
    expect(compute(source, object('exec_t', 's0:c1-s1:c1,c2'), 'sock')).toBe('sys_u:object_r:exec_t:s0:c1-s1:c1,c2');
  });

  it('intersect ranges under glblub, or fail', () => {
    const source = process('perm_t', 's0:c0-s1:c0.c2');
    expect(compute(source, object('exec_t', 's0:c0,c1-s1:c0,c1,c3'), 'file')).toBe(
      'sys_u:object_r:perm_t:s0:c0-s1:c0,c1',
    );
    expect(compute(process('perm_t', 's0'), object('exec_t', 's1'), 'file')).toBe('EINVAL');
  });
});

describe('extended permissions', () => {
  const ioctl = (driver: number) =>
    computeXperms(state, process('parent_t'), object('data_t'), classOf('file'), driver, 'ioctl');

  it('allow functions of a driver and whole drivers', () => {
    const network = ioctl(0x89);
    const functions = Array.from({ length: 256 }, (_, bit) => bit);
    expect(functions.filter((bit) => network && hasFunction(network.allowed, bit))).toEqual([0x10, 0x11, 0x12]);
    expect(functions.filter((bit) => network && hasFunction(network.auditallow, bit))).toEqual([0x11]);
    expect(functions.filter((bit) => network && hasFunction(network.dontaudit, bit))).toEqual([0x20]);
    const terminal = ioctl(0x54);
    expect(functions.every((bit) => terminal && hasFunction(terminal.allowed, bit))).toBe(true);
    const unnamed = ioctl(0x01);
    expect(functions.some((bit) => unnamed === undefined || hasFunction(unnamed.allowed, bit))).toBe(false);
  });

  it('are absent where no rule is', () => {
    expect(computeXperms(state, process('child_t'), object('data_t'), classOf('file'), 0x89, 'ioctl')).toBeUndefined();
    expect(computeXperms(state, process('parent_t'), object('data_t'), classOf('file'), 0, 'nlmsg')).toBeUndefined();
  });
});

it('closes ioctl by any extended rule, as kernels do that know no version 34', () => {
  const { rules } = db;
  const kinds = Array.from({ length: rules.length }, (_, rule) => xpermsEffect(db, rules, rule, 'nlmsg'));
  expect(new Set(kinds)).toEqual(new Set(['none']));
  const functions = rules.find(value('parent_t'), value('data_t'), classOf('file'), AVTAB_XPERMS_ALLOWED);
  expect(xpermsEffect(db, rules, functions, 'ioctl')).toBe('counts');
  const inCondition = { ...db, conditionalRules: rules };
  expect(xpermsEffect(inCondition, rules, functions, 'ioctl')).toBe('closes');
  expect(xpermsEffect({ ...inCondition, version: 34 }, rules, functions, 'ioctl')).toBe('counts');
});

it('validates relabelling', () => {
  const [low, high, task] = [object('data_t'), object('data_t', 's1'), process('parent_t')];
  expect(validateTransition(state, low, low, task, classOf('file'))).toBe(true);
  expect(validateTransition(state, low, high, task, classOf('file'))).toBe(false);
  expect(validateTransition(state, low, high, task, 0)).toMatchObject({ code: 'EINVAL' });
  expect(validateTransition(state, low, high, task, 99)).toMatchObject({ code: 'EINVAL' });
});

it('labels network objects by the first entry that matches', () => {
  expect(typeOf(portContext(db, 6, 80))).toBe('data_t');
  expect(typeOf(portContext(db, 6, 81))).toBe('other_t');
  expect(portContext(db, 17, 80)).toBeUndefined();
  expect(portContext(db, 6, 8080)).toBeUndefined();
  expect(typeOf(netifContext(db, 'lo'))).toBe('data_t');
  expect(netifContext(db, 'lo0')).toBeUndefined();
  expect(typeOf(nodeContext(db, Uint8Array.of(10, 1, 2, 3)))).toBe('data_t');
  expect(nodeContext(db, Uint8Array.of(11, 1, 2, 3))).toBeUndefined();
  expect(typeOf(nodeContext(db, Uint8Array.of(0x20, 1, 0x0d, 0xb8, ...new Array(12).fill(7))))).toBe('other_t');
});

it('labels paths by the longest text prefix of a fitting class', () => {
  const of = (path: string, className: string) => typeOf(genfsContext(db, 'proc', path, classOf(className)));
  expect(of('/sys/kernel', 'file')).toBe('other_t');
  expect(of('/sysx', 'file')).toBe('exec_t');
  expect(of('/sysx', 'process')).toBe('other_t');
  expect(of('/meminfo', 'file')).toBe('data_t');
});

it('converts contexts by name', () => {
  const mini = stateOf(smallPolicy('mini.33')).db;
  const value = process('parent_t', 's0-s1:c0.c2');
  expect(convertContext(db, stateOf(smallPolicy('feature.33')).db, value)).toEqual(value);
  expect(convertContext(db, mini, value)).toBeUndefined();
});
