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

it.each(['pidfd_getfd', 'process_vm_readv'] as const)('%s, which profiles give to tracers', async (name) => {
  const result = await script(
    `setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace ${under(name, 'EPERM')} $LSMFS run -- true; echo $?`,
  );
  expect(result.stderr).toBe(
    `lsmfs: ${name}(2) is refused: ${TEXTS.EPERM}.\nlsmfs: In a container add \`--cap-add SYS_PTRACE\`.\n`,
  );
  expect(result.stdout).toBe('125\n');
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
