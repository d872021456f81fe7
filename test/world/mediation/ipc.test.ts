/** What processes of a world do to System V IPC, as SELinux decides it. */
import { expect, it } from 'vitest';
import { session } from './task-session.ts';

it('System V IPC is made and used as the policy allows it, and has the label of its maker', async () => {
  const lines = await session(
    `
IPC_CREAT, IPC_EXCL, NOWAIT, RMID, SET, STAT = 0o1000, 0o2000, 0o4000, 0, 1, 2
libc.shmat.restype = ctypes.c_void_p
libc.unshare(0x08000000) # CLONE_NEWIPC: every key is free there
buffer = ctypes.create_string_buffer(512); message = struct.pack('=q4s', 1, b'data')
def attach(id, flags=0):
    address = libc.shmat(id, None, flags)
    return errno.errorcode[ctypes.get_errno()] if address == 2**64 - 1 else 'ok'
key = 0x5eed
become('db_t'); theirs = [libc.shmget(key, 4096, IPC_CREAT | 0o666), libc.msgget(key, IPC_CREAT | 0o666), libc.semget(key, 2, IPC_CREAT | 0o666)]
private = [libc.shmget(0, 4096, 0o600), libc.msgget(0, 0o600), libc.semget(0, 1, 0o600)]
become('admin_t'); admins = libc.shmget(key + 1, 4096, IPC_CREAT | 0o666)
enforce(1); become('web_t')
print(called(libc.shmget, key, 0, 0), called(libc.msgget, key, 0o600), called(libc.semget, key, 0, 0o400))
print(called(libc.shmget, key, 0, IPC_CREAT | IPC_EXCL), called(libc.shmget, key, 8192, 0), called(libc.semget, key, 3, 0), called(libc.msgget, key + 7, 0), called(libc.shmget, 0, 0, 0o600))
print(attach(theirs[0]), called(libc.msgsnd, theirs[1], message, ctypes.c_size_t(4), NOWAIT), called(libc.semop, theirs[2], struct.pack('=Hhh', 1, 1, 0), ctypes.c_size_t(1)))
print(called(libc.msgsnd, theirs[1], struct.pack('=q4s', 0, b'data'), ctypes.c_size_t(4), NOWAIT), called(libc.semop, theirs[2], struct.pack('=Hhh', 2, 1, 0), ctypes.c_size_t(1)), attach(1 << 20))
print(*[called(libc.shmctl, id, STAT, buffer) for id in (theirs[0], private[0], admins)], called(libc.semctl, private[2], 0, 11, buffer), called(libc.msgctl, private[1], RMID, None))
print(attach(admins, 0o10000), attach(admins))
own = [libc.shmget(key + 2, 4096, IPC_CREAT | 0o600), libc.msgget(0, 0o600), libc.semget(0, 1, 0o600)]
print(attach(own[0]), called(libc.msgsnd, own[1], message, ctypes.c_size_t(4), NOWAIT), called(libc.msgrcv, own[1], buffer, ctypes.c_size_t(16), ctypes.c_long(0), NOWAIT), called(libc.semctl, own[2], 0, 16, ctypes.c_long(3)), called(libc.semctl, own[2], 0, 12, None))
print(called(libc.msgrcv, own[1], buffer, ctypes.c_size_t(16), ctypes.c_long(0), NOWAIT), *[called(control, id, *given) for control, id, given in ((libc.shmctl, own[0], (RMID, None)), (libc.msgctl, own[1], (RMID, None)), (libc.semctl, own[2], (0, RMID)))])
sys.stdout.flush(); user = os.fork()
if user == 0:
    os.setresgid(2000001000, 2000001000, 2000001000); os.setresuid(2000001000, 2000001000, 2000001000)
    print(called(libc.shmctl, private[0], STAT, buffer), called(libc.shmctl, theirs[0], RMID, None), called(libc.shmctl, theirs[0], STAT, buffer), flush=True)
    os._exit(0)
os.waitpid(user, 0)
become('careless_t'); print(called(libc.msgsnd, theirs[1], message, ctypes.c_size_t(4), NOWAIT), called(libc.msgrcv, theirs[1], buffer, ctypes.c_size_t(16), ctypes.c_long(0), NOWAIT))
become('admin_t')`,
    'ipc',
  );
  expect(lines).toEqual([
    'EACCES EACCES EACCES',
    'EEXIST EINVAL EINVAL ENOENT EINVAL',
    'EACCES EACCES EACCES',
    'EINVAL EFBIG EINVAL',
    'EACCES EACCES 0 EACCES EACCES',
    'ok EACCES',
    'ok 0 4 0 3',
    'ENOMSG 0 0 0',
    'EACCES EPERM EACCES',
    '0 4',
    '{ associate } db_t shm',
    '{ unix_read unix_write } db_t msgq',
    '{ unix_read } db_t sem',
    '{ unix_read unix_write } db_t shm',
    '{ unix_write } db_t msgq',
    '{ unix_write } db_t sem',
    '{ unix_read } db_t shm',
    '{ unix_read } db_t shm',
    '{ unix_read } db_t sem',
    '{ destroy } db_t msgq',
    '{ unix_write } admin_t shm',
    '{ unix_read } db_t shm',
    '{ unix_write } db_t msgq',
    '{ write } db_t msgq',
    '{ send } db_t msg',
    '{ unix_read } db_t msgq',
    '{ read } db_t msgq',
    '{ receive } db_t msg',
  ]);
});
