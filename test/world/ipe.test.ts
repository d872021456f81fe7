/** IPE in a world: the policy that it was booted with decides about programs and libraries. */
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs } from './program.ts';

const POLICY = [
  'policy_name=Boot policy_version=1.0.0',
  'DEFAULT action=ALLOW',
  'op=EXECUTE fsverity_signature=FALSE action=DENY',
].join('\n');

it('refuses programs and libraries, while it is enforced', async () => {
  const result = await lsmfs([
    ...['run', '--lsm=ipe', '--param', `ipe.boot_policy=${POLICY}`, '--param', 'ipe.enforce=0', '--', 'python3', '-c'],
    `import mmap, os
def switch(value):
    with open('/sys/kernel/security/ipe/enforce', 'w') as enforce: enforce.write(value)
def outcome(act):
    try: act()
    except OSError as error: return error.errno
    return 0
def execute():
    pid = os.fork()
    if pid == 0:
        try: os.execv('/usr/bin/true', ['true'])
        except OSError as error: os._exit(error.errno)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
def map(protection):
    with open('/usr/bin/true', 'rb') as file: mmap.mmap(file.fileno(), 4096, mmap.MAP_PRIVATE, protection).close()
def all():
    return [execute(), outcome(lambda: map(mmap.PROT_READ)), outcome(lambda: map(mmap.PROT_READ | mmap.PROT_EXEC))]
print(open('/sys/kernel/security/ipe/policies/Boot/policy').read())
switch('1')
print(all())
switch('0')
print(all())
`,
  ]);
  expect(result.stderr).toBe('');
  expect(result.stdout).toBe(`${POLICY}\n[13, 0, 13]\n[0, 0, 0]\n`);
  expect(result.leftovers).toSatisfy(isClean);
});
