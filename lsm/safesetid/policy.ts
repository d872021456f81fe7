/**
 * A policy of SafeSetID: from which id a process may change to which. Ids that no rule begins with are free to change to any.
 *
 * Model: handle_policy_update() and verify_ruleset() of security/safesetid/securityfs.c, Linux 6.12.
 */
import { textOf, untilNul } from '../../linux/bytes.ts';
import { E, failed, type Result } from '../../linux/errno.ts';

export interface Policy {
  /** As it was written. */
  readonly text: string;
  /** By the id that changes: what it may change to. */
  readonly rules: ReadonlyMap<number, ReadonlySet<number>>;
}

const INVALID_ID = 2 ** 32 - 1;

/**
 * Lines `from:to`, each with a newline, up to the first NUL.
 * @param warn told what is wrong with a policy, also one that is taken. An id that leads to a free one would be as good
 * as free, so that one gets a rule.
 */
export function parsePolicy(data: Uint8Array, what: 'uid' | 'gid', warn: (text: string) => void): Result<Policy> {
  const lines = textOf(untilNul(data)).split('\n');
  const rules = new Map<number, Set<number>>();
  if (lines.pop() !== '') return E.EINVAL;
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 0) return E.EINVAL;
    const from = parseId(line.slice(0, colon));
    if (failed(from)) return from;
    const to = parseId(line.slice(colon + 1));
    if (failed(to)) return to;
    if (from === INVALID_ID || to === INVALID_ID) return E.EINVAL;
    const targets = rules.get(from) ?? new Set();
    if (targets.has(to)) {
      warn('bad policy: duplicate entry');
      return E.EEXIST;
    }
    rules.set(from, targets.add(to));
  }
  for (const [from, targets] of [...rules]) {
    for (const to of targets) {
      if (rules.has(to)) continue;
      warn(
        `insecure policy detected: ${what} ${from} is constrained but transitively unconstrained through ${what} ${to}`,
      );
      rules.set(to, new Set([to]));
    }
  }
  return { text: textOf(data), rules };
}

/** kstrtou32() with any base. */
function parseId(text: string): Result<number> {
  const match = /^\+?(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9]\d*))$/.exec(text);
  if (match === null) return E.EINVAL;
  const [, hex, octal, decimal] = match;
  const value =
    hex !== undefined ? BigInt(`0x${hex}`) : octal !== undefined ? BigInt(`0o${octal}`) : BigInt(decimal ?? '0');
  return value > BigInt(INVALID_ID) ? E.ERANGE : Number(value);
}
