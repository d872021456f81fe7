/**
 * The context of something new: security_compute_sid of ss/services.c, mls_compute_sid of ss/mls.c.
 */
import { E, failed, type Result } from '../../../vfs/errno.ts';
import { AVTAB_CHANGE, AVTAB_MEMBER, AVTAB_TRANSITION } from '../policy/avtab.ts';
import { filenameKey } from '../policy/filename-transitions.ts';
import { type ClassDatum, type Context, type MlsRange, OBJECT_R, type PolicyDb, ruleKey } from '../policy/policydb.ts';
import { kernelClass } from './kernel-classes.ts';
import type { PolicyState } from './state.ts';

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
  const { db } = state;
  const datum = db.classes.byValue(classValue);
  const likeCreator = classValue === db.processClass || (datum !== undefined && isSocketClass(datum.name));
  const query: Query = { db, operation, source, target, class: classValue, datum, likeCreator };
  const range = computeRange(query);
  if (failed(range)) return range;
  return {
    user: operation === 'member' || datum?.defaultUser === DEFAULT_TARGET ? target.user : source.user,
    role: roleTransition(query) ?? defaultRole(query),
    type: filenameTransition(query, name) ?? typeRule(state, query) ?? defaultType(query),
    range,
  };
}

/** The class is one of the kernel's socket classes. */
function isSocketClass(name: string): boolean {
  return name.endsWith('socket') && kernelClass(name) !== 0;
}

function roleTransition(query: Query): number | undefined {
  if (query.operation !== 'transition') return undefined;
  return query.db.roleTransitions.get(ruleKey(query.source.role, query.target.type, query.class));
}

function defaultRole({ datum, source, target, likeCreator }: Query): number {
  if (datum?.defaultRole === DEFAULT_SOURCE) return source.role;
  if (datum?.defaultRole === DEFAULT_TARGET) return target.role;
  return likeCreator ? source.role : OBJECT_R;
}

function filenameTransition(query: Query, name: string | undefined): number | undefined {
  if (name === undefined || query.operation !== 'transition') return undefined;
  const transitions = query.db.filenameTransitions.get(filenameKey(query.target.type, query.class, name));
  return transitions?.find(({ sources }) => sources.has(query.source.type - 1))?.newType;
}

/** Type rules name types, never attributes. */
function typeRule(state: PolicyState, query: Query): number | undefined {
  const { rules, conditionalRules } = query.db;
  const kind = RULE_KIND[query.operation];
  const rule = rules.find(query.source.type, query.target.type, query.class, kind);
  if (rule >= 0) return rules.data(rule);
  let conditional = conditionalRules.first(query.source.type, query.target.type, query.class);
  for (; conditional >= 0; conditional = conditionalRules.next(conditional)) {
    if (conditionalRules.kind(conditional) === kind && state.isEnabled(conditional)) {
      return conditionalRules.data(conditional);
    }
  }
  return undefined;
}

function defaultType({ datum, source, target, likeCreator }: Query): number {
  if (datum?.defaultType === DEFAULT_SOURCE) return source.type;
  if (datum?.defaultType === DEFAULT_TARGET) return target.type;
  return likeCreator ? source.type : target.type;
}

function computeRange(query: Query): Result<MlsRange> {
  const { db, source, target } = query;
  if (!db.mls) return source.range;
  if (query.operation === 'transition') {
    const transition = db.rangeTransitions.get(ruleKey(source.type, target.type, query.class));
    if (transition !== undefined) return transition;
    switch (query.datum?.defaultRange) {
      case 1:
        return single(source.range.low);
      case 2:
        return single(source.range.high);
      case 3:
        return source.range;
      case 4:
        return single(target.range.low);
      case 5:
        return single(target.range.high);
      case 6:
        return target.range;
      case 7:
        return glblub(source.range, target.range);
    }
  }
  return query.operation !== 'member' && query.likeCreator ? source.range : single(source.range.low);
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
