import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO, SECCOMP_RET_USER_NOTIF } from '../../linux/seccomp.ts';
import { auditArch, syscallNumbers } from '../../linux/syscall-numbers.ts';
import { allFeatures, type Feature, neededFeatures } from '../../world/supervisor/features.ts';
import { filterRules, supervisionFilter } from '../../world/supervisor/filter.ts';
import { compileFilter, type FilterRule } from './bpf.ts';

interface Call {
  readonly arch: number;
  readonly number: number;
  readonly args: readonly bigint[];
}

/** What the kernel's interpreter does with the instructions a seccomp filter may have. Throws where the kernel's checker would refuse. */
function interpret(program: Uint8Array, call: Call): number {
  const data = new DataView(new ArrayBuffer(64));
  data.setInt32(0, call.number, true);
  data.setUint32(4, call.arch, true);
  call.args.forEach((arg, index) => {
    data.setBigUint64(16 + 8 * index, BigInt.asUintN(64, arg), true);
  });
  const view = new DataView(program.buffer, program.byteOffset, program.length);
  let accumulator = 0;
  for (let pc = 0; ; pc++) {
    if (8 * pc + 8 > program.length) throw new Error('ran off the end');
    const k = view.getUint32(8 * pc + 4, true);
    const jump = (taken: boolean): number => view.getUint8(8 * pc + (taken ? 2 : 3));
    switch (view.getUint16(8 * pc, true)) {
      case 0x20:
        if (k % 4 !== 0 || k > 60) throw new Error('bad load');
        accumulator = data.getUint32(k, true);
        break;
      case 0x15:
        pc += jump(accumulator === k);
        break;
      case 0x45:
        pc += jump((accumulator & k) !== 0);
        break;
      case 0x06:
        return k;
      default:
        throw new Error('unknown instruction');
    }
  }
}

const X64 = auditArch('x64');
const call = (number: number, ...args: bigint[]): Call => ({
  arch: X64,
  number,
  args: [...args, 0n, 0n, 0n, 0n, 0n, 0n].slice(0, 6),
});

/** The meaning of a rule table, written the obvious way. */
function expected(rules: readonly FilterRule[], { number, args }: Call): number {
  for (const rule of rules) {
    if (rule.number !== number) continue;
    const holds = (rule.tests ?? []).every((test) => {
      const value = args[test.argument] ?? 0n;
      const low = Number(BigInt.asUintN(32, value));
      if ('is' in test) return low === test.is >>> 0;
      if ('lacks' in test) return (low & test.lacks) === 0;
      if ('has' in test) return (low & test.has) !== 0;
      if ('hasHigh' in test) return (Number(value >> 32n) & test.hasHigh) !== 0;
      return value === 0n;
    });
    if (holds) return rule.action ?? SECCOMP_RET_USER_NOTIF;
  }
  return SECCOMP_RET_ALLOW;
}

describe('a compiled filter', () => {
  it('means what its rules say, for any table and call', () => {
    const small = fc.integer({ min: 0, max: 3 });
    const test = fc.oneof(
      fc.record({ argument: fc.integer({ min: 0, max: 5 }), is: small }),
      fc.record({ argument: fc.integer({ min: 0, max: 5 }), lacks: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ argument: fc.integer({ min: 0, max: 5 }), has: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ argument: fc.integer({ min: 0, max: 5 }), hasHigh: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ argument: fc.integer({ min: 0, max: 5 }), is64: fc.constant(0 as const) }),
    );
    const rule = fc.record({
      number: small,
      tests: fc.array(test, { maxLength: 3 }),
      action: fc.constantFrom(SECCOMP_RET_USER_NOTIF, SECCOMP_RET_ERRNO | 38),
    });
    const arg = fc.constantFrom(0n, 1n, 2n, 3n, 1n << 32n, (1n << 32n) + 1n);
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 6 }),
        small,
        fc.array(arg, { minLength: 6, maxLength: 6 }),
        (rules, number, args) => {
          expect(interpret(compileFilter(X64, rules), call(number, ...args))).toBe(
            expected(rules, call(number, ...args)),
          );
        },
      ),
    );
  });

  it('lets calls of another architecture pass', () => {
    const program = compileFilter(X64, [{ number: 1 }]);
    expect(interpret(program, call(1))).toBe(SECCOMP_RET_USER_NOTIF);
    expect(interpret(program, { ...call(1), arch: 0x40000003 })).toBe(SECCOMP_RET_ALLOW);
  });
});

describe('the filter of a world', () => {
  const NR = syscallNumbers('x64');
  /** What is mediated is asked for; those calls are notified whatever their arguments are. */
  const unmediated = allFeatures().filter((name) => !name.startsWith('mediate'));
  const all = supervisionFilter(unmediated, 'x64');

  it('notifies exactly the supervised system calls', () => {
    const supervised = new Set(filterRules('x64', unmediated).map((rule) => rule.number));
    const plain = [1n, 1n, 31n, 0n, 0n, 0n];
    const byArgument = [
      NR.write,
      NR.pwrite64,
      NR.socket,
      NR.sendto,
      NR.recvfrom,
      NR.setsockopt,
      NR.rt_tgsigqueueinfo,
      NR.prctl,
      NR.ptrace,
      NR.clone,
      NR.fcntl,
    ];
    for (let number = 0; number < 512; number++) {
      const wanted = supervised.has(number) && !byArgument.includes(number);
      // getsockopt(1, SOL_SOCKET, SO_PEERSEC); the write family only with a count of zero, sockets only for audit, recvfrom only with
      // room for an address, setsockopt only of netlink, signals only of some numbers, ptrace only to begin, clone only of siblings,
      // fcntl only to set O_DIRECT
      expect([number, interpret(all, call(number, ...plain))]).toEqual([
        number,
        wanted ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ALLOW,
      ]);
    }
  });

  it('notifies of pointers and process numbers whichever of their bits are set', () => {
    const tasks = supervisionFilter(['mediate-tasks'], 'x64');
    const notified = (...args: bigint[]) => interpret(tasks, call(NR.prlimit64, ...args)) === SECCOMP_RET_USER_NOTIF;
    const high = 1n << 32n;
    expect(notified(0n, 3n, 0n, 1n)).toBe(false); // who looks at his own limits
    expect([notified(7n, 3n, 0n, 1n), notified(0n, 3n, 8n), notified(0n, 3n, high)]).toEqual([true, true, true]);
  });

  it('looks at the arguments that tell our calls from others', () => {
    const notified = (number: number, ...args: bigint[]) =>
      interpret(all, call(number, ...args)) === SECCOMP_RET_USER_NOTIF;
    expect([0n, 1n, 16n, 24n, 0x4206n].map((request) => notified(NR.ptrace, request, 1n))).toEqual([
      true,
      false,
      true,
      false,
      true,
    ]);
    expect([0x59616d61n, 38n].map((option) => notified(NR.prctl, option, 1n))).toEqual([true, false]);
    expect(notified(NR.write, 1n, 0n, 0n)).toBe(true);
    expect(notified(NR.write, 1n, 0n, 1n)).toBe(false);
    expect(notified(NR.write, 1n, 0n, 1n << 32n)).toBe(false);
    expect(notified(NR.getsockopt, 3n, 1n, 17n)).toBe(false);
    expect(notified(NR.getsockopt, 3n, (7n << 32n) + 1n, 31n)).toBe(true);
    expect(notified(NR.socket, 16n, 3n, 9n)).toBe(true);
    expect(notified(NR.socket, (1n << 32n) + 16n, 3n, (5n << 32n) + 9n)).toBe(true);
    expect(notified(NR.socket, 16n, 3n, 0n)).toBe(false);
    expect(notified(NR.sendto, 3n, 0n, 16n, 0n, 0n, 12n)).toBe(true);
    expect(notified(NR.sendto, 3n, 0n, 16n, 0n, 0n, 16n)).toBe(false);
    expect(notified(NR.openat, -100n, 0n, 0o102n)).toBe(true);
    expect(notified(NR.newfstatat, 3n, 0n, 0n, 0x1000n)).toBe(false);
    expect(notified(NR.newfstatat, 3n, 0n, 0n, 0x100n)).toBe(true);
    expect(notified(NR.mmap, 0n, 4096n, 5n, 2n, 3n, 0n)).toBe(true);
    expect(notified(NR.mmap, 0n, 4096n, 3n, 2n, 3n, 0n)).toBe(true); // a file, for audit
    expect(notified(NR.mmap, 0n, 4096n, 3n, 0x22n, (1n << 64n) - 1n, 0n)).toBe(false);
    expect(notified(NR.mmap, 0n, 4096n, 7n, 0x22n, (1n << 64n) - 1n, 0n)).toBe(false);
  });

  it('notifies exclusive creations only where new files matter', () => {
    const program = (features: readonly Feature[]) => supervisionFilter(features, 'x64');
    const action = (bytes: Uint8Array) => interpret(bytes, call(NR.openat, -100n, 0n, 0o302n));
    const without = allFeatures().filter((name) => !/^(?:file-labels|audit-calls|file-uses|mediate.*)$/.test(name));
    expect(action(program(without))).toBe(SECCOMP_RET_ALLOW);
    expect(action(program(allFeatures()))).toBe(SECCOMP_RET_USER_NOTIF);
  });

  it('names only numbers the architecture has', () => {
    const arm = syscallNumbers('arm64');
    const rules = filterRules('arm64', allFeatures());
    expect(rules.some((rule) => rule.number === arm.openat)).toBe(true);
    expect(rules.every((rule) => rule.number >= 0)).toBe(true);
  });

  it('supervises stat and process calls only where the host needs it', () => {
    const plain = ['current', 'prev'];
    const features = (needs: Partial<Parameters<typeof neededFeatures>[0]>): Feature[] =>
      neededFeatures({
        hostAttrNames: plain,
        attrNames: plain,
        exactAttr: false,
        addedSysctls: false,
        processCalls: false,
        exitStatus: false,
        fileMetadata: false,
        lsmUnshare: false,
        compoundLabels: false,
        tracers: false,
        fileLabels: false,
        fileAttributes: false,
        execChecks: false,
        fileUses: false,
        audit: false,
        auditCalls: false,
        mediated: [],
        ...needs,
      });
    expect(features({})).not.toContain('attr-stat');
    expect(features({})).not.toContain('process-calls');
    expect(features({ attrNames: [...plain, 'toy'] })).toContain('attr-stat');
    expect(features({ addedSysctls: true })).toContain('attr-stat');
    expect(features({ processCalls: true })).toContain('process-calls');
    expect(features({ exactAttr: true })).not.toContain('attr-lstat');
    expect(features({ attrNames: ['no-such-name'] })).not.toContain('attr-lstat');
    expect(features({ attrNames: ['no-such-name'], exactAttr: true })).toContain('attr-lstat');
    expect(features({ processCalls: true })).not.toContain('process-exits');
    expect(features({ exitStatus: true })).toContain('process-exits');
    expect(features({})).not.toContain('peercontext');
    expect(features({})).not.toContain('lsm-unshare');
    expect(features({ lsmUnshare: true })).toContain('lsm-unshare');
    expect(features({ compoundLabels: true })).toContain('peercontext');
    expect(features({})).not.toContain('file-labels');
    expect(features({ fileLabels: true })).toContain('file-labels');
    expect(features({ execChecks: true })).toContain('exec-checks');
    const sees = (audit: boolean): boolean =>
      interpret(supervisionFilter(features({ audit }), 'x64'), call(NR.getsockname)) === SECCOMP_RET_USER_NOTIF;
    expect([false, true].map(sees)).toEqual([false, true]);
    expect(features({}).filter((name) => name.startsWith('mediate'))).toEqual([]);
    expect(features({ mediated: ['files'] })).toContain('mediate-files');
  });
});

describe('audit sockets by other numbers', () => {
  const filter = supervisionFilter(['statfs'], 'x64');
  const refused = (SECCOMP_RET_ERRNO | 93) >>> 0;

  it('are refused, and nothing else is', () => {
    const i386 = { arch: 0x40000003, number: 359 };
    expect(interpret(filter, { ...i386, args: [16n, 3n, 9n, 0n, 0n, 0n] })).toBe(refused);
    expect(interpret(filter, { ...i386, args: [16n, 3n, 0n, 0n, 0n, 0n] })).toBe(SECCOMP_RET_ALLOW);
    expect(interpret(filter, { arch: 0x40000003, number: 41, args: [16n, 3n, 9n, 0n, 0n, 0n] })).toBe(
      SECCOMP_RET_ALLOW,
    );
    expect(interpret(filter, call(0x40000029, 16n, 3n, 9n))).toBe(refused);
    expect(interpret(filter, call(41, 16n, 3n, 9n))).toBe(SECCOMP_RET_ALLOW);
    expect(interpret(filter, call(137))).toBe(SECCOMP_RET_USER_NOTIF);
  });
});
