/** A Python program in a world that mediates what is done to other processes, sockets and IPC. */
import path from 'node:path';
import { expect } from 'vitest';
import { isClean } from '../../support/box.ts';
import { script, worldName } from '../program.ts';

const POLICY = path.resolve('test/data/policies/mediation-tasks.33');

/** What a Python program prints whose `become(TYPE)` changes its label, and `tried(FUNCTION, ...)` names the errno or the result. */
const PREAMBLE = `
import ctypes, errno, os, resource, shutil, signal, socket, struct, sys, tempfile, time
libc = ctypes.CDLL(None, use_errno=True)
def become(name):
    with open('/proc/thread-self/attr/current', 'w') as file: file.write('u:r:%s:s0' % name)
def tried(function, *args):
    try: return function(*args)
    except OSError as error: return errno.errorcode[error.errno]
def called(function, *args):
    result = function(*args)
    return result if result != -1 else errno.errorcode[ctypes.get_errno()]
def child(name, uid=0):
    ready, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        for number in (signal.SIGTERM, signal.SIGUSR1): signal.signal(number, signal.SIG_IGN)
        if uid: os.setresgid(uid, uid, uid); os.setresuid(uid, uid, uid)
        become(name)
        os.write(tell, b'x')
        signal.pause()
    os.read(ready, 1)
    return pid
def end(*pids):
    become('admin_t')
    for pid in pids: os.kill(pid, signal.SIGKILL); os.waitpid(pid, 0)
def enforce(value):
    with open('/sys/fs/selinux/enforce', 'w') as file: file.write(str(value))
`;

/**
 * @param family what is mediated. @returns lines that the program prints; and then AVC records as `{ PERMISSIONS }
 * OBJECT-TYPE CLASS`.
 */
export async function session(program: string, family = 'tasks'): Promise<string[]> {
  const world = worldName('tasks');
  const inside = `cat ${POLICY} > /sys/fs/selinux/load; python3 -c "$PROGRAM"
$LSMFS log $WORLD | grep -a type=AVC | sed -E 's/.*denied  (.*) for .*tcontext=u:(object_)?r:(.*):s0 tclass=([a-z_]+) permissive=(.)/\\1 \\3 \\4/'`;
  const result = await script(
    `WORLD=${world} $LSMFS run --name=${world} --policy=none --file-contexts=none --mediate=${family} -- bash -c "$INSIDE"`,
    { env: { INSIDE: inside, PROGRAM: PREAMBLE + program, LC_ALL: 'C', WORLD: world } },
  );
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  return result.stdout.trim().split('\n');
}
