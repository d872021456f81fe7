/**
 * The line protocol of the policy nodes.
 *
 * Model: tomoyo_write_control() and tomoyo_read_control() of Linux 6.12. Positions mean nothing: each open has what it
 * wrote of an unfinished line and how far it read. What is malformed is dropped, and the write still succeeds; only who
 * is no manager gets an error. A read shows the policy as it was when reading began.
 */
import { bytesOf, textOf } from '../../../linux/bytes.ts';
import { E, type Result } from '../../../linux/errno.ts';
import { opensForReading, opensForWriting } from '../../../linux/fcntl.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Handle } from '../../../vfs/tree/node.ts';
import { KERN_WARNING } from '../../framework/facts.ts';
import { normalizeLine } from '../../framework/policy-text/words.ts';
import type { TomoyoSecurity } from '../decide/security.ts';
import type { PolicyNamespace } from '../policy/namespace.ts';
import type { Domain } from '../policy/policy.ts';

/** Longest line: what kmalloc() can give for it. */
const LINE_LIMIT = 4 * 1024 * 1024;

/** What one open has selected. */
export interface Selection {
  /** Lines are about this domain. */
  domain: Domain | undefined;
  /** Reading shows this and nothing else. `undefined` = everything. */
  shown: string | undefined;
  transitionsOnly: boolean;
  /** The last line that was written. */
  line: string;
}

/** What a node of this protocol is. */
export interface ControlNode {
  /** Lines may begin with a namespace: they are about that one. */
  readonly namespaces?: true;
  /** Anybody who can open it may write. */
  readonly forAll?: true;
  /** Lines that change something are counted as updates. */
  readonly counted?: true;
  /** @returns `false` when nothing changed. Absent = it cannot be written. */
  write?(line: string, remove: boolean, selection: Selection, namespace: PolicyNamespace): boolean;
  /** A line that selects something, by anybody. @returns `false` when it is not such a line. */
  select?(line: string, selection: Selection): boolean;
  read(selection: Selection): string;
  /** Each line that is written makes it readable anew. */
  readonly answers?: true;
}

export function controlHandle(security: TomoyoSecurity, node: ControlNode, flags: number): Handle {
  const { policy } = security;
  policy.collectGarbage();
  const selection: Selection = { domain: undefined, shown: undefined, transitionsOnly: false, line: '' };
  let unfinished = '';
  let text: Uint8Array | undefined;

  const run = (line: string): boolean => {
    const remove = line.startsWith('delete ');
    let rest = remove ? line.slice('delete '.length) : line;
    let namespace: PolicyNamespace | undefined = policy.kernel;
    if (node.namespaces && rest.startsWith('<')) {
      const space = rest.indexOf(' ');
      namespace = space < 0 ? undefined : policy.namespace(rest);
      rest = rest.slice(space + 1);
    }
    return namespace !== undefined && node.write?.(rest, remove, selection, namespace) === true;
  };
  /** EPERM ends the write; everything else goes on. */
  const accept = (line: string, caller: Caller): boolean => {
    selection.line = line.replace(/^delete /, '');
    if (line === 'reset') {
      Object.assign(selection, { domain: undefined, shown: undefined, transitionsOnly: false });
      text = undefined;
      return true;
    }
    if (node.select?.(line, selection)) {
      if (selection.shown !== undefined) text = undefined;
      return true;
    }
    if (!node.forAll && !isManager(security, caller)) return false;
    if (node.answers) text = undefined;
    if (run(line) && node.counted) policy.count('updates');
    return true;
  };

  const write = (data: Uint8Array, caller: Caller): Result<number> => {
    const lines = (unfinished + textOf(data)).split('\n');
    unfinished = lines.pop() as string;
    if (unfinished.length > LINE_LIMIT) {
      unfinished = '';
      return E.ENOMEM;
    }
    for (const line of lines) {
      const end = line.indexOf('\0');
      if (!accept(normalizeLine(end < 0 ? line : line.slice(0, end)), caller)) return E.EPERM;
    }
    return data.length;
  };
  const read = (length: number): Uint8Array => {
    text ??= bytesOf(selection.shown ?? node.read(selection));
    const part = text.subarray(0, length);
    text = text.subarray(part.length);
    return part;
  };

  return {
    writeMovesPosition: false,
    ...(opensForReading(flags) && { read }),
    ...(opensForWriting(flags) &&
      node.write && { write: (data: Uint8Array, _at: unknown, caller: Caller) => write(data, caller) }),
  };
}

/** May this caller change the policy? Until there is one in force, everybody who can open the node may. */
function isManager(security: TomoyoSecurity, caller: Caller): boolean {
  const { policy, tasks, log } = security;
  if (!policy.loaded) return true;
  if (!policy.managedByNonRoot && (caller.uid !== 0 || caller.userNamespace !== undefined)) return false;
  const { domain, program } = tasks.of(security.taskOf(caller));
  if (program === undefined) return false;
  if (policy.managers.some((manager) => manager === domain.name || manager === program)) return true;
  if (policy.lastRefused === caller.tgid) return false;
  policy.lastRefused = caller.tgid;
  log.print(`${domain.name} ( ${program} ) is not permitted to update policies.`, KERN_WARNING);
  return false;
}
