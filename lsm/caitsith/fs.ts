/**
 * /sys/kernel/security/caitsith.
 *
 * Model: cs_read() and cs_write() of the version of 2016. Positions mean nothing: each open has what it wrote of an
 * unfinished line and how far it read. What is malformed is dropped, and the write still succeeds; only who may not
 * change the policy gets an error. A read shows the policy as it was when reading began.
 */
import { bytesOf, textOf, untilNul } from '../../linux/bytes.ts';
import { E, type Result } from '../../linux/errno.ts';
import { type InodeNumbers, PseudoFile, StaticDirectory } from '../../vfs/pseudo/index.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import type { DirectoryEntry, Handle } from '../../vfs/tree/node.ts';
import { normalizeLine } from '../framework/policy-text/words.ts';
import type { Policy, Selection } from './policy.ts';

export const VERSION = '2016/09/25';
/** Longest line: what kmalloc() can give for it. */
const LINE_LIMIT = 4 * 1024 * 1024;

/** @param mayChange the policy: asked before each line. */
export function caitsithDirectory(
  policy: Policy,
  mayChange: (caller: Caller) => boolean,
  numbers: InodeNumbers,
  time: bigint,
): DirectoryEntry {
  const file = (name: string, mode: number, open: () => Handle): DirectoryEntry => ({
    name,
    node: new PseudoFile({ ino: numbers.next(), mode, time }, open),
  });
  const version = file('version', 0o400, () => ({ ...readOnce(() => VERSION), write: () => E.EIO }));
  const rules = file('policy', 0o600, () => ({
    ...readOnce(() => policy.print()),
    write: policyWriter(policy, mayChange),
  }));
  // What was made last is listed first.
  const directory = new StaticDirectory({ ino: numbers.next(), mode: 0o755, time, entries: [rules, version] });
  return { name: 'caitsith', node: directory };
}

function readOnce(content: () => string): Handle {
  let left: Uint8Array | undefined;
  return {
    writeMovesPosition: false,
    read: (length) => {
      left ??= bytesOf(content());
      const part = left.subarray(0, length);
      left = left.subarray(part.length);
      return part;
    },
  };
}

function policyWriter(policy: Policy, mayChange: (caller: Caller) => boolean): NonNullable<Handle['write']> {
  const selection: Selection = { block: undefined };
  let unfinished = '';
  return (data, _at, caller): Result<number> => {
    if (unfinished.length >= LINE_LIMIT) return E.ENOMEM;
    const lines = (unfinished + textOf(data)).split('\n');
    unfinished = (lines.pop() as string).slice(0, LINE_LIMIT);
    for (const line of lines) {
      if (!mayChange(caller)) return E.EPERM;
      policy.write(normalizeLine(textOf(untilNul(bytesOf(line)))), selection);
    }
    return unfinished.length >= LINE_LIMIT ? E.ENOMEM : data.length;
  };
}
