/**
 * Domain transitions: which domain a program that is executed comes into.
 *
 * Model: tomoyo_find_next_domain() and tomoyo_assign_domain() of Linux 6.12. The name of a program is that by which it
 * was called, where it is a symbolic link the link's. What is computed before execve(2) counts when it succeeds; a log
 * that is replayed computes it then. Enforcing mode asks a supervisor before it refuses anything.
 */

import { E, type Errno } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { ExecFile } from '../../framework/events.ts';
import { KERN_WARNING } from '../../framework/facts.ts';
import type { QueryAnswer, Question } from '../decide/queries.ts';
import { type AccessRequest, findRule, type Match, modeOf, record, recordText, supervise } from '../decide/request.ts';
import type { TomoyoSecurity } from '../decide/security.ts';
import type { Domain } from '../policy/policy.ts';
import { encodeName } from '../policy/words.ts';

export interface Execution {
  readonly refusal?: Errno;
  readonly domain: Domain;
}

/** Questions to a supervisor, each of which is to be answered, and what they lead to. */
export type Judging<Outcome> = Generator<Question, Outcome, QueryAnswer>;

/** What is asked about, and the rule for it that was found. */
interface Judged {
  readonly allowed: boolean;
  readonly name: string;
  readonly match: Match | undefined;
}

/** Is there a rule, or does a supervisor allow it without one? He may have it looked for again. */
function* allows(
  request: AccessRequest,
  security: TomoyoSecurity,
  operation: 'execute' | 'read',
  nameNow: () => string,
): Judging<Judged> {
  for (let retry = 0; ; retry = (retry + 1) & 0xffff) {
    const name = nameNow();
    const match = findRule(request, security, operation, name);
    if (modeOf(request, security) === 'disabled') return { allowed: true, name, match };
    const line = `file ${operation} ${name}`;
    if (supervise(request, security, line, match) === 'allowed') return { allowed: true, name, match };
    const text = recordText(request, security, line, false);
    const answer = yield { text, domain: request.domain, retry };
    if (answer !== 'retry') return { allowed: answer === 'allow', name, match };
  }
}

/** Judges an execution by a task of this domain, with all that this leaves behind: records, counts, learned rules, new domains. */
export function* judgeExec(
  security: TomoyoSecurity,
  domain: Domain,
  file: ExecFile,
  caller: Caller | undefined,
): Judging<Execution> {
  const request: AccessRequest = { domain, what: 'file::execute', caller, file };
  const called = encodeName(file.call?.linkPath ?? file.path);
  const { allowed, name, match } = yield* allows(request, security, 'execute', () =>
    domain.namespace.aggregate(called),
  );
  if (!allowed) return { refusal: E.EPERM, domain };
  const wish = match?.rule.condition?.transition;
  const next = nextDomain(security, domain, match?.name ?? name, wish);
  const entered = typeof next.name === 'string' ? enterDomain(security, domain, next.name, caller) : domain;
  if (entered === undefined) {
    if (next.required || modeOf(request, security) === 'enforcing') {
      if (next.required) security.log.print(`ERROR: Domain '${next.name}' not ready.`, KERN_WARNING);
      return { refusal: E.ENOMEM, domain };
    }
    if (!domain.transitionFailed) {
      domain.transitionFailed = true;
      record(request, security, 'transition_failed', false);
      security.log.print(`ERROR: Domain '${next.name}' not defined.`, KERN_WARNING);
    }
    return { domain };
  }
  const mayRead = yield* mayReadInterpreters(security, entered, file, caller);
  return mayRead ? { domain: entered } : { refusal: E.EPERM, domain: entered };
}

/** What has happened was allowed: where a rule is missing a supervisor has allowed it, or nobody was asked. */
export function executed(judging: Judging<Execution>): Execution {
  let step = judging.next();
  while (step.done !== true) step = judging.next('allow');
  return step.value;
}

/** The name of the domain that a program leads to; absent = it stays. `required`: the program is not started without it. */
export function nextDomain(
  { policy }: Pick<TomoyoSecurity, 'policy'>,
  domain: Domain,
  program: string,
  wish: string | undefined,
): { readonly name?: string; readonly required: boolean } {
  const words = domain.name.split(' ');
  const child = `${domain.name} ${program}`;
  const required = wish !== undefined;
  const kind = wish ?? domain.namespace.transitionOf(domain.name, program);
  switch (kind) {
    case 'keep':
      return { required };
    case 'reset':
      return { name: `<${program}>`, required: true };
    case 'initialize':
      return { name: `${domain.namespace.name} ${program}`, required };
    case 'child':
      return { name: child, required };
    case 'parent':
      return { name: words.length > 1 ? words.slice(0, -1).join(' ') : domain.name, required };
    case undefined:
      return domain === policy.root && !policy.loaded ? { required } : { name: child, required };
    default:
      return { name: kind.startsWith('<') ? kind : `${domain.name} ${kind}`, required };
  }
}

/** The interpreters of a script are read by the domain that it came into. */
function* mayReadInterpreters(
  security: TomoyoSecurity,
  domain: Domain,
  file: ExecFile,
  caller: Caller | undefined,
): Judging<boolean> {
  const request: AccessRequest = { domain, what: 'file::open', caller };
  for (const { path } of file.call?.interpreters ?? []) {
    const { allowed } = yield* allows(request, security, 'read', () => encodeName(path));
    if (!allowed) return false;
  }
  return true;
}

/**
 * The domain of this name for a task that comes from another. `undefined` = it has no profile yet, or it would be the
 * first of its namespace.
 */
export function enterDomain(
  security: TomoyoSecurity,
  from: Domain,
  name: string,
  caller: Caller | undefined,
): Domain | undefined {
  const { policy } = security;
  const known = policy.findDomain(name);
  if (known !== undefined) {
    return policy.loaded && !known.namespace.profiles.has(known.profile) ? undefined : known;
  }
  if (name.split(' ', 1)[0] !== from.namespace.name) return undefined;
  const made = policy.defineDomain(name);
  if (made === undefined) return undefined;
  made.profile = from.profile;
  for (const group of from.groups) made.groups.add(group);
  const request: AccessRequest = { domain: made, what: 'file::execute', caller };
  for (const line of [`use_profile ${made.profile}`, ...[...made.groups].map((group) => `use_group ${group}`)]) {
    record(request, security, line, false);
  }
  policy.count('updates');
  return made;
}
