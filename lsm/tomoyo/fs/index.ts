/**
 * /sys/kernel/security/tomoyo.
 *
 * Model: security/tomoyo/securityfs_if.c and common.c of Linux 6.12. An exception list has no `select transition_only`:
 * the kernel forgets the selection at the first read.
 */

import { textOf, untilNul } from '../../../linux/bytes.ts';
import { E, type Result } from '../../../linux/errno.ts';
import { opensForReading, opensForWriting } from '../../../linux/fcntl.ts';
import { tidOf } from '../../../linux/ids.ts';
import { type InodeNumbers, PseudoFile, readWhole, StaticDirectory } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { DirectoryEntry, Handle } from '../../../vfs/tree/node.ts';
import { normalizeLine } from '../../framework/policy-text/words.ts';
import type { QueryBoard } from '../decide/queries.ts';
import { auditHandle } from '../decide/records.ts';
import { mayEnter } from '../decide/request.ts';
import type { TomoyoSecurity } from '../decide/security.ts';
import { enterDomain } from '../hooks/transition.ts';
import type { Domain } from '../policy/policy.ts';
import { unsigned } from '../policy/profile.ts';
import { DOMAIN_NAME_LIMIT, isDomainName } from '../policy/words.ts';
import { type ControlNode, controlHandle, type Selection } from './control.ts';
import { queryHandle } from './query.ts';

export function createNodes(
  security: TomoyoSecurity,
  queries: QueryBoard,
  numbers: InodeNumbers,
  time: bigint,
): DirectoryEntry {
  const file = (name: string, mode: number, open: (flags: number) => Handle): DirectoryEntry => ({
    name,
    node: new PseudoFile({ ino: numbers.next(), mode, time }, open),
  });
  const control = (name: string, mode: number, node: ControlNode): DirectoryEntry =>
    file(name, mode, (flags) => controlHandle(security, node, flags));
  const { policy } = security;
  /** What stands before each line once there is more than one namespace. */
  const prefix = (name: string): string => (policy.namespaces.length > 1 ? `${name} ` : '');

  const entries: DirectoryEntry[] = [
    file('query', 0o600, (flags) => queryHandle(security, queries, flags)),
    control('domain_policy', 0o600, domainPolicy(security, queries)),
    control('exception_policy', 0o600, {
      namespaces: true,
      counted: true,
      select: (line) => line === 'select transition_only',
      write: (line, remove, _selection, namespace) => namespace.writeException(line, remove, policy.lists),
      read: () => policy.namespaces.map((namespace) => namespace.printExceptions(prefix(namespace.name))).join(''),
    }),
    file('audit', 0o400, (flags) =>
      opensForReading(flags) ? auditHandle(security.records) : { writeMovesPosition: false },
    ),
    control('.process_status', 0o600, {
      forAll: true,
      answers: true,
      write: () => true,
      read: ({ line }) => processStatus(security, line),
    }),
    control('stat', 0o644, {
      counted: true,
      write: (line) => {
        policy.writeStat(line);
        return true;
      },
      read: () => policy.printStat(),
    }),
    control('profile', 0o600, {
      namespaces: true,
      counted: true,
      write: (line, _remove, _selection, namespace) => namespace.writeProfile(line),
      read: () => policy.namespaces.map((namespace) => namespace.printProfiles(prefix(namespace.name))).join(''),
    }),
    control('manager', 0o600, {
      counted: true,
      write: (line, remove) => policy.writeManager(line, remove),
      read: () => policy.managers.map((manager) => `${manager}\n`).join(''),
    }),
    control('version', 0o400, { read: () => '2.6.0' }),
    file('self_domain', 0o666, (flags) => selfDomain(security, flags)),
  ];
  // What was made last is listed first.
  const directory = new StaticDirectory({ ino: numbers.next(), mode: 0o755, time, entries: entries.toReversed() });
  return { name: 'tomoyo', node: directory };
}

function domainPolicy(security: TomoyoSecurity, queries: QueryBoard): ControlNode {
  const { policy } = security;
  return {
    counted: true,
    select: (line, selection) => {
      if (line === 'select transition_only') {
        selection.transitionsOnly = true;
        return true;
      }
      return line.startsWith('select ') && selectDomain(security, queries, line.slice('select '.length), selection);
    },
    write: (line, remove, selection) => {
      const selects = !remove && line.startsWith('select ');
      const rest = selects ? line.slice('select '.length) : line;
      if (!rest.startsWith('<')) {
        return selection.domain !== undefined && policy.writeDomain(selection.domain, rest, remove);
      }
      selection.domain = undefined;
      if (remove) policy.deleteDomain(rest);
      else selection.domain = selects ? policy.findDomain(rest) : policy.defineDomain(rest);
      return true;
    },
    read: ({ transitionsOnly }) => policy.domains.map((domain) => domain.print(transitionsOnly)).join(''),
  };
}

/** Lines are about this domain from now on, and reading shows it alone. @returns `false` when the line selects nothing. */
function selectDomain(security: TomoyoSecurity, queries: QueryBoard, what: string, selection: Selection): boolean {
  const { policy, tasks } = security;
  const number = (word: string): number | undefined => {
    const digits = new RegExp(`^${word}=\\s*(\\d+)`).exec(what)?.[1];
    return digits === undefined ? undefined : unsigned(digits);
  };
  let domain: Domain | undefined;
  const pid = number('pid') ?? number('global-pid');
  const query = number('Q');
  if (pid !== undefined) {
    const task = security.findTask(tidOf(pid));
    domain = task && tasks.of(task).domain;
  } else if (what.startsWith('domain=')) domain = policy.findDomain(what.slice('domain='.length));
  else if (query !== undefined) domain = queries.domainOf(query);
  else return false;
  selection.domain = domain;
  selection.transitionsOnly = false;
  const deleted = domain?.deleted ? '# This is a deleted domain.\n' : '';
  selection.shown = `# select ${what}\n${deleted}${domain?.print(false) ?? ''}`;
  return true;
}

function processStatus({ tasks, findTask }: TomoyoSecurity, line: string): string {
  const digits = /^(?:global-pid )?\+?(\d+)$/.exec(line)?.[1];
  const task = digits === undefined || Number(digits) >= 2 ** 32 ? undefined : findTask(tidOf(Number(digits)));
  if (task === undefined) return '';
  const { domain } = tasks.of(task);
  return `${Number(digits)} ${domain.profile} ${domain.name}`;
}

/** The caller's domain, and a way to another one that a `task manual_domain_transition` rule allows. */
function selfDomain(security: TomoyoSecurity, flags: number): Handle {
  const { tasks } = security;
  const write = (data: Uint8Array, caller: Caller): Result<number> => {
    if (data.length === 0 || data.length >= DOMAIN_NAME_LIMIT) return E.ENOMEM;
    const name = normalizeLine(textOf(untilNul(data)));
    if (!isDomainName(name)) return E.EINVAL;
    const task = security.taskOf(caller);
    const state = tasks.of(task);
    if (!mayEnter(security, state.domain, name, caller)) return E.EPERM;
    const domain = enterDomain(security, state.domain, name, caller);
    if (domain === undefined) return E.ENOENT;
    tasks.set(task, { ...state, domain });
    return data.length;
  };
  return {
    writeMovesPosition: false,
    ...(opensForReading(flags) && { read: readWhole((caller) => tasks.of(security.taskOf(caller)).domain.name) }),
    ...(opensForWriting(flags) && { write: (data: Uint8Array, _at: unknown, caller: Caller) => write(data, caller) }),
  };
}
