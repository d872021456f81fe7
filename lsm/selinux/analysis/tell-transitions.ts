/** A question about domain transitions, and its answer in words. */
import type { WhyProblem } from '../../framework/inspection/why.ts';
import type { AnalysisTold, TransitionQuestion } from '../../framework/policy-analysis.ts';
import type { TypeDatum } from '../policy/type-table.ts';
import { DomainGraph, type DomainTransition, isPossible } from './domains.ts';
import { typeNamed } from './names.ts';
import { type DomainPath, pathsUpTo, shortestPaths } from './paths.ts';
import type { AnalysedPolicy, PolicyRule } from './policy.ts';
import { ruleLine, type Teller, type ToldRule } from './told.ts';

export interface ToldEntrypoint {
  readonly type: string;
  readonly entrypoint: readonly ToldRule[];
  readonly execute: readonly ToldRule[];
  readonly typeTransitions: readonly ToldRule[];
}

export interface ToldTransition {
  readonly source: string;
  readonly target: string;
  /** With the booleans of the policy. */
  readonly possible: boolean;
  readonly transition: readonly ToldRule[];
  readonly setexec: readonly ToldRule[];
  readonly entrypoints: readonly ToldEntrypoint[];
  readonly dyntransition: readonly ToldRule[];
  readonly setcurrent: readonly ToldRule[];
}

export interface ToldPaths {
  /** Types from the first to the last. */
  readonly paths: readonly (readonly string[])[];
  /** There are more than were to be told. */
  readonly more: boolean;
  /** Every step of the paths, once. */
  readonly transitions: readonly ToldTransition[];
}

export function tellTransitions(
  policy: AnalysedPolicy,
  teller: Teller,
  question: TransitionQuestion,
): AnalysisTold | WhyProblem {
  const from = end(policy, question.from);
  if (from !== undefined && 'problem' in from) return from;
  const to = end(policy, question.to);
  if (to !== undefined && 'problem' in to) return to;
  const graph = new DomainGraph(policy);
  const { withRules } = question;
  if (from !== undefined && to !== undefined) {
    if (from.value === to.value) {
      return { code: 'bad-option', problem: `Both ends are ${from.name}.`, fix: 'Name two types.' };
    }
    return tellPaths(graph, teller, question, from.value, to.value);
  }
  if (question.steps !== undefined) {
    return { code: 'bad-option', problem: 'Steps are counted between two types.', fix: 'Give --from and --to.' };
  }
  const steps = from !== undefined ? graph.from(from.value) : to !== undefined ? graph.into(to.value) : undefined;
  if (steps === undefined) {
    return { code: 'bad-option', problem: 'The question names no type.', fix: 'Give --from, --to or both.' };
  }
  const transitions = byNames([...steps].map((step) => toldStep(teller, step)));
  return { report: { transitions }, text: transitions.map(withRules ? stepBlock : stepLine).join('') };
}

function end({ db }: AnalysedPolicy, name: string | undefined): TypeDatum | WhyProblem | undefined {
  return name === undefined ? undefined : typeNamed(db, name);
}

function tellPaths(
  graph: DomainGraph,
  teller: Teller,
  { steps, limit, withRules }: TransitionQuestion,
  from: number,
  to: number,
): AnalysisTold {
  const all = steps === undefined ? shortestPaths(graph, from, to) : pathsUpTo(graph, from, to, steps);
  const found: DomainPath[] = [];
  let more = false;
  for (const path of all) {
    more = found.length === limit;
    if (more) break;
    found.push(path);
  }
  const used = new Set(found.flatMap(stepsOf).filter((step) => step !== undefined));
  const transitions = byNames([...used].map((step) => toldStep(teller, step)));
  const paths = found.map((path) => path.map((type) => teller.type(type))).sort(byLength);
  const impossible = new Set(transitions.filter(({ possible }) => !possible).map(arrow));
  const lines = paths.map((path) => {
    const missing = path.slice(1).some((target, i) => impossible.has(arrow({ source: path[i] ?? '', target })));
    return `${path.join(' -> ')}${missing ? NOT_NOW : ''}\n`;
  });
  const report: ToldPaths = { paths, more, transitions };
  const rest = more ? [`... and more than ${limit}: --limit\n`] : [];
  const rules = withRules ? transitions.map((step) => `\n${stepBlock(step)}`) : [];
  return { report, text: [...lines, ...rest, ...rules].join('') };

  function stepsOf(path: DomainPath): (DomainTransition | undefined)[] {
    return path.slice(1).map((target, i) => graph.step(path[i] ?? 0, target));
  }
}

function toldStep(teller: Teller, step: DomainTransition): ToldTransition {
  const told = (rules: readonly PolicyRule[]) => rules.map((rule) => teller.rule(rule));
  return {
    source: teller.type(step.source),
    target: teller.type(step.target),
    possible: isPossible(step),
    transition: told(step.transition),
    setexec: told(step.setexec),
    entrypoints: step.entrypoints
      .map(({ type, entrypoint, execute, typeTransitions }) => ({
        type: teller.type(type),
        entrypoint: told(entrypoint),
        execute: told(execute),
        typeTransitions: told(typeTransitions),
      }))
      .sort((a, b) => compare(a.type, b.type)),
    dyntransition: told(step.dyntransition),
    setcurrent: told(step.setcurrent),
  };
}

function byNames(steps: readonly ToldTransition[]): ToldTransition[] {
  return steps.toSorted((a, b) => compare(a.source, b.source) || compare(a.target, b.target));
}

function byLength(a: readonly string[], b: readonly string[]): number {
  return a.length - b.length || compare(a.join(' '), b.join(' '));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

const NOT_NOW = '  # not with these booleans';

/** Why a step is not possible: the booleans of those of its rules that are not in force. */
function notNow(step: ToldTransition): string {
  if (step.possible) return '';
  const ofFiles = step.entrypoints.flatMap(({ entrypoint, execute, typeTransitions }) => [
    ...entrypoint,
    ...execute,
    ...typeTransitions,
  ]);
  const rules = [...step.transition, ...step.setexec, ...ofFiles, ...step.dyntransition, ...step.setcurrent];
  const booleans = rules.flatMap(({ condition }) =>
    condition === undefined || condition.inForce ? [] : Object.entries(condition.booleans),
  );
  const told = new Set(booleans.map(([name, on]) => `${name}=${on ? 'on' : 'off'}`));
  return `${NOT_NOW}: ${[...told].sort().join(' ')}`;
}

/** Of one kind on a line. */
const SHOWN = 3;

/** `init_t -> httpd_t  executes httpd_exec_t`; with setexec a process must ask for it. */
function stepLine(step: ToldTransition): string {
  const names = (of: readonly ToldEntrypoint[]) => {
    const shown = of.slice(0, SHOWN).map(({ type }) => type);
    return `${shown.join(', ')}${of.length > SHOWN ? ` and ${of.length - SHOWN} more` : ''}`;
  };
  const automatic = step.entrypoints.filter(({ typeTransitions }) => typeTransitions.length > 0);
  const asked = step.entrypoints.filter(({ typeTransitions }) => typeTransitions.length === 0);
  const ways = [
    automatic.length > 0 ? `executes ${names(automatic)}` : '',
    asked.length > 0 ? `with setexec executes ${names(asked)}` : '',
    step.dyntransition.length > 0 ? 'changes itself' : '',
  ].filter((way) => way !== '');
  return `${arrow(step)}  ${ways.join('; ')}${notNow(step)}\n`;
}

/** With its rules. */
function stepBlock(step: ToldTransition): string {
  const lines = (indent: string, rules: readonly ToldRule[]) => rules.map((rule) => `${indent}${ruleLine(rule)}`);
  return [
    `${arrow(step)}${notNow(step)}\n`,
    ...lines('  ', [...step.transition, ...step.setexec]),
    ...step.entrypoints.flatMap(({ type, entrypoint, execute, typeTransitions }) => [
      `  entrypoint ${type}\n`,
      ...lines('    ', [...entrypoint, ...execute, ...typeTransitions]),
    ]),
    ...lines('  ', [...step.dyntransition, ...step.setcurrent]),
  ].join('');
}

function arrow({ source, target }: Pick<ToldTransition, 'source' | 'target'>): string {
  return `${source} -> ${target}`;
}
