/** `lsmfs why` for SELinux: one of its questions, asked of a policy file or of a task's namespace. */
import { failed } from '../../../linux/errno.ts';
import type { WhyProblem, WhyRequest, WhyTold } from '../../framework/inspection/why.ts';
import { PolicyState } from '../decide/index.ts';
import type { TaskSecurity } from '../namespaces/task-security.ts';
import { parsePolicy, whyRejected } from '../policy/index.ts';
import { boundsOf, type PolicyBound } from './bounds.ts';
import { whyNewContext } from './new-context.ts';
import { formatNewContext, formatRelabel } from './new-context-text.ts';
import { whyRelabel } from './relabel.ts';
import { formatWhy } from './text.ts';
import { why } from './why.ts';

/** The newest version that the parser knows; a file need not be one that the emulated kernel would load. */
const NEWEST_VERSION = 35;

interface QuestionedPolicy {
  readonly state: PolicyState;
  /** The mode of the namespace; a file has none. */
  readonly enforcing?: boolean;
  /** Namespaces around that decide besides. */
  readonly bounds: readonly PolicyBound[];
}

/** @param name the file's, for people. */
export function tellOfFile(image: Uint8Array, name: string, request: WhyRequest): WhyTold | WhyProblem {
  const db = parsePolicy(image, NEWEST_VERSION);
  if (!failed(db)) return tell({ state: new PolicyState(db), bounds: [] }, request);
  return {
    code: 'bad-policy',
    problem: `${name} is not a binary SELinux policy: ${whyRejected(image, NEWEST_VERSION) ?? db.code}.`,
    fix: 'Name one such as /etc/selinux/default/policy/policy.34.',
  };
}

/** @param whole the whole world is asked, not one of its tasks. */
export function tellOfTask(security: TaskSecurity, whole: boolean, request: WhyRequest): WhyTold | WhyProblem {
  const { loaded, enforcing } = security.namespace.state;
  if (loaded === undefined) {
    return {
      code: 'no-policy',
      problem: `That ${whole ? 'world' : 'namespace'} has no policy yet: everything is allowed in it.`,
      fix: `Load one: ${whole ? 'lsmfs exec NAME -- ' : ''}load_policy.`,
    };
  }
  const bounds = boundsOf(security);
  const told = tell({ state: loaded.state, enforcing, bounds }, request);
  return 'problem' in told ? told : { ...told, report: { ...told.report, enforcing, bounds } };
}

function tell(asked: QuestionedPolicy, request: WhyRequest): WhyTold | WhyProblem {
  const [source = '', target = '', className = '', ...words] = request.words;
  const { query } = request;
  switch (query) {
    case 'create':
    case 'member':
    case 'relabel':
      return newContext(asked, query, { source, target, class: className }, words);
    case 'validatetrans':
      return relabel(asked, { old: source, new: target, class: className }, words);
    default:
      return access(asked, { source, target, class: className, permissions: words }, request.command);
  }
}

function access(
  { state, enforcing, bounds }: QuestionedPolicy,
  question: Parameters<typeof why>[1],
  command: number | undefined,
): WhyTold | WhyProblem {
  const report = why(state, command === undefined ? question : { ...question, command });
  if ('problem' in report) return report;
  return { report, allowed: report.allowed, text: formatWhy(report, enforcing, bounds) };
}

function newContext(
  { state, enforcing }: QuestionedPolicy,
  query: 'create' | 'member' | 'relabel',
  question: { readonly source: string; readonly target: string; readonly class: string },
  [name, ...more]: readonly string[],
): WhyTold | WhyProblem {
  if (more.length > 0 || (name !== undefined && query !== 'create')) {
    return {
      code: 'bad-option',
      problem: `too many words for --query=${query}`,
      fix: 'Only create takes a word after the class: a name.',
    };
  }
  const report = whyNewContext(state, { query, ...question, ...(name !== undefined && { name }) });
  if ('problem' in report) return report;
  return { report, allowed: report.valid, text: formatNewContext(report, enforcing) };
}

function relabel(
  { state }: QuestionedPolicy,
  question: { readonly old: string; readonly new: string; readonly class: string },
  [task, ...more]: readonly string[],
): WhyTold | WhyProblem {
  if (task === undefined || more.length > 0) {
    return {
      code: 'bad-option',
      problem: 'validatetrans is about OLD NEW CLASS TASK.',
      fix: 'Name the context of who relabels last.',
    };
  }
  const report = whyRelabel(state, { ...question, task });
  if ('problem' in report) return report;
  return { report, allowed: report.allowed, text: formatRelabel(report) };
}
