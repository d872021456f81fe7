/**
 * A request of a task: is there a rule for it, what is logged, what is learned, and what happens without one.
 *
 * Model: tomoyo_check_acl(), tomoyo_supervisor() and tomoyo_init_log() of Linux 6.12. Records tell of a program its
 * path and arguments; not its environment and not the attributes of its file.
 */

import type { Caller } from '../../../vfs/tree/caller.ts';
import type { ExecFile } from '../../framework/events.ts';
import { KERN_WARNING } from '../../framework/facts.ts';
import { hasKnownFilesystem } from '../../framework/files/inode.ts';
import type { Acl } from '../policy/acl.ts';
import { type ConditionFacts, holds } from '../policy/condition.ts';
import { type Domain, printTime } from '../policy/policy.ts';
import type { Mode, Profile, Setting } from '../policy/profile.ts';
import { matchName } from '../policy/values.ts';
import { encodeName } from '../policy/words.ts';
import { inOneLine, isRefusal } from '../why/refusal.ts';
import type { TomoyoSecurity } from './security.ts';

export interface AccessRequest {
  readonly domain: Domain;
  /** The function that it is, in a profile. */
  readonly what: string;
  /** Absent = who asks is not known, as when a log is replayed. */
  readonly caller: Caller | undefined;
  /** A program that is executed. */
  readonly file?: ExecFile;
}

export interface Match {
  readonly rule: Acl;
  /** The pattern that matched, or the member of a group. */
  readonly name: string;
}

/** The first rule that allows an operation on a name. */
export function findRule(
  request: AccessRequest,
  security: TomoyoSecurity,
  operation: string,
  name: string,
): Match | undefined {
  const { domain } = request;
  for (const rule of domain.rules()) {
    const operand = rule.operands[0];
    if (rule.kind !== 'path' || operand === undefined || !rule.operations.includes(operation)) continue;
    const matched = matchName(operand, name, domain.namespace);
    if (matched !== undefined && conditionHolds(rule, request, security)) return { rule, name: matched };
  }
  return undefined;
}

/** May a task of this domain move itself to that one? */
export function mayEnter(security: TomoyoSecurity, domain: Domain, name: string, caller: Caller): boolean {
  const request: AccessRequest = { domain, what: 'file::execute', caller };
  for (const rule of domain.rules()) {
    if (rule.kind === 'task' && rule.operands[0]?.text === name && conditionHolds(rule, request, security)) return true;
  }
  return false;
}

function conditionHolds(rule: Acl, request: AccessRequest, security: TomoyoSecurity): boolean {
  if (rule.condition === undefined) return true;
  return holds(rule.condition, conditionFacts(request, security), request.domain.namespace);
}

/** Real, effective, saved, filesystem; as far as known. */
function identity({ caller }: AccessRequest, security: TomoyoSecurity) {
  const facts = caller && security.thread(caller.tid);
  const all = (id: number): readonly number[] => [id, id, id, id];
  return {
    pid: caller?.tgid ?? 0,
    ppid: facts?.parent ?? 0,
    uids: facts?.uids ?? all(caller?.uid ?? 0),
    gids: facts?.gids ?? all(caller?.gid ?? 0),
  };
}

function conditionFacts(request: AccessRequest, security: TomoyoSecurity): ConditionFacts {
  const { file } = request;
  const number = (keyword: string): number | undefined => {
    const { pid, ppid, uids, gids } = identity(request, security);
    const kinds = ['', 'e', 's', 'fs'];
    const task = /^task\.(e|s|fs|)([ug]id)$/.exec(keyword);
    if (task !== null) return (task[2] === 'uid' ? uids : gids)[kinds.indexOf(task[1] as string)];
    if (keyword === 'task.pid') return pid;
    if (keyword === 'task.ppid') return ppid;
    if (keyword === 'exec.argc') return file?.call?.argv?.length;
    if (keyword === 'path1.uid') return file?.inode?.uid;
    return keyword === 'path1.ino' && file?.inode !== undefined && hasKnownFilesystem(file.inode)
      ? file.inode.ino
      : undefined;
  };
  return {
    number: (keyword) => {
      if (keyword === 'path1.type' && file !== undefined) return 0o100000n;
      const value = number(keyword);
      return value === undefined ? undefined : BigInt(value);
    },
    name: (keyword) => (keyword === 'exec.realpath' && file !== undefined ? encodeName(file.path) : undefined),
    argument: (index) => {
      const argument = file?.call?.argv?.[index];
      return argument === undefined ? undefined : encodeName(argument);
    },
  };
}

/** Of a policy that is not in force, every mode is `disabled`. */
export function modeOf({ domain, what }: AccessRequest, security: TomoyoSecurity): Mode {
  return settingOf(domain, what, security)?.mode ?? 'disabled';
}

function settingOf(domain: Domain, what: string, { policy }: TomoyoSecurity): Setting | undefined {
  return policy.loaded ? profileOf(domain)?.setting(what) : undefined;
}

function profileOf(domain: Domain): Profile | undefined {
  return domain.namespace.profiles.get(domain.profile);
}

export type RequestResult = 'allowed' | 'refused' | 'ask';

/**
 * Logs a request and says what becomes of it; learns a rule where that is the mode.
 * @param line the rule that would allow it.
 */
export function supervise(
  request: AccessRequest,
  security: TomoyoSecurity,
  line: string,
  match: Match | undefined,
): RequestResult {
  const { domain } = request;
  const granted = match !== undefined;
  record(request, security, line, granted, match?.rule);
  if (granted) return 'allowed';
  const mode = modeOf(request, security);
  if (mode === 'disabled') return 'allowed';
  security.policy.count(mode);
  if (mode === 'enforcing') return 'ask';
  if (mode === 'learning' && hasRoom(request, security)) {
    const { file } = request;
    const argument = file?.call?.argv?.[0];
    const realpath = file === undefined ? '' : ` exec.realpath="${encodeName(file.path)}"`;
    const learned = `${line}${realpath}${argument === undefined ? '' : ` exec.argv[0]="${encodeName(argument)}"`}`;
    if (security.policy.writeRule(domain, learned)) security.policy.count('updates');
  }
  return 'allowed';
}

/** Learning ends when a domain has as many rules as its profile allows, each operation counted. */
function hasRoom(request: AccessRequest, security: TomoyoSecurity): boolean {
  const { domain } = request;
  if (domain.quotaExceeded) return false;
  const count = domain.acls.reduce((sum, { operations }) => sum + Math.max(operations.length, 1), 0);
  if (count < (profileOf(domain)?.maxLearningEntry ?? 0)) return true;
  domain.quotaExceeded = true;
  record(request, security, 'quota_exceeded', false);
  security.log.print(
    `WARNING: Domain '${domain.name}' has too many ACLs to hold. Stopped learning mode.`,
    KERN_WARNING,
  );
  return false;
}

/**
 * Adds a record to the audit log if the profile wants it. The log of the world has refusals, also those for which there is no room here.
 */
export function record(
  request: AccessRequest,
  security: TomoyoSecurity,
  line: string,
  granted: boolean,
  rule?: Acl,
): void {
  const { domain, what } = request;
  const { policy, records } = security;
  const setting = settingOf(domain, what, security);
  if (setting === undefined) return;
  const wanted = granted ? (rule?.condition?.grantLog ?? setting.grantLog) : setting.rejectLog;
  if (!wanted) return;
  const text = recordText(request, security, line, granted);
  if (isRefusal(text)) security.log.own?.('tomoyo', inOneLine(text));
  if (records.length >= (profileOf(domain)?.maxAuditLog ?? 0)) return;
  const size = policy.quota.audit;
  if (size > 0 && policy.used.audit + text.length >= size) return;
  records.add(text);
}

/** A record, and the text of a question to a supervisor. */
export function recordText(request: AccessRequest, security: TomoyoSecurity, line: string, granted: boolean): string {
  const { domain, file } = request;
  const { pid, ppid, uids, gids } = identity(request, security);
  const [uid, euid, suid, fsuid] = uids;
  const [gid, egid, sgid, fsgid] = gids;
  const ids = `uid=${uid} gid=${gid} euid=${euid} egid=${egid} suid=${suid} sgid=${sgid} fsuid=${fsuid} fsgid=${fsgid}`;
  const mode = modeOf(request, security);
  const head = `#${printTime(security.now())}# profile=${domain.profile} mode=${mode} granted=${granted ? 'yes' : 'no'}`;
  const task = `(global-pid=${request.caller?.tid ?? 0}) task={ pid=${pid} ppid=${ppid} ${ids} }`;
  return `${head} ${task}${file === undefined ? '' : ` ${programText(file)}`}\n${domain.name}\n${line}\n`;
}

function programText({ path, call }: ExecFile): string {
  const argv = call?.argv;
  const list = argv?.map((argument) => ` "${encodeName(argument)}"`).join('');
  const args = argv === undefined ? '' : ` argc=${argv.length} argv[]={${list} }`;
  return `exec={ realpath="${encodeName(path)}"${args} }`;
}
