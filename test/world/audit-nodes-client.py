"""Uses /sys/kernel/security/audit by plain system calls; prints what came of it, a line for each step."""
import ctypes, errno, os, select, shlex, subprocess, time

DIR = '/sys/kernel/security/audit/'


def run(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout


def attempt(work):
    try:
        result = work()
        return 'ok' if result is None else result
    except OSError as error:
        return errno.errorcode[error.errno]


def put(name, text, directory=DIR):
    def work():
        fd = os.open(directory + name, os.O_WRONLY)
        try:
            data = text.encode()
            while data:
                data = data[os.write(fd, data):]
        finally:
            os.close(fd)
    return attempt(work)


def get(name, directory=DIR):
    with open(directory + name) as file:
        return file.read()


def take(fd, last):
    """Reads until a line has this text."""
    text = ''
    while last not in text:
        text += os.read(fd, 65536).decode()
    return text


def say(*words):
    print(*words, flush=True)


say(run('auditctl', '-s') == get('status'), put('status', 'enabled 1\nbacklog_limit 8\n'))

# Rules are those of auditctl(8).
lines = ['-w /tmp/ -k d', '-w /etc/passwd -p wa', '-w /nosuch/x', '-a always,exit -F dir=/nosuch',
         '-a always,exit -F arch=b64 -S openat -F exit=-EACCES -F auid=unset -k x', '-a always,exclude -F msgtype=CWD']
answers = [put('rules', line) for line in lines]
listed = run('auditctl', '-l')
say(*answers, listed == get('rules'))
again = [run('auditctl', '-D') and subprocess.run(['auditctl', *shlex.split(line)], capture_output=True).returncode
         for line in lines[1:2]]
say(*again, put('rules', lines[1]), put('rules', '-D'), run('auditctl', '-l').strip())

# Two readers of events get the same; the log is read by ausearch.
readers = [os.open(DIR + 'events', os.O_RDONLY) for _ in range(2)]
say(put('user', 'USER_LOGIN op=one\n'))
seen = [take(reader, 'op=one').splitlines()[-1] for reader in readers]
say(seen[0] == seen[1], select.select(readers, [], [], 0)[0] == [],
    os.stat(DIR + 'log').st_size == len(get('log')),
    run('ausearch', '-if', DIR + 'log', '-m', 'USER_LOGIN', '--format', 'raw').count('op=one'),
    'USER_LOGIN' in run('aureport', '-if', DIR + 'log', '-e'))
for reader in readers:
    os.close(reader)

# A daemon that stops reading: others go on, records are lost beyond the limit; one that dies is no daemon any more.
daemon = os.open(DIR + 'daemon', os.O_RDONLY | os.O_NONBLOCK)
say(attempt(lambda: os.close(os.open(DIR + 'daemon', os.O_RDONLY))), f'\npid {os.getpid()}\n' in get('status'))
take(daemon, 'audit_pid')
while attempt(lambda: len(os.read(daemon, 65536))) != 'EAGAIN':
    pass
for count in range(60):
    put('user', f'USER_CMD {count} ' + 'x' * 8000)
lost = int(get('status').split('lost ')[1].split()[0])
say(lost > 10, f' lost {lost} ' in get('queue'))
poll = select.poll()
poll.register(daemon, select.POLLIN)
say(bool(poll.poll(0)[0][1] & select.POLLIN), 'USER_CMD' in os.read(daemon, 1 << 20).decode())
os.close(daemon)
child = os.fork()
if child == 0:
    os.open(DIR + 'daemon', os.O_RDONLY)
    os._exit(0)
os.waitpid(child, 0)
deadline = time.monotonic() + 60
while '\npid 0\n' not in get('status') and time.monotonic() < deadline:
    pass
say('\npid 0\n' in get('status'), attempt(lambda: os.close(os.open(DIR + 'daemon', os.O_RDONLY))))

# Without a capability.
def without(drop, name, flags=os.O_RDONLY):
    script = f'import os, errno\ntry: os.open({DIR + name!r}, {flags})\nexcept OSError as e: print(errno.errorcode[e.errno])\nelse: print("ok")'
    return run('setpriv', *drop, 'python3', '-c', script).strip()
say(*[without([f'--bounding-set=-{capability}'], name, flags) for capability, name, flags in
      [('audit_control', 'status', 0), ('audit_control', 'rules', 0), ('audit_control', 'daemon', 0),
       ('audit_read', 'events', 0), ('audit_write', 'user', os.O_WRONLY), ('audit_control', 'log', 0)]],
    without(['--reuid=65534', '--regid=65534', '--clear-groups'], 'log'))

# A child's audit: from outside by its directory, from inside as the own one.
say(put('instances', 'create 5'), put('instances', 'create 5'), put('status', 'enabled 1', DIR + 'children/5/'))
go, ready = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    os.read(go[0], 1)
    ctypes.CDLL(None).unshare(0x10000000)  # CLONE_NEWUSER
    os.write(ready[1], b'x')
    os.read(go[0], 1)
    say(get('status').split('\n')[0], put('rules', '-a never,user -F uid=7'), put('status', 'backlog_limit 3'),
        put('user', 'USER_LOGIN inside'), os.listdir(DIR + 'children'), 'inside' in get('log'),
        attempt(lambda: os.chmod(DIR + 'log', 0o666)))
    os.read(go[0], 1)
    os._exit(0)
with open(f'/proc/{child}/audit_containerid', 'w') as file:
    file.write('5')
os.write(go[1], b'x')
os.read(ready[0], 1)
for kind in ('uid', 'gid'):
    with open(f'/proc/{child}/{kind}_map', 'w') as file:
        file.write('0 0 1')
os.write(go[1], b'x')
inside = os.open(DIR + 'children/5/events', os.O_RDONLY)
take(inside, 'msg=\'inside\'')
os.close(inside)
say(get('rules', DIR + 'children/5/').strip(), '\nbacklog_limit 3\n' in get('status', DIR + 'children/5/'),
    '\nbacklog_limit 8\n' in get('status'), "msg='inside' record=1" in get('log'), put('instances', 'destroy 5'))
os.write(go[1], b'x')
os.waitpid(child, 0)
while (ended := put('instances', 'destroy 5')) == 'EBUSY':
    pass
say(ended, os.listdir(DIR + 'children'))
