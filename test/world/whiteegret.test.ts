/** WhiteEgret in a world: a process that has the file open decides about what others execute. */
import { expect, it } from 'vitest';
import { NR } from '../../host/libc.ts';
import { isClean } from '../support/box.ts';
import { lsmfs } from './program.ts';

/** `wecom` is open; `request()` reads one, `answer()` its process. */
const CHECKER = `import os, struct, subprocess, threading
wecom = os.open('/sys/kernel/security/whiteegret/wecom', os.O_RDWR | os.O_CLOEXEC)
def request():
    data = os.read(wecom, 4096)
    tgid, size = (struct.unpack_from('i', data, at)[0] for at in (12, 32))
    return tgid, data[36:36 + size].decode()
def answer(tgid, permit):
    os.write(wecom, struct.pack('ii', permit, tgid))
def start(program):
    pid = os.fork()
    if pid == 0:
        os.close(wecom)
        try: os.execv(program, [program])
        except OSError as error: os._exit(error.errno)
    return pid
def end(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
`;

async function checking(text: string, lsm: string, ...options: string[]): Promise<string[]> {
  const result = await lsmfs(['run', `--lsm=${lsm}`, ...options, '--', 'python3', '-c', CHECKER + text]);
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  return result.stdout.trim().split('\n');
}

it('is answered about programs, of which IMA measures those that are permitted', async () => {
  const lines = await checking(
    `with open('/sys/kernel/security/ima/policy', 'w') as policy: policy.write('measure func=BPRM_CHECK\\n')
for program, permit in [('/usr/bin/true', 0), ('/usr/bin/tr', -13), ('/usr/bin/false', 0), ('/usr/bin/false', -13)]:
    pid = start(program)
    tgid, path = request()
    answer(tgid, permit)
    print(path, tgid == pid, end(pid))
with open('/sys/kernel/security/ima/ascii_runtime_measurements') as node: print([line.split()[-1] for line in node])
`,
    'apparmor,whiteegret,ima,evm',
  );
  expect(lines).toEqual([
    '/usr/bin/true True 0',
    '/usr/bin/tr True 13',
    '/usr/bin/false True 1',
    '/usr/bin/false True 13',
    "['boot_aggregate', '/usr/bin/true', '/usr/bin/false']",
  ]);
});

it('keeps nobody waiting when the checker closes its file, or the one that waits is killed', async () => {
  const lines = await checking(
    `pid = start('/usr/bin/false')
print(request()[1])
os.kill(pid, 9)
print(end(pid))
pid = start('/usr/bin/false')
while True:
    tgid, _ = request()
    if tgid == pid: break
    try: answer(tgid, 0)
    except PermissionError: pass # its end was noticed meanwhile
os.close(wecom)
print(end(pid))
`,
    'apparmor,whiteegret',
  );
  expect(lines).toEqual(['/usr/bin/false', '-9', '1']);
});

it('one that waited runs as what it is, whatever else its process was about to execute meanwhile', async () => {
  const lines = await checking(
    `import ctypes, time
execv, POLICY = ctypes.CDLL(None).execv, '/sys/kernel/security/caitsith/policy'
def execute(program):
    execv(program, (ctypes.c_char_p * 3)(program, POLICY.encode(), None))
with open(POLICY, 'w') as policy: policy.write('POLICY_VERSION=20120401\\nacl modify_policy\\ndeny task.exe="/usr/bin/tee"\\n')
pid = start('/usr/bin/true')
answer(request()[0], 0)
end(pid)
held, other = os.pipe()
pid = os.fork()
if pid == 0:
    os.close(wecom)
    lines, end = os.pipe()
    os.write(end, b'x\\n')
    os.close(end)
    os.dup2(lines, 0)
    os.dup2(os.open('/dev/null', os.O_WRONLY), 2)
    threading.Thread(target=lambda: os.read(held, 1) and execute(b'/usr/bin/head')).start()
    execute(b'/usr/bin/tee')
print(request()[1])
os.write(other, b'x')
threads = ['/proc/%d/task/%s/syscall' % (pid, tid) for tid in os.listdir('/proc/%d/task' % pid)]
while not all(open(thread).read().startswith('${NR.execve} ') for thread in threads): time.sleep(0.01)
execute(b'/no/such/program') # when it has failed, the calls before it were looked at
answer(pid, 0)
print(end(pid))
`,
    'caitsith,whiteegret',
    '--param',
    'CS_trigger=/usr/bin/true',
  );
  // tee may not write.
  expect(lines.filter((line) => line !== 'x')).toEqual(['/usr/bin/tee', '1']);
});
