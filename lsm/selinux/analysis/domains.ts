/**
 * Which domains a process can get from one to the other, by the rules of a policy, those of conditions that do not hold included.
 *
 * By executing a file: from a to b with `allow a b:process transition`, `allow a entry:file execute`, `allow b entry:file entrypoint`, and
 * either `type_transition a entry:process b` or `allow a self:process setexec`. By itself: `allow a b:process dyntransition` and
 * `allow a self:process setcurrent`. These are the terms of sedta(1); constraints, roles and bounds are not asked.
 */
import { AVTAB_ALLOWED, AVTAB_TRANSITION } from '../policy/avtab.ts';
import { ruleKey } from '../policy/policydb.ts';
import type { AnalysedPolicy, PolicyRule } from './policy.ts';

/** A type of files that the step can be made with. */
export interface Entrypoint {
  readonly type: number;
  readonly entrypoint: readonly PolicyRule[];
  readonly execute: readonly PolicyRule[];
  /** To the target of the step; none: only with setexec. */
  readonly typeTransitions: readonly PolicyRule[];
}

/** One step. Without entrypoints it is a dynamic one only. */
export interface DomainTransition {
  readonly source: number;
  readonly target: number;
  readonly transition: readonly PolicyRule[];
  readonly setexec: readonly PolicyRule[];
  readonly entrypoints: readonly Entrypoint[];
  readonly dyntransition: readonly PolicyRule[];
  readonly setcurrent: readonly PolicyRule[];
}

type Rules = readonly PolicyRule[];
/** By type of the source, then by that of the target. */
type ByEnds = Map<number, Map<number, PolicyRule[]>>;

const NONE: Rules = [];

export class DomainGraph {
  readonly #policy: AnalysedPolicy;
  readonly #transitions: ByEnds = new Map();
  readonly #dyntransitions: ByEnds = new Map();
  /** Sources of both, by target. */
  readonly #sources = new Map<number, Set<number>>();
  /** Rules that name the source, not expanded. */
  readonly #execute: PolicyRule[] = [];
  readonly #entrypoint: PolicyRule[] = [];
  readonly #typeTransition: PolicyRule[] = [];
  readonly #setexec: PolicyRule[] = [];
  readonly #setcurrent: PolicyRule[] = [];
  readonly #objects = new Map<Rules, Map<number, ReadonlyMap<number, Rules>>>();
  readonly #steps = new Map<number, DomainTransition | undefined>();

  constructor(policy: AnalysedPolicy) {
    this.#policy = policy;
    const { db } = policy;
    const file = db.classes.byName('file');
    const bit = (classValue: number, name: string): number => {
      const value = db.classes.byValue(classValue)?.permissions.get(name);
      return value === undefined ? 0 : 1 << (value - 1);
    };
    const ofProcess = (name: string) => bit(db.processClass, name);
    const uses: readonly (readonly [number, number, (rule: PolicyRule) => void])[] = [
      [db.processClass, ofProcess('transition'), (rule) => this.#expand(this.#transitions, rule)],
      [db.processClass, ofProcess('dyntransition'), (rule) => this.#expand(this.#dyntransitions, rule)],
      [db.processClass, ofProcess('setexec'), (rule) => this.#setexec.push(rule)],
      [db.processClass, ofProcess('setcurrent'), (rule) => this.#setcurrent.push(rule)],
      [file?.value ?? 0, bit(file?.value ?? 0, 'execute'), (rule) => this.#execute.push(rule)],
      [file?.value ?? 0, bit(file?.value ?? 0, 'entrypoint'), (rule) => this.#entrypoint.push(rule)],
    ];
    for (const rule of policy.rules(AVTAB_ALLOWED | AVTAB_TRANSITION)) {
      if (rule.kind === AVTAB_TRANSITION) {
        if (rule.class === db.processClass) this.#typeTransition.push(rule);
        continue;
      }
      const vector = rule.table.data(rule.rule);
      for (const [ruleClass, permission, use] of uses)
        if (rule.class === ruleClass && (vector & permission) !== 0) use(rule);
    }
  }

  /** Steps out of a domain. */
  *from(source: number): IterableIterator<DomainTransition> {
    const targets = [this.#transitions, this.#dyntransitions].flatMap((by) => [...(by.get(source)?.keys() ?? [])]);
    for (const target of new Set(targets)) {
      const step = this.step(source, target);
      if (step !== undefined) yield step;
    }
  }

  /** Steps into a domain. */
  *into(target: number): IterableIterator<DomainTransition> {
    for (const source of this.#sources.get(target) ?? []) {
      const step = this.step(source, target);
      if (step !== undefined) yield step;
    }
  }

  /** `undefined`: there is no way in one step. */
  step(source: number, target: number): DomainTransition | undefined {
    const key = ruleKey(0, source, target);
    if (!this.#steps.has(key)) this.#steps.set(key, this.#makeStep(source, target));
    return this.#steps.get(key);
  }

  #makeStep(source: number, target: number): DomainTransition | undefined {
    const transition = this.#transitions.get(source)?.get(target) ?? NONE;
    const dyntransition = this.#dyntransitions.get(source)?.get(target) ?? NONE;
    const setexec = transition.length === 0 ? NONE : this.#onItself(this.#setexec, source);
    const setcurrent = dyntransition.length === 0 ? NONE : this.#onItself(this.#setcurrent, source);
    const entrypoints = transition.length === 0 ? [] : this.#entrypoints(source, target, setexec.length > 0);
    const executes = entrypoints.length > 0;
    const changes = setcurrent.length > 0;
    if (!executes && !changes) return undefined;
    return {
      source,
      target,
      transition: executes ? transition : NONE,
      setexec: executes ? setexec : NONE,
      entrypoints,
      dyntransition: changes ? dyntransition : NONE,
      setcurrent,
    };
  }

  #entrypoints(source: number, target: number, maySetexec: boolean): Entrypoint[] {
    const executable = this.#objectsOf(this.#execute, source);
    const automatic = this.#objectsOf(this.#typeTransition, source);
    const found: Entrypoint[] = [];
    for (const [type, entrypoint] of this.#objectsOf(this.#entrypoint, target)) {
      const execute = executable.get(type);
      if (execute === undefined) continue;
      const typeTransitions = (automatic.get(type) ?? NONE).filter(({ table, rule }) => table.data(rule) === target);
      if (maySetexec || typeTransitions.length > 0) found.push({ type, entrypoint, execute, typeTransitions });
    }
    return found;
  }

  /** Of these rules those about a source, by type of the target. */
  #objectsOf(rules: Rules, source: number): ReadonlyMap<number, Rules> {
    const known = this.#objects.get(rules) ?? new Map<number, ReadonlyMap<number, Rules>>();
    this.#objects.set(rules, known);
    const found = known.get(source);
    if (found !== undefined) return found;
    const naming = this.#policy.naming([source]);
    const made = new Map<number, PolicyRule[]>();
    for (const rule of rules) {
      if (naming[rule.sourceType] === 1)
        for (const type of this.#policy.members(rule.targetType)) add(made, type, rule);
    }
    known.set(source, made);
    return made;
  }

  /** Rules by which a type may do something to itself. */
  #onItself(rules: Rules, type: number): Rules {
    return this.#objectsOf(rules, type).get(type) ?? NONE;
  }

  #expand(by: ByEnds, rule: PolicyRule): void {
    for (const source of this.#policy.members(rule.sourceType)) {
      const targets = by.get(source) ?? new Map<number, PolicyRule[]>();
      by.set(source, targets);
      for (const target of this.#policy.members(rule.targetType)) {
        if (source === target) continue;
        add(targets, target, rule);
        const sources = this.#sources.get(target) ?? new Set<number>();
        this.#sources.set(target, sources.add(source));
      }
    }
  }
}

function add(map: Map<number, PolicyRule[]>, key: number, rule: PolicyRule): void {
  const rules = map.get(key);
  if (rules === undefined) map.set(key, [rule]);
  else rules.push(rule);
}

/** Is it possible with the booleans of the policy? */
export function isPossible(step: DomainTransition): boolean {
  const some = (rules: Rules) => rules.some(({ inForce }) => inForce);
  const executes =
    some(step.transition) &&
    step.entrypoints.some(
      ({ entrypoint, execute, typeTransitions }) =>
        some(entrypoint) && some(execute) && (some(typeTransitions) || some(step.setexec)),
    );
  return executes || (some(step.dyntransition) && some(step.setcurrent));
}
