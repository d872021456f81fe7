/**
 * Classic BPF programs for seccomp: from a table of rules to instructions.
 *
 * Model: a rule names a system call and tests on its arguments; the first rule of which all tests hold decides,
 * otherwise the call is allowed. Data: struct seccomp_data { int nr; u32 arch; u64 instruction_pointer; u64 args[6] } of
 * include/uapi/linux/seccomp.h. Only aligned 32-bit loads are allowed there. The kernel caches per system call that a
 * filter always allows it, so calls that no rule names cost nothing (since 5.11).
 */
import { BPF_JEQ_K, BPF_JSET_K, BPF_LD_W_ABS, BPF_RET_K, SECCOMP_DATA } from '../../linux/bpf.ts';
import { SECCOMP_RET_ALLOW, SECCOMP_RET_USER_NOTIF } from '../../linux/seccomp.ts';
import { encodeProgram, type Instruction } from '../bpf-program.ts';

export type ArgumentTest =
  /** The low 32 bits equal `value`: for what the kernel declares as `int`. */
  | { readonly argument: number; readonly is: number }
  /** All 64 bits are zero. */
  | { readonly argument: number; readonly is64: 0 }
  /** None of the bits of `mask` is set in the low 32 bits. */
  | { readonly argument: number; readonly lacks: number }
  /** At least one of them is. */
  | { readonly argument: number; readonly has: number }
  /** The same of the high 32 bits. */
  | { readonly argument: number; readonly hasHigh: number };

export interface FilterRule {
  readonly number: number;
  readonly tests?: readonly ArgumentTest[];
  /** SECCOMP_RET_* value; default: notify the supervisor. */
  readonly action?: number;
}

/** Calls by another architecture's numbers, which the same process can make. */
export interface Foreign {
  /** AUDIT_ARCH_* */
  readonly arch: number;
  /** A few: conditional jumps reach 255 instructions. */
  readonly rules: readonly FilterRule[];
}

/** @param arch AUDIT_ARCH_* of the calls to look at; those of other architectures are allowed, but for what `foreign` says. */
export function compileFilter(
  arch: number,
  rules: readonly FilterRule[],
  foreign: readonly Foreign[] = [],
): Uint8Array {
  const program: Instruction[] = [{ code: BPF_LD_W_ABS, jt: 0, jf: 0, k: SECCOMP_DATA.ARCH }];
  for (const other of foreign) {
    const block = compileRules(other.rules);
    program.push({ code: BPF_JEQ_K, jt: 0, jf: block.length, k: other.arch }, ...block);
  }
  program.push(
    { code: BPF_JEQ_K, jt: 1, jf: 0, k: arch },
    { code: BPF_RET_K, jt: 0, jf: 0, k: SECCOMP_RET_ALLOW },
    ...compileRules(rules),
  );
  return encodeProgram(program);
}

function compileRules(rules: readonly FilterRule[]): Instruction[] {
  return [
    { code: BPF_LD_W_ABS, jt: 0, jf: 0, k: SECCOMP_DATA.NR },
    ...rules.flatMap(compileRule),
    { code: BPF_RET_K, jt: 0, jf: 0, k: SECCOMP_RET_ALLOW },
  ];
}

/** A rule that does not match leaves the accumulator as it found it: holding the system call number. */
function compileRule(rule: FilterRule): Instruction[] {
  const loads = (rule.tests ?? []).flatMap(loadsOf);
  const reload = loads.length > 0 ? 1 : 0;
  const length = 2 * loads.length + 1;
  const block: Instruction[] = [{ code: BPF_JEQ_K, jt: 0, jf: length + reload, k: rule.number }];
  loads.forEach((load, index) => {
    const toEnd = length - (2 * index + 2);
    block.push({ code: BPF_LD_W_ABS, jt: 0, jf: 0, k: load.offset });
    const jump = load.holdsIfUnset === true ? { jt: toEnd, jf: 0 } : { jt: 0, jf: toEnd };
    block.push({ code: load.code, ...jump, k: load.value });
  });
  block.push({ code: BPF_RET_K, jt: 0, jf: 0, k: rule.action ?? SECCOMP_RET_USER_NOTIF });
  if (reload === 1) block.push({ code: BPF_LD_W_ABS, jt: 0, jf: 0, k: SECCOMP_DATA.NR });
  return block;
}

interface Load {
  readonly offset: number;
  readonly code: number;
  readonly value: number;
  readonly holdsIfUnset?: true;
}

function loadsOf(test: ArgumentTest): Load[] {
  const low = SECCOMP_DATA.ARGS + 8 * test.argument;
  if ('is' in test) return [{ offset: low, code: BPF_JEQ_K, value: test.is }];
  if ('lacks' in test) return [{ offset: low, code: BPF_JSET_K, value: test.lacks, holdsIfUnset: true }];
  if ('has' in test) return [{ offset: low, code: BPF_JSET_K, value: test.has }];
  if ('hasHigh' in test) return [{ offset: low + 4, code: BPF_JSET_K, value: test.hasHigh }];
  return [
    { offset: low, code: BPF_JEQ_K, value: 0 },
    { offset: low + 4, code: BPF_JEQ_K, value: 0 },
  ];
}
