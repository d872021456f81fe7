/** IPE in a world: the policy that it was booted with decides about programs and libraries. */
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { NR } from '../../host/libc.ts';
import { isClean } from '../support/box.ts';
import { lsmfs } from './program.ts';

const POLICY = [
  'policy_name=Boot policy_version=1.0.0',
  'DEFAULT action=ALLOW',
  'op=EXECUTE fsverity_signature=FALSE action=DENY',
].join('\n');

it('refuses programs and libraries, while it is enforced', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-ipe-'));
  const result = await lsmfs(
    [
      ...['run', '--lsm=ipe', '--param', `ipe.boot_policy=${POLICY}`, '--param', 'ipe.enforce=0'],
      ...['--', 'python3', '-c'],
      `import ctypes, mmap, os
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.syscall.argtypes = [ctypes.c_long, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_long, ctypes.c_long]
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
def protect(name, call, before=0):
    "The errno of this call about pages of a file, with as many bytes of other memory before it."
    place = libc.mmap(None, 4096 + before, mmap.PROT_READ, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    with open(name, 'rb') as file:
        libc.mmap(place + before, 4096, mmap.PROT_READ, mmap.MAP_PRIVATE | 16, file.fileno(), 0) # MAP_FIXED
    if name == 'gone': os.unlink(name)
    ended = libc.syscall(call, place, 4096 + before, mmap.PROT_READ | mmap.PROT_EXEC, -1)
    return ctypes.get_errno() if ended else 0
def protected():
    with open('gone', 'w') as file: file.write('text')
    true, mprotect, pkey_mprotect = '/usr/bin/true', ${NR.mprotect}, ${NR.pkey_mprotect}
    return [protect(true, mprotect), protect(true, pkey_mprotect), protect(true, mprotect, 4096), protect('gone', mprotect)]
def all():
    maps = [outcome(lambda: map(mmap.PROT_READ)), outcome(lambda: map(mmap.PROT_READ | mmap.PROT_EXEC))]
    return [execute(), *maps, *protected()]
os.chdir(os.environ['DIRECTORY'])
print(open('/sys/kernel/security/ipe/policies/Boot/policy').read())
switch('1')
print(all())
switch('0')
print(all())
`,
    ],
    { env: { DIRECTORY: directory } },
  );
  rmdirSync(directory);
  expect(result.stderr).toBe('');
  expect(result.stdout).toBe(`${POLICY}\n[13, 0, 13, 13, 13, 13, 13]\n[0, 0, 0, 0, 0, 0, 0]\n`);
  expect(result.leftovers).toSatisfy(isClean);
});
