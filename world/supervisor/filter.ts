/**
 * The seccomp filter of a world, made from the list of supervised calls.
 *
 * Only calls that the host cannot answer are notified: every notification costs several microseconds. The filter tests arguments where
 * these suffice (`write` of zero bytes, `getsockopt` for SO_PEERSEC only). It cannot test paths.
 */

import { compileFilter, type FilterRule, type Foreign } from '../../host/seccomp/bpf.ts';
import { ERRNO } from '../../linux/errno.ts';
import { NETLINK_AUDIT } from '../../linux/netlink.ts';
import { SECCOMP_RET_ERRNO } from '../../linux/seccomp.ts';
import { AF_NETLINK } from '../../linux/socket.ts';
import { ABSENT, auditArch, COMPAT_ABI, syscallNumbers, X32_SYSCALL_BIT } from '../../linux/syscall-numbers.ts';
import { CALLS } from './calls/index.ts'; // scripts/build.js leaves the handlers out where only the filter is made
import type { Feature } from './features.ts';

/** @param arch as `process.arch` has it. @returns a rule without tests is the only one of its number. */
export function filterRules(arch: string, features: readonly Feature[]): FilterRule[] {
  const numbers = syscallNumbers(arch);
  const supervised = CALLS.filter(({ name, when }) => numbers[name] !== ABSENT && features.includes(when));
  const unconditional = new Set(supervised.filter(({ rule }) => rule === undefined).map(({ name }) => name));
  return [
    ...[...unconditional].map((name) => ({ number: numbers[name] })),
    ...supervised.flatMap(({ name, rule }) =>
      rule === undefined || unconditional.has(name) ? [] : [{ number: numbers[name], tests: rule }],
    ),
  ];
}

/**
 * Numbers of calls that are notified: all of them, or those with some arguments. Of a call that is notified for rules of audit alone,
 * those count as all that they are about.
 */
export function notifiedCalls(
  features: readonly Feature[],
  arch: string = process.arch,
): { readonly all: ReadonlySet<number>; readonly some: ReadonlySet<number> } {
  const numbers = syscallNumbers(arch);
  const notified = CALLS.filter(({ name, when }) => numbers[name] !== ABSENT && features.includes(when));
  const whole = notified.filter(({ rule, when }) => rule === undefined || when === 'audit-calls');
  const all = new Set(whole.map(({ name }) => numbers[name]));
  const some = new Set(notified.map(({ name }) => numbers[name]).filter((number) => !all.has(number)));
  return { all, some };
}

const { EPROTONOSUPPORT } = ERRNO;

/** socket(2) for NETLINK_AUDIT fails as on a kernel without audit; for a system call number of another ABI. */
const noAudit = (number: number): FilterRule => ({
  number,
  tests: [
    { argument: 0, is: AF_NETLINK },
    { argument: 2, is: NETLINK_AUDIT },
  ],
  action: SECCOMP_RET_ERRNO | EPROTONOSUPPORT,
});

/**
 * Refused to 32-bit programs, whose calls are not supervised: they would reach the host's audit. The arguments of
 * socketcall(2) are in memory, so the filter cannot test them.
 */
const compat = (abi: (typeof COMPAT_ABI)[string] | undefined): readonly Foreign[] =>
  abi === undefined ? [] : [{ arch: abi.arch, rules: [noAudit(abi.socket)] }];

/** The program that a world's first process installs. */
export function supervisionFilter(features: readonly Feature[], arch: string = process.arch): Uint8Array {
  const rules = filterRules(arch, features);
  const x32 = arch === 'x64' ? [noAudit(X32_SYSCALL_BIT + syscallNumbers(arch).socket)] : [];
  return compileFilter(auditArch(arch), [...rules, ...x32], compat(COMPAT_ABI[arch]));
}
