/** What a policy refuses to a program that tries many calls. */
import { session } from './file-session.ts';

const PREAMBLE = `
import ctypes, errno, os, struct
libc = ctypes.CDLL(None, use_errno=True)
def become(name):
    with open('/proc/self/attr/current', 'w') as file: file.write('u:r:%s:s0' % name)
def tried(function, *args, **more):
    try: return function(*args, **more)
    except OSError as error: return errno.errorcode[error.errno]
def called(function, *args):
    return errno.errorcode[ctypes.get_errno()] if function(*args) == -1 else 'ok'
def made(path, mode, owner=2000001000):
    os.close(os.open(path, os.O_CREAT | os.O_RDWR)); os.chmod(path, mode); os.chown(path, owner, owner)
def caps(permitted, effective):
    low = lambda of: of & 0xffffffff
    data = struct.pack('<6I', low(effective), low(permitted), 0, effective >> 32, permitted >> 32, 0)
    return called(libc.capset, struct.pack('<Ii', 0x20080522, 0), data)
def held(line):
    return int(next(text for text in open('/proc/self/status') if text.startswith(line)).split()[1], 16)
def child(act):
    pid = os.fork()
    if pid == 0:
        try: act()
        finally:
            import sys; sys.stdout.flush(); os._exit(0)
    os.waitpid(pid, 0)
`;

/** Lines that a program prints which begins as admin_t, then records of what it was refused, as `{ PERMISSIONS } ... CLASS`. */
export async function refusals(program: string): Promise<string[]> {
  const lines = await session(
    `load mediation-order.33; chmod 755 .; enforce 1; cat > /dev/shm/program-$$ <<'END'
${PREAMBLE}${program}
END
     python3 /dev/shm/program-$$; rm /dev/shm/program-$$; records`,
    '--mediate=files,capabilities,tasks',
  );
  return lines.map((line) =>
    line.replace(/^avc: {2}denied {2}(\{.*\}) for {2}comm="python3" /, '$1 ').replace(/ 0$/, ''),
  );
}

export const capability = (name: string, number: number, domain = 'web_t'): string =>
  `{ ${name} } capability=${number}  ${domain} capability`;
