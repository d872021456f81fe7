/**
 * A question in words, and what is wrong with one that makes no sense.
 *
 * Names are the policy's. A class or permission that only the kernel knows is a question too: the policy's handle_unknown answers it.
 */

import { failed } from '../../../linux/errno.ts';
import type { WhyProblem } from '../../framework/inspection/why.ts';
import { didYouMean } from '../../framework/nearest.ts';
import { formatContext, initialSidContext, KERNEL_CLASSES, parseContext, SID } from '../decide/index.ts';
import type { ClassDatum } from '../policy/datums.ts';
import type { Context, PolicyDb } from '../policy/policydb.ts';

export interface WhyQuestion {
  readonly source: string;
  readonly target: string;
  readonly class: string;
  /** Empty = all of the class. */
  readonly permissions: readonly string[];
  /** Command of `ioctl` or type of netlink message, 16 bits. */
  readonly command?: number;
}

export interface ParsedQuestion {
  readonly source: Context;
  readonly target: Context;
  /** `undefined`: only the kernel knows this class. */
  readonly class: ClassDatum | undefined;
  readonly known: readonly string[];
  /** Permissions that only the kernel knows. */
  readonly unknown: readonly string[];
}

/** Valid contexts in the order of their texts. */
export function parseContexts(db: PolicyDb, texts: readonly string[]): readonly Context[] | WhyProblem {
  const contexts: Context[] = [];
  for (const text of texts) {
    const context = parseContext(db, text);
    if (failed(context)) return contextProblem(db, text);
    contexts.push(context);
  }
  return contexts;
}

/** A class of the policy. */
export function parseClass(db: PolicyDb, name: string): ClassDatum | WhyProblem {
  const datum = db.classes.byName(name);
  if (datum !== undefined) return datum;
  const names = db.classes.inValueOrder().map((known) => known.name);
  return { problem: `There is no class '${name}' in the policy.`, fix: similar(name, names) };
}

export function parseQuestion(db: PolicyDb, question: WhyQuestion): ParsedQuestion | WhyProblem {
  const source = parseContext(db, question.source);
  if (failed(source)) return contextProblem(db, question.source);
  const target = parseContext(db, question.target);
  if (failed(target)) return withPath(contextProblem(db, question.target), question.target);
  const datum = db.classes.byName(question.class);
  const ofKernel = KERNEL_CLASSES.find(({ name }) => name === question.class)?.permissions ?? [];
  if (datum === undefined && ofKernel.length === 0) {
    const names = db.classes.inValueOrder().map(({ name }) => name);
    return { problem: `There is no class '${question.class}'.`, fix: similar(question.class, names) };
  }
  const ofPolicy = datum === undefined ? [] : datum.permissionNames.filter((name) => name !== undefined);
  const asked = question.permissions.length > 0 ? [...new Set(question.permissions)] : [...ofPolicy];
  const isKnown = (name: string) => ofPolicy.includes(name);
  const wrong = asked.find((name) => !isKnown(name) && !ofKernel.includes(name));
  if (wrong !== undefined) {
    const all = [...new Set([...ofPolicy, ...ofKernel])];
    return { problem: `Class ${question.class} has no permission '${wrong}'.`, fix: similar(wrong, all) };
  }
  if (question.command !== undefined && !asked.some((name) => name === 'ioctl' || name === 'nlmsg')) {
    return { problem: 'A command number belongs to ioctl or nlmsg.', fix: 'Ask for that permission.' };
  }
  const unknown = asked.filter((name) => !isKnown(name));
  return {
    source,
    target,
    class: datum,
    known: asked.filter(isKnown),
    unknown: datum === undefined && asked.length === 0 ? ofKernel : unknown,
  };
}

/** What has no colon may have been meant as the name of a file. */
function withPath({ problem, fix }: WhyProblem, text: string): WhyProblem {
  return { problem, fix: text.includes(':') ? fix : `${fix} The path of a file has a slash: ./${text}` };
}

/** Which part of a context is wrong. */
function contextProblem(db: PolicyDb, text: string): WhyProblem {
  const [userName = '', roleName, typeName, ...rest] = text.split(':');
  const unlabeled = initialSidContext(db, SID.unlabeled);
  const instead = unlabeled === undefined ? '' : ` The kernel takes such a label for ${formatContext(db, unlabeled)}.`;
  const problem = (reason: string, near = '') => ({
    problem: `'${text}' is not a context of this policy: ${reason}.`,
    fix: `${near}Write user:role:type${db.mls ? ':level' : ''} with names of the policy.${instead}`,
  });
  if (roleName === undefined || typeName === undefined) return problem('it needs a user, a role and a type');
  const user = db.users.byName(userName);
  const role = db.roles.byName(roleName);
  const type = db.types.byName(typeName);
  if (user === undefined) return problem(`there is no user ${userName}`, near(userName, db.users));
  if (role === undefined) return problem(`there is no role ${roleName}`, near(roleName, db.roles));
  if (type === undefined) return problem(`there is no type ${typeName}`, near(typeName, db.types));
  if (type.attribute) return problem(`${typeName} is an attribute`);
  if (db.mls && rest.length === 0) return problem('its level is missing');
  if (!db.mls && rest.length > 0) return problem('the policy has no levels');
  if (roleName !== 'object_r') {
    if (!user.roles.has(role.value - 1)) return problem(`user ${userName} may not have role ${roleName}`);
    if (!role.types.has(type.value - 1)) return problem(`role ${roleName} may not have type ${typeName}`);
  }
  return problem(`user ${userName} may not have the range ${rest.join(':')}`);
}

const SHOWN = 8;

/** Names that share a beginning or a part with what was written; else a few of all. */
function near(wrong: string, table: { all(): Iterable<{ readonly name: string }> }): string {
  return didYouMean(
    wrong,
    [...table.all()].map(({ name }) => name),
  );
}

function similar(wrong: string, names: readonly string[]): string {
  const near = names.filter(
    (name) => name.startsWith(wrong.slice(0, 3)) || name.includes(wrong) || wrong.includes(name),
  );
  const shown = (near.length > 0 ? near : names).slice(0, SHOWN);
  return `${didYouMean(wrong, names)}Known: ${shown.join(', ')}${shown.length < names.length ? ', ...' : ''}.`;
}
