/** Boxes whose seccomp filter refuses one system call: `run` says which, and what mends that; `doctor` says the same. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { ERRNO } from '../../linux/errno.ts';
import { type SyscallName, syscallNumbers } from '../../linux/syscall-numbers.ts';
import { neededCallNames } from '../../world/launcher/needed-calls.ts';
import { asUser } from '../rootless/user.ts';
import { isClean } from '../support/box.ts';
import { script } from '../world/program.ts';

const NR = syscallNumbers(process.arch);
const REFUSE = path.resolve('test/boxes/refuse.py');
const TEXTS = { EPERM: 'Operation not permitted', ENOSYS: 'Function not implemented' } as const;
type Refusal = keyof typeof TEXTS;

const under = (name: SyscallName, refusal: Refusal) => `/usr/bin/python3 ${REFUSE} ${NR[name]}=${ERRNO[refusal]}`;

const cases = neededCallNames().flatMap((name) => [[name, 'EPERM'] as const, [name, 'ENOSYS'] as const]);

it.each(cases)('%s answers %s', async (name, refusal) => {
  const result = await script(
    `${under(name, refusal)} $LSMFS run -- true; echo $?
     ${under(name, refusal)} $LSMFS doctor --json | jq -r '.usable, (.checks[] | select(.id == "system-calls") | "\\(.detail).", .fix)'`,
  );
  const cause = `${name}(2) is refused: ${TEXTS[refusal]}.`;
  const fix = `A seccomp filter does that: in a container add \`--security-opt seccomp=unconfined\`, with systemd-nspawn \`--system-call-filter=${name}\`.`;
  expect(result.stderr).toBe(`lsmfs: ${cause}\nlsmfs: ${fix}\n`);
  expect(result.stdout).toBe(`125\nfalse\n${cause}\n${fix}\n`);
  expect(result.leftovers).toSatisfy(isClean);
});

const TRACERS = 'In a container add `--cap-add SYS_PTRACE`; or use `lsmfs run --no-seccomp`, files alone.';

it.each(['pidfd_getfd', 'process_vm_readv'] as const)('%s, which profiles give to tracers', async (name) => {
  const result = await script(
    `D='setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace'; $D ${under(name, 'EPERM')} $LSMFS run --no-seccomp -- true; echo $?
     $D $LSMFS run -- true; echo $?; $D $LSMFS run --no-seccomp -- true 2>/dev/null; echo $?; $D $LSMFS doctor --json | jq -r '.checks[] | select(.id == "ptrace") | .status, .fix'`,
  );
  expect(result.stderr).toBe(
    `lsmfs: ${name}(2) is refused: ${TEXTS.EPERM}.\nlsmfs: In a container add \`--cap-add SYS_PTRACE\`.\nlsmfs: Supervising processes needs what is missing: no CAP_SYS_PTRACE.\nlsmfs: ${TRACERS}\n`,
  );
  expect(result.stdout).toBe(`125\n125\n0\nfail\n${TRACERS}\n`);
});

it.each(['fsopen', 'move_mount', 'setns'] as const)('%s is refused to a user', async (name) => {
  const result = await asUser(`/usr/bin/python3 /run/home/refuse.py ${NR[name]}=1 $LSMFS run -- true; echo $?`, {
    prepare: `cp ${REFUSE} /run/home/refuse.py; chmod a+r /run/home/refuse.py`,
  });
  expect(result.stderr).toMatch(
    new RegExp(`^lsmfs: ${name}\\(2\\) is refused: Operation not permitted\\.\\nlsmfs: A seccomp filter .*\\n$`),
  );
  expect(result.stdout).toBe('125\n');
  expect(result.leftovers).toSatisfy(isClean);
});

it('calls that are only used where they are there', async () => {
  const names: SyscallName[] = ['mount', 'umount2', 'memfd_create', 'process_vm_writev', 'keyctl', 'kcmp', 'statmount'];
  const refused = names.map((name) => `${NR[name]}=1`).join();
  const result = await script(`/usr/bin/python3 ${REFUSE} ${refused} $LSMFS run -- getenforce`);
  expect([result.stdout, result.stderr]).toEqual(['Permissive\n', '']);
  expect(result.leftovers).toSatisfy(isClean);
});
