/**
 * The context of something new: security_compute_sid of ss/services.c, mls_compute_sid of ss/mls.c.
 */
import { E, failed, type Result } from '../../../linux/errno.ts';
import { AVTAB_CHANGE, AVTAB_MEMBER, AVTAB_TRANSITION, type AvTable } from '../policy/avtab.ts';
import type { ClassDatum, MlsRange } from '../policy/datums.ts';
import { filenameKey } from '../policy/filename-transitions.ts';
import { type Context, OBJECT_R, type PolicyDb, ruleKey } from '../policy/policydb.ts';
import { kernelClass } from './kernel-classes.ts';
import type { PolicyState } from './policy-state.ts';

/** `transition`: a new object or process; `member`: a polyinstantiated object; `change`: a relabelled object. */
export type ContextOperation = 'transition' | 'member' | 'change';

const RULE_KIND = { transition: AVTAB_TRANSITION, member: AVTAB_MEMBER, change: AVTAB_CHANGE } as const;

const DEFAULT_SOURCE = 1;
const DEFAULT_TARGET = 2;

interface Query {
  readonly db: PolicyDb;
  readonly operation: ContextOperation;
  readonly source: Context;
  readonly target: Context;
  readonly class: number;
  readonly datum: ClassDatum | undefined;
  /** Processes and sockets are labelled like their creator. */
  readonly likeCreator: boolean;
}

/** A field of a new context, and what gave it. */
export interface ContextPart<T, From extends string> {
  readonly value: T;
  readonly from: From;
}

/** `creator`: processes and sockets take it from there; `default_*`: of the class. */
export interface ContextParts {
  readonly user: ContextPart<number, 'source' | 'target' | 'default_user'>;
  readonly role: ContextPart<number, 'role_transition' | 'default_role' | 'creator' | 'object_r'>;
  readonly type: ContextPart<number, 'file name' | 'default_type' | 'creator' | 'target'> | TypeRulePart;
  /** EINVAL: disjoint ranges under default_range glblub. */
  readonly range: Result<ContextPart<MlsRange, 'range_transition' | 'default_range' | 'creator' | 'low level'>>;
}

export interface TypeRulePart extends ContextPart<number, 'type rule'> {
  readonly table: AvTable;
  readonly rule: number;
}

/**
 * The result may be invalid in the policy: check with contextIsValid (EACCES when enforcing, used as it is when permissive).
 * EINVAL: disjoint ranges under default_range glblub.
 * @param classValue the policy's; 0 or unknown takes the defaults of an ordinary class.
 * @param name last path component of the new object; transition only.
 */
export function computeContext(
  state: PolicyState,
  operation: ContextOperation,
  source: Context,
  target: Context,
  classValue: number,
  name?: string,
): Result<Context> {
  const { user, role, type, range } = computeContextParts(state, operation, source, target, classValue, name);
  if (failed(range)) return range;
  return { user: user.value, role: role.value, type: type.value, range: range.value };
}

/** The same with what each field comes from. */
export function computeContextParts(
  state: PolicyState,
  operation: ContextOperation,
  source: Context,
  target: Context,
  classValue: number,
  name?: string,
): ContextParts {
  const { db } = state;
  const datum = db.classes.byValue(classValue);
  const likeCreator = classValue === db.processClass || (datum !== undefined && isSocketClass(datum.name));
  const query: Query = { db, operation, source, target, class: classValue, datum, likeCreator };
  return {
    user: newUser(query),
    role: roleTransition(query) ?? defaultRole(query),
    type: filenameTransition(query, name) ?? typeRule(state, query) ?? defaultType(query),
    range: newRange(query),
  };
}

function newUser({ operation, datum, source, target }: Query): ContextParts['user'] {
  if (operation === 'member') return { value: target.user, from: 'target' };
  if (datum?.defaultUser === DEFAULT_TARGET) return { value: target.user, from: 'default_user' };
  return { value: source.user, from: datum?.defaultUser === DEFAULT_SOURCE ? 'default_user' : 'source' };
}

/** The class is one of the kernel's socket classes. */
function isSocketClass(name: string): boolean {
  return name.endsWith('socket') && kernelClass(name) !== 0;
}

function roleTransition(query: Query): ContextParts['role'] | undefined {
  if (query.operation !== 'transition') return undefined;
  const value = query.db.roleTransitions.get(ruleKey(query.source.role, query.target.type, query.class));
  return value === undefined ? undefined : { value, from: 'role_transition' };
}

function defaultRole({ datum, source, target, likeCreator }: Query): ContextParts['role'] {
  if (datum?.defaultRole === DEFAULT_SOURCE) return { value: source.role, from: 'default_role' };
  if (datum?.defaultRole === DEFAULT_TARGET) return { value: target.role, from: 'default_role' };
  return likeCreator ? { value: source.role, from: 'creator' } : { value: OBJECT_R, from: 'object_r' };
}

function filenameTransition(query: Query, name: string | undefined): ContextParts['type'] | undefined {
  if (name === undefined || query.operation !== 'transition') return undefined;
  const transitions = query.db.filenameTransitions.get(filenameKey(query.target.type, query.class, name));
  const found = transitions?.find(({ sources }) => sources.has(query.source.type - 1));
  return found && { value: found.newType, from: 'file name' };
}

/** Type rules name types, never attributes. */
function typeRule(state: PolicyState, query: Query): TypeRulePart | undefined {
  const { rules, conditionalRules } = query.db;
  const kind = RULE_KIND[query.operation];
  const part = (table: AvTable, rule: number): TypeRulePart => ({
    value: table.data(rule),
    from: 'type rule',
    table,
    rule,
  });
  const unconditional = rules.find(query.source.type, query.target.type, query.class, kind);
  if (unconditional >= 0) return part(rules, unconditional);
  let rule = conditionalRules.first(query.source.type, query.target.type, query.class);
  for (; rule >= 0; rule = conditionalRules.next(rule)) {
    if (conditionalRules.kind(rule) === kind && state.isEnabled(rule)) return part(conditionalRules, rule);
  }
  return undefined;
}

function defaultType({ datum, source, target, likeCreator }: Query): ContextParts['type'] {
  if (datum?.defaultType === DEFAULT_SOURCE) return { value: source.type, from: 'default_type' };
  if (datum?.defaultType === DEFAULT_TARGET) return { value: target.type, from: 'default_type' };
  return likeCreator ? { value: source.type, from: 'creator' } : { value: target.type, from: 'target' };
}

function newRange(query: Query): ContextParts['range'] {
  const { db, source, target, operation, datum } = query;
  if (!db.mls) return { value: source.range, from: 'creator' };
  if (operation === 'transition') {
    const transition = db.rangeTransitions.get(ruleKey(source.type, target.type, query.class));
    if (transition !== undefined) return { value: transition, from: 'range_transition' };
    const value = defaultRange(datum, source.range, target.range);
    if (failed(value)) return value;
    if (value !== undefined) return { value, from: 'default_range' };
  }
  return operation !== 'member' && query.likeCreator
    ? { value: source.range, from: 'creator' }
    : { value: single(source.range.low), from: 'low level' };
}

function defaultRange(datum: ClassDatum | undefined, source: MlsRange, target: MlsRange): Result<MlsRange | undefined> {
  switch (datum?.defaultRange) {
    case 1:
      return single(source.low);
    case 2:
      return single(source.high);
    case 3:
      return source;
    case 4:
      return single(target.low);
    case 5:
      return single(target.high);
    case 6:
      return target;
    case 7:
      return glblub(source, target);
    default:
      return undefined;
  }
}

function single(level: MlsRange['low']): MlsRange {
  return { low: level, high: level };
}

/** Greatest lower bound and least upper bound: the part the ranges share. EINVAL when their sensitivities are disjoint. */
function glblub(a: MlsRange, b: MlsRange): Result<MlsRange> {
  if (a.low.sensitivity > b.high.sensitivity || b.low.sensitivity > a.high.sensitivity) return E.EINVAL;
  return {
    low: {
      sensitivity: Math.max(a.low.sensitivity, b.low.sensitivity),
      categories: a.low.categories.intersection(b.low.categories),
    },
    high: {
      sensitivity: Math.min(a.high.sensitivity, b.high.sensitivity),
      categories: a.high.categories.intersection(b.high.categories),
    },
  };
}
