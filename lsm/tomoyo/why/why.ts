/**
 * Why does the policy allow or deny an operation on a file? For people: nothing is logged, counted or learned.
 * Conditions are shown, not tried: they are about a task that does not exist.
 */
import type { WhyProblem } from '../../framework/inspection/why.ts';
import { nextDomain } from '../hooks/transition.ts';
import { PATH_OPERATIONS, printAcl } from '../policy/acl.ts';
import type { Domain, Policy } from '../policy/policy.ts';
import type { Mode } from '../policy/profile.ts';
import { matchName } from '../policy/values.ts';
import { encodeName, isPath } from '../policy/words.ts';

export interface WhyQuestion {
  /** A domain's name. */
  readonly domain: string;
  /** A file's path. */
  readonly path: string;
  /** `execute`, `read`, ... as in rules; `x`, `r`, `w` for short. */
  readonly operation: string;
}

export interface WhyReport {
  readonly domain: string;
  /** As rules have it. */
  readonly path: string;
  readonly operation: string;
  /** `false` = it is refused. */
  readonly allowed: boolean;
  readonly profile: number;
  /** What the profile does about operations without a rule; `disabled` also while no policy is in force. */
  readonly mode: Mode;
  readonly loaded: boolean;
  /** `false` = rules about this operation are kept and nothing asks for them: it goes on whatever they say. */
  readonly asked: boolean;
  /** The first rule that allows it whoever asks. */
  readonly rule?: string;
  /** Rules that allow it under conditions. */
  readonly conditional: readonly string[];
  /** Of a program: the domain that it leads to. */
  readonly next?: string;
  /** Lines for domain_policy that would allow it; absent = it is allowed. */
  readonly remedy?: readonly string[];
}

const SHORT: Readonly<Record<string, string>> = { x: 'execute', r: 'read', w: 'write' };

export function why(policy: Policy, question: WhyQuestion): WhyReport | WhyProblem {
  const domain = policy.findDomain(question.domain);
  if (domain === undefined) {
    return {
      problem: `There is no domain '${question.domain}'.`,
      fix: 'Domains are listed in /sys/kernel/security/tomoyo/domain_policy.',
    };
  }
  const operation = SHORT[question.operation] ?? question.operation;
  if (!PATH_OPERATIONS.includes(operation)) {
    return {
      problem: `'${operation}' is not an operation on a file.`,
      fix: `Choose from: ${PATH_OPERATIONS.join(', ')}.`,
    };
  }
  const encoded = question.path.startsWith('/') && isPath(question.path) ? question.path : encodeName(question.path);
  if (!encoded.startsWith('/')) return { problem: `'${question.path}' is not a path.`, fix: 'Begin it with a slash.' };
  const path = operation === 'execute' ? domain.namespace.aggregate(encoded) : encoded;
  return report(policy, domain, path, operation);
}

function report(policy: Policy, domain: Domain, path: string, operation: string): WhyReport {
  const matching = [...domain.rules()].flatMap((rule) => {
    const operand = rule.operands[0];
    if (rule.kind !== 'path' || operand === undefined || !rule.operations.includes(operation)) return [];
    const name = matchName(operand, path, domain.namespace);
    return name === undefined ? [] : [{ rule, name }];
  });
  const sure = matching.find(({ rule }) => rule.condition === undefined || rule.condition.tests.length === 0);
  const conditional = matching.filter((match) => match.rule.condition?.tests.length).map(({ rule }) => printAcl(rule));
  const setting = policy.loaded
    ? domain.namespace.profiles.get(domain.profile)?.setting(FUNCTIONS[operation] ?? `file::${operation}`)
    : undefined;
  const mode = setting?.mode ?? 'disabled';
  const allowed = sure !== undefined || mode !== 'enforcing';
  const next = nextDomain({ policy }, domain, sure?.name ?? path, sure?.rule.condition?.transition).name ?? domain.name;
  return {
    domain: domain.name,
    path,
    operation,
    allowed,
    profile: domain.profile,
    mode,
    loaded: policy.loaded,
    asked: operation === 'execute',
    ...(sure !== undefined && { rule: printAcl(sure.rule) }),
    conditional,
    ...(operation === 'execute' && allowed && { next }),
    ...(!allowed && { remedy: [domain.name, `file ${operation} ${path}`] }),
  };
}

/** Functions of a profile that are not called like the operation. */
const FUNCTIONS: Readonly<Record<string, string>> = { read: 'file::open', write: 'file::open', append: 'file::open' };
