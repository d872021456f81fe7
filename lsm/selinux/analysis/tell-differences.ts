/** How one policy differs from another, section by section. */
import type { WhyProblem } from '../../framework/inspection/why.ts';
import type { DifferenceQuestion, DifferenceTold } from '../../framework/policy-analysis.ts';
import { AVTAB_ALLOWED, AVTAB_AUDITALLOW, AVTAB_AUDITDENY } from '../policy/avtab.ts';
import { braced } from '../why/names.ts';
import { RULE_WORDS } from '../why/rule-text.ts';
import { Conditions } from './conditions.ts';
import { CONTEXT_SECTIONS } from './context-statements.ts';
import { type Change, type Difference, differenceOf, type Kept, type Modified } from './differences.ts';
import type { AnalysedPolicy } from './policy.ts';
import { ruleSections } from './rule-statements.ts';
import type { Section, Statement } from './statements.ts';
import { SYMBOL_SECTIONS } from './symbol-statements.ts';
import { vectorDifferences } from './vector-differences.ts';

/** One section with differences. */
export interface ToldDifference {
  readonly added: ToldStatements;
  readonly removed: ToldStatements;
  readonly modified: ToldStatements;
}

export interface ToldStatements {
  readonly count: number;
  /** With `name`, `condition`, and the parts: lists of names, or of a modified one `{ added, removed }`. */
  readonly statements: readonly object[];
}

const PERMISSIONS = 'permissions';

/** A section, and what two policies say differently in it. */
interface Compared extends Omit<Section, 'of'> {
  readonly compare: () => Difference;
}

export function tellDifferences(
  left: AnalysedPolicy,
  right: AnalysedPolicy,
  question: DifferenceQuestion,
): DifferenceTold | WhyProblem {
  const all = sections(left, right, question.limit);
  const unknown = question.sections.find((name) => !all.some((section) => section.name === name));
  if (unknown !== undefined) {
    return {
      code: 'bad-option',
      problem: `There is no section '${unknown}'.`,
      fix: `Sections are ${all.map(({ name }) => name).join(', ')}.`,
    };
  }
  const wanted = all.filter(({ name }) => question.sections.length === 0 || question.sections.includes(name));
  const found = wanted
    .map((section) => ({ section, difference: section.compare() }))
    .filter(({ difference }) => !difference.isEmpty);
  return {
    same: found.length === 0,
    report: {
      differences: Object.fromEntries(
        found.map(({ section, difference }) => [section.name, toldDifference(section, difference)]),
      ),
    },
    text: found
      .map(({ section, difference }) => sectionText(section, difference, question))
      .join(question.summary ? '' : '\n'),
  };
}

function sections(left: AnalysedPolicy, right: AnalysedPolicy, limit: number): Compared[] {
  const conditions = new Conditions();
  const stated = (of: readonly Section[]): Compared[] =>
    of.map((section) => ({ ...section, compare: () => differenceOf(section.of(left), section.of(right), limit) }));
  const vectors = [AVTAB_ALLOWED, AVTAB_AUDITALLOW, AVTAB_AUDITDENY].map((kind) => ({
    name: RULE_WORDS.get(kind) ?? '',
    shown: PERMISSIONS,
    end: ';',
    compare: () => vectorDifferences(left, right, kind, conditions, limit),
  }));
  return [...stated(SYMBOL_SECTIONS), ...vectors, ...stated(ruleSections(conditions)), ...stated(CONTEXT_SECTIONS)];
}

type Shortened = (names: readonly string[]) => readonly string[];

const asTheyAre: Shortened = (names) => names;

function toldDifference({ shortened = asTheyAre }: Compared, difference: Difference): ToldDifference {
  const whole = ({ name, condition, parts }: Statement): object => ({
    name,
    ...(condition !== undefined && { condition }),
    ...Object.fromEntries(Object.entries(parts).map(([part, names]) => [part, shortened(names)])),
  });
  const changed = ({ name, condition, changes }: Modified): object => ({
    name,
    ...(condition !== undefined && { condition }),
    ...Object.fromEntries(
      Object.entries(changes).map(([part, { added, removed }]) => [
        part,
        { added: shortened(added), removed: shortened(removed) },
      ]),
    ),
  });
  const told = <T extends { readonly name: string }>({ count, items }: Kept<T>, tell: (item: T) => object) => ({
    count,
    statements: items.map(tell),
  });
  return {
    added: told(difference.added, whole),
    removed: told(difference.removed, whole),
    modified: told(difference.modified, changed),
  };
}

/** A heading, and a line for each statement: `+` only the second policy has it, `-` only the first, `~` both, but not the same. */
function sectionText(section: Compared, difference: Difference, { summary, limit }: DifferenceQuestion): string {
  const { added, removed, modified } = difference;
  const counts = [
    [added.count, 'added'],
    [removed.count, 'removed'],
    [modified.count, 'modified'],
  ] as const;
  const told = counts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  const heading = `${section.name}: ${told.join(', ')}\n`;
  if (summary) return heading;
  const lines = <T extends { readonly name: string }>(
    sign: string,
    { count, items }: Kept<T>,
    line: (item: T) => string,
  ) => [
    ...items.map((item) => `  ${sign} ${line(item)}\n`),
    ...(count > limit ? [`  ${sign} ... and ${count - limit} more: --limit\n`] : []),
  ];
  return [
    heading,
    ...lines('+', added, (one) => statementLine(section, one)),
    ...lines('-', removed, (one) => statementLine(section, one)),
    ...lines('~', modified, (one) => modifiedLine(section, one)),
  ].join('');
}

/** `allow httpd_t shadow_t:file { read };  # while (a) is true` */
function statementLine(
  { shown, shortened = asTheyAre, end = '' }: Compared,
  { name, parts, condition }: Statement,
): string {
  const names = shown === undefined ? undefined : parts[shown];
  return withCondition(`${name}${names === undefined ? '' : ` ${braced(shortened(names))}`}${end}`, condition);
}

/** `allow httpd_t shadow_t:file: +read -write`, `root: range +s0-s15 -s0` */
function modifiedLine({ shown, shortened = asTheyAre }: Compared, { name, changes, condition }: Modified): string {
  const signed = ({ added, removed }: Change): string =>
    [...shortened(added).map((one) => `+${one}`), ...shortened(removed).map((one) => `-${one}`)].join(' ');
  const told = Object.entries(changes).map(([part, change]) => `${part === shown ? '' : `${part} `}${signed(change)}`);
  return withCondition(`${name}: ${told.join('; ')}`, condition);
}

function withCondition(text: string, condition: string | undefined): string {
  return condition === undefined ? text : `${text}  # ${condition}`;
}
