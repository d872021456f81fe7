/** What processes of a world do to keys, as SELinux decides it. */
import { expect, it } from 'vitest';
import { session } from './task-session.ts';

it('keys and keyrings have the label of their maker, and are used as the policy allows it', async () => {
  const lines = await session(
    `
ADD, REQUEST, KEYCTL = (248, 249, 250) if os.uname().machine == 'x86_64' else (217, 218, 219)
THREAD, PROCESS, SESSION, JOIN, UPDATE, LINK, SEARCH, READ, TIMEOUT, SECURITY = -1, -2, -3, 1, 2, 8, 10, 11, 15, 17
def key(*args): return called(libc.syscall, *[ctypes.c_long(a) if isinstance(a, int) else a for a in args])
def add(name, ring, type=b'user'): return libc.syscall(ADD, type, name, b'x' if type == b'user' else None, ctypes.c_long(1 if type == b'user' else 0), ctypes.c_long(ring))
def label(id):
    text = ctypes.create_string_buffer(64)
    length = key(KEYCTL, SECURITY, id, text, 64)
    return length if isinstance(length, str) else text.value.decode()
def number(id): return 'ok' if not isinstance(id, str) and id > 0 else id
enforce(1); become('db_t')
key(KEYCTL, JOIN, b'lsmfs-test-%d' % os.getpid()); theirs = add(b'theirs', PROCESS); ring = add(b'ring', SESSION, b'keyring')
print(label(theirs), label(PROCESS), label(SESSION), key(KEYCTL, UPDATE, theirs, b'yy', 2))
become('web_t')
print(label(theirs), key(KEYCTL, UPDATE, theirs, b'zz', 2), key(KEYCTL, READ, theirs, None, 0), key(KEYCTL, TIMEOUT, theirs, 100), key(KEYCTL, LINK, theirs, ring))
print(key(ADD, b'user', b'more', b'x', 1, PROCESS), key(REQUEST, b'user', b'theirs', None, PROCESS), key(REQUEST, b'user', b'theirs', None, 0), key(KEYCTL, SEARCH, SESSION, b'user', b'none', 0))
print(number(key(ADD, b'user', b'own', b'x', 1, THREAD)), label(THREAD))
child = os.fork()
if child == 0:
    print(label(SESSION), number(key(ADD, b'user', b'own', b'x', 1, PROCESS)), label(PROCESS), flush=True)
    os._exit(0)
os.waitpid(child, 0)
key(KEYCTL, JOIN, None); print(label(theirs), label(SESSION))
become('admin_t'); print(label(theirs), label(SESSION))`,
    'keys',
  );
  expect(lines.filter((line) => !line.startsWith('{'))).toEqual([
    'u:r:db_t:s0 u:r:db_t:s0 u:r:db_t:s0 0',
    'EACCES EACCES EACCES EACCES EACCES',
    'EACCES EACCES EACCES EACCES',
    'ok u:r:web_t:s0',
    'EACCES ok u:r:web_t:s0',
    'ENOKEY u:r:web_t:s0',
    'u:r:db_t:s0 u:r:web_t:s0',
  ]);
  expect(lines).toContain('{ write } db_t key');
});

it('who may not clear a ring is looked up a second time, as root may clear some of the kernel', async () => {
  const lines = await session(
    `
ADD, KEYCTL = (248, 250) if os.uname().machine == 'x86_64' else (217, 219)
CHOWN, CLEAR, JOIN, SESSION = 4, 7, 1, -3
enforce(1); become('db_t')
libc.syscall(KEYCTL, JOIN, b'lsmfs-clear-%d' % os.getpid())
ring, other = [libc.syscall(ADD, b'keyring', name, None, ctypes.c_long(0), ctypes.c_long(SESSION)) for name in (b'ring', b'other')]
libc.syscall(KEYCTL, CHOWN, other, -1, ctypes.c_uint(3000000000)) # more than a signed number
become('web_t'); print(called(libc.syscall, KEYCTL, CLEAR, ring), called(libc.syscall, KEYCTL, CLEAR, other))`,
    'keys',
  );
  // Who does not possess it has what its owner has, who may not write: nobody is asked about that.
  expect(lines).toEqual(['EACCES EACCES', ...Array(4).fill('{ search } db_t key')]);
});

it('a key that is revoked is looked for in the rings of who names it, and no more is asked', async () => {
  const lines = await session(
    `
ADD, KEYCTL = (248, 250) if os.uname().machine == 'x86_64' else (217, 219)
JOIN, REVOKE, DESCRIBE, READ, SECURITY, SESSION = 1, 3, 6, 11, 17, -3
enforce(1); become('db_t')
libc.syscall(KEYCTL, JOIN, b'lsmfs-revoked-%d' % os.getpid())
key = libc.syscall(ADD, b'user', b'old', b'x', ctypes.c_long(1), ctypes.c_long(SESSION))
libc.syscall(KEYCTL, DESCRIBE, key, None, 0)
print(called(libc.syscall, KEYCTL, REVOKE, key))
print(*[called(libc.syscall, KEYCTL, what, key, None, ctypes.c_long(0)) for what in (DESCRIBE, READ, SECURITY)])
become('web_t'); print(called(libc.syscall, KEYCTL, DESCRIBE, key, None, 0))`,
    'keys',
  );
  expect(lines).toEqual(['0', 'EKEYREVOKED EKEYREVOKED EKEYREVOKED', 'EKEYREVOKED', '{ search } db_t key']);
});
