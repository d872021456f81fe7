/** `lsmfs why` for SELinux: one of its questions, and the answer for people and for programs. */
import type { WhyProblem } from '../../lsm/selinux/why/index.ts';
import { type PolicyInForce, WorldError } from '../../world/index.ts';

export type SelinuxQuery = 'access' | 'create' | 'member' | 'relabel' | 'validatetrans';

export interface SelinuxQuestion {
  readonly source: string;
  readonly target: string;
  readonly className: string;
  /** What follows the class. */
  readonly words: readonly string[];
  readonly command: number | undefined;
}

export interface Told {
  readonly report: object;
  readonly allowed: boolean;
  readonly text: string;
}

export function whySelinux(asked: PolicyInForce, query: SelinuxQuery, question: SelinuxQuestion): Promise<Told> {
  if (query === 'access') return access(asked, question);
  return query === 'validatetrans' ? relabel(asked, question) : newContext(asked, query, question);
}

/** @throws WorldError when the question makes no sense. */
function answered<T extends object>(report: T | WhyProblem): T {
  if ('problem' in report) throw new WorldError('bad-question', report.problem, report.fix);
  return report;
}

async function access({ state, enforcing, bounds }: PolicyInForce, question: SelinuxQuestion): Promise<Told> {
  const { why } = await import('../../lsm/selinux/why/index.ts');
  const { formatWhy } = await import('../why-text.ts');
  const { source, target, className, words, command } = question;
  const asked = { source, target, class: className, permissions: words };
  const report = answered(why(state, command === undefined ? asked : { ...asked, command }));
  return { report, allowed: report.allowed, text: formatWhy(report, enforcing, bounds) };
}

async function newContext(
  { state, enforcing }: PolicyInForce,
  query: 'create' | 'member' | 'relabel',
  { source, target, className, words }: SelinuxQuestion,
): Promise<Told> {
  const [name, ...more] = words;
  if (more.length > 0 || (name !== undefined && query !== 'create')) {
    throw new WorldError(
      'bad-option',
      `too many words for --query=${query}`,
      'Only create takes a word after the class: a name.',
    );
  }
  const { whyNewContext } = await import('../../lsm/selinux/why/index.ts');
  const { formatNewContext } = await import('../why-new-text.ts');
  const asked = { query, source, target, class: className };
  const report = answered(whyNewContext(state, name === undefined ? asked : { ...asked, name }));
  return { report, allowed: report.valid, text: formatNewContext(report, enforcing) };
}

async function relabel({ state }: PolicyInForce, { source, target, className, words }: SelinuxQuestion): Promise<Told> {
  const [task, ...more] = words;
  if (task === undefined || more.length > 0) {
    throw new WorldError(
      'bad-option',
      'validatetrans is about OLD NEW CLASS TASK.',
      'Name the context of who relabels last.',
    );
  }
  const { whyRelabel } = await import('../../lsm/selinux/why/index.ts');
  const { formatRelabel } = await import('../why-new-text.ts');
  const report = answered(whyRelabel(state, { old: source, new: target, class: className, task }));
  return { report, allowed: report.allowed, text: formatRelabel(report) };
}
