/** What kernels and worlds answer differently to random calls, records mostly, each with its reason (mediation.md says more). */
import { isDeepStrictEqual } from 'node:util';
import type { Difference } from '../conformance/compare.ts';
import type { Outcomes } from '../conformance/outcomes.ts';

interface ListedDifference {
  /** The call with its arguments. */
  readonly call: RegExp;
  /** A call of the same process before that, which a kernel let succeed; absent: whatever was called. */
  readonly after?: RegExp;
  /** A record of one of both; absent: whatever they recorded. */
  readonly where?: RegExp;
  /** What is replaced in the records of both before they are compared; a record of which nothing is left does not count. */
  readonly record?: readonly [RegExp, string];
  /** It is replaced in the kernel's records alone. */
  readonly missing?: true;
  /** Records that may come several times: the first of equal ones counts. */
  readonly once?: RegExp;
  /** Results that the host's kernel gives in place of those of the booted one. */
  readonly results?: { readonly expected: unknown; readonly actual: unknown };
  readonly reason: string;
}

export const KNOWN: readonly ListedDifference[] = [
  {
    call: /^(open|openat|openat2|mq_open) .*O_CREAT/,
    record: [/^(avc: .* path="[^"]*" dev="D") ino=N/, '$1'],
    reason: 'A file that is just being made has no inode number yet.',
  },
  {
    call: /^tmpfile /,
    record: [/^(avc: .* path=)\S+ dev="D"(?: ino=N)?/, '$1'],
    reason: 'A file without a name that is just being made has no inode number yet, which is a part of its path.',
  },
  {
    call: /./,
    record: [/ name="#\d+"/, ' name="#N"'],
    reason: 'Inode numbers are those of the machine.',
  },
  {
    call: /./,
    record: [/^SELinux: {2}Context .* is not valid \(left unmapped\)\.$/, ''],
    reason: 'Which call converts a label that the policy does not know first depends on what was looked at before.',
  },
  {
    call: /./,
    record: [/^avc: {2}denied {2}\{ sys_admin \} .* tclass=capability permissive=1$/, ''],
    reason: 'A kernel asks for CAP_SYS_ADMIN when memory is mapped, silently; then permissive mode records it no more.',
  },
  {
    call: /^(run|fexec|ptrace traceme) /,
    record: [/^apparmor="AUDIT" operation="(?:open|getattr)" .* name="\/proc\/N\/stat" .*$/, ''],
    reason: 'The interpreter counts its threads when it forks, beside what its child does.',
  },
  {
    call: /^(run|fexec) /,
    record: [/^apparmor="\w+" operation="getattr" .* name="\/proc\/N\/attr\/current" .*$/, ''],
    reason: 'Looking at attributes of files that the daemon serves is not asked about.',
  },
  {
    call: /./,
    once: /^apparmor="\w+" operation="capable" /,
    reason:
      'A capability that several checks of a call need is asked about once; members of a stack take turns in the cache of records.',
  },
  {
    call: /./,
    record: [/^(apparmor="\w+" .* class="net" .*) faddr=\S+(?= family=)/, '$1'],
    reason: 'Whom a datagram socket is connected to, if the port is 0, getpeername(2) does not say.',
  },
  {
    call: /./,
    record: [/^(avc: .*) faddr=\S+(?= scontext=.* tclass=tcp_socket )/, '$1'],
    reason: 'Whom a refused connection was to stays in the socket, without the port: nobody tells.',
  },
  {
    call: /chmod/,
    record: [/^apparmor="AUDIT" operation="capable" .* capname="fsetid"$/, ''],
    reason: 'Who changes the mode of a file of another group is not asked about CAP_FSETID.',
  },
  {
    call: /^peek .*\/fdinfo\//,
    record: [/^(avc: .*) name="N" dev="D" ino=N(?= .* tclass=file)/, '$1'],
    reason: 'A kernel asks whether the process may be looked into before it asks about its files in fdinfo.',
  },
  {
    call: /^mount .* nosuchfs/,
    record: [/^avc: .* \{ module_request \} for .* kmod="fs-nosuchfs" .*$/, ''],
    reason: 'Which filesystems the kernel lacks a module for is the host’s to find out.',
  },
  {
    call: /^fchmod %[ei] /,
    results: { expected: { r: 'ok' }, actual: { err: 'ENOTSUP' } },
    reason: 'Since Linux 6.15 the mode of a userfaultfd and of an io_uring cannot be changed: anon_inode_setattr().',
  },
  {
    call: /^mount .* ramfs/,
    record: [/^(avc: .* name="\/" dev="D") ino=N(?= .* tclass=filesystem)/, '$1'],
    reason: 'The number of the root of a ramfs that is just being made is any.',
  },
  {
    call: /^(run|fexec) /,
    after: /^recvfd/,
    record: [/^avc: .* path="@S[^"]*" .* tclass=(fd|file) .*$/, ''],
    reason: 'A file that came with a message counts as opened by who received it; in a kernel it is who opened it.',
  },
  {
    call: /^recvfd/,
    where: /^avc: .* \{ use \} .* tclass=fd /,
    record: [/^avc: .* path="@S[^"]*" .* tclass=(fd|file) .*$/, ''],
    reason:
      'A file that comes with a message counts as opened by who made the other end; in a kernel it is who opened it.',
  },
  {
    call: /^(fstat|fget|fchmod) %o( |$)/,
    after: /^mq_open /,
    missing: true,
    record: [/^avc: .* (path="\/|name=")orc\w+" dev="D" .* tclass=file.*$/, ''],
    reason: 'A queue that somebody without CAP_SYS_ADMIN has open is not looked at: no mount of its filesystem is his.',
  },
  {
    call: /^(run|fexec) /,
    record: [/^avc: .* \{ module_request \} for .* kmod="?\\?"?binfmt-.*$/, ''],
    reason: 'Which formats of programs the kernel lacks a module for is the host’s to find out.',
  },
];

const linesOf = (outcome: Difference['expected']): readonly string[] => (outcome?.lines as string[] | undefined) ?? [];

/** Messages of a module itself do not wait for the thread that prints records: which comes first is chance. */
const inOrder = (lines: readonly string[]): readonly string[] => {
  const isMessage = (line: string) => line.startsWith('SELinux: ');
  return [...lines.filter(isMessage), ...lines.filter((line) => !isMessage(line))];
};

function isSame({ expected, actual }: Difference, all: readonly ListedDifference[]): boolean {
  const recorded = [...linesOf(expected), ...linesOf(actual)];
  const rules = all.filter(({ where }) => where === undefined || recorded.some((line) => where.test(line)));
  const plain = (lines: readonly string[], isKernel: boolean) => {
    const changed = (line: string): string =>
      rules.reduce(
        (text, { record, missing }) =>
          record === undefined || (missing && !isKernel) ? text : text.replace(...record),
        line,
      );
    return inOrder(lines)
      .map(changed)
      .filter((line) => line !== '')
      .filter((line, index, rest) => !rules.some(({ once }) => once?.test(line)) || rest.indexOf(line) === index);
  };
  return isDeepStrictEqual(plain(linesOf(expected), true), plain(linesOf(actual), false));
}

const resultOf = (outcome: Difference['expected']) =>
  Object.fromEntries(Object.entries(outcome ?? {}).filter(([name]) => name === 'r' || name === 'err'));

function hasResults({ expected, actual }: Difference, results: ListedDifference['results']): boolean {
  return (
    results !== undefined && isDeepStrictEqual({ expected: resultOf(expected), actual: resultOf(actual) }, results)
  );
}

/** The key of a step is a path of numbers, that of its record ends in a word. */
const placeOf = (key: string): readonly [scene: string, index: number] => {
  const [, scene = '', index = ''] = /^(.*)\.(\d+)(?:\.log)?$/.exec(key) ?? [];
  return [scene, Number(index)];
};

/** Keys of the calls of the same process before this one. */
const earlierThan = ({ key }: Difference): readonly string[] => {
  const [scene, index] = placeOf(key);
  return Array.from({ length: index }, (_, before) => `${scene}.${before}`);
};

/** A new file that its maker may not open is left behind in a kernel only (mediation.md): calls of the same scene about it. */
function isAboutLeftFile(found: Difference, kernel: Outcomes): boolean {
  const words = found.what.split(' ');
  return earlierThan(found).some((earlier) => {
    const outcome = kernel.get(earlier);
    const [call = '', path = '', flags = ''] = String(outcome?.what ?? '').split(' ');
    const isRefused = call === 'open' && flags.includes('O_CREAT') && outcome?.err === 'EACCES';
    return isRefused && words.includes(path) && !JSON.stringify(kernel.get(`${earlier}.log`) ?? '').includes('mknod');
  });
}

/** @param kernel all of its answers. */
export function isKnown(found: Difference, kernel: Outcomes): boolean {
  const happened = (wanted: RegExp): boolean =>
    earlierThan(found).some((earlier) => {
      const outcome = kernel.get(earlier);
      return outcome?.r === 'ok' && wanted.test(String(outcome.what));
    });
  const rules = KNOWN.filter(({ call, after }) => call.test(found.what) && (after === undefined || happened(after)));
  const isListed = found.op === 'log' ? isSame(found, rules) : rules.some(({ results }) => hasResults(found, results));
  return isListed || isAboutLeftFile(found, kernel);
}
