/**
 * Domain transitions: which domain a program that is executed comes into.
 *
 * Model: tomoyo_find_next_domain() and tomoyo_assign_domain() of Linux 6.12. The name of a program is that by which it
 * was called, where it is a symbolic link the link's. What is computed before execve(2) counts when it succeeds; a log
 * that is replayed computes it then.
 */

import { E, type Errno } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { ExecFile } from '../../framework/events.ts';
import { KERN_WARNING } from '../../framework/facts.ts';
import { type AccessRequest, findRule, modeOf, record, supervise } from '../decide/request.ts';
import type { TomoyoSecurity } from '../decide/security.ts';
import type { Domain } from '../policy/policy.ts';
import { encodeName } from '../policy/words.ts';

export interface Execution {
  readonly refusal?: Errno;
  readonly domain: Domain;
}

/** Judges an execution by a task of this domain, with all that this leaves behind: records, counts, learned rules, new domains. */
export function judgeExec(
  security: TomoyoSecurity,
  domain: Domain,
  file: ExecFile,
  caller: Caller | undefined,
): Execution {
  const request: AccessRequest = { domain, what: 'file::execute', caller, file };
  const name = domain.namespace.aggregate(encodeName(file.call?.linkPath ?? file.path));
  const match = findRule(request, security, 'execute', name);
  const mode = modeOf(request, security);
  if (mode !== 'disabled' && supervise(request, security, `file execute ${name}`, match) !== 'allowed') {
    return { refusal: E.EPERM, domain };
  }
  const wish = match?.rule.condition?.transition;
  const next = nextDomain(security, domain, match?.name ?? name, wish);
  const entered = typeof next.name === 'string' ? enterDomain(security, domain, next.name, caller) : domain;
  if (entered === undefined) {
    if (next.required || mode === 'enforcing') {
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
  return refuseInterpreter(security, entered, file, caller) ?? { domain: entered };
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
function refuseInterpreter(
  security: TomoyoSecurity,
  domain: Domain,
  file: ExecFile,
  caller: Caller | undefined,
): Execution | undefined {
  const request: AccessRequest = { domain, what: 'file::open', caller };
  if (modeOf(request, security) === 'disabled') return undefined;
  for (const { path } of file.call?.interpreters ?? []) {
    const name = encodeName(path);
    const match = findRule(request, security, 'read', name);
    if (supervise(request, security, `file read ${name}`, match) !== 'allowed') return { refusal: E.EPERM, domain };
  }
  return undefined;
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
