/**
 * Random system calls about other processes and IPC objects, for `calls` steps. %h and @{pid} are another process, %s %q %m System V
 * objects of another one, %o a POSIX queue.
 *
 * Left out: SIGKILL, which ends a process some time later; `stack`, `timerslack_ns` and `personality` in /proc, whose own checks are the
 * host's; a process group of one's own, as with it the last tie of the probe's group to another one ends, and a kernel hangs up a group
 * without ties in which somebody is stopped; who receives messages that others than the queue's maker have sent; setpriority(2)
 * of groups and users; stopping a child of one's own, which nobody could end if SIGCONT is refused.
 */
import fc from 'fast-check';
import { type Call, type Calls, call, values } from './mediation-file-calls.ts';
import { split } from './mediation-policy-frame.ts';

const target = values('%h', '%h', '%h', '%g', '%self');
/** Limits of another user need a capability that not every host gives (CAP_SYS_RESOURCE). */
const ofRoot = values('%g', '%self');
const signals = values(0, 'SIGTERM', 'SIGHUP', 'SIGCHLD', 'SIGUSR1', 'SIGCONT', 'SIGIO', 'SIGINT');
const process = values('@{h}', '@{h}', '@{g}');
const PROC =
  split(`stat status cmdline environ maps auxv io limits comm wchan mounts statm mountinfo smaps pagemap oom_score oom_score_adj
  coredump_filter uid_map setgroups fdinfo/50 task/@{h}/stat task/@{h}/maps attr/prev`);
const inProc = (list: readonly string[]) =>
  fc.tuple(process, fc.constantFrom(...list)).map(([pid, node]) => `/proc/${pid}/${node}`);

export const taskCalls: Calls = fc.oneof(
  { weight: 4, arbitrary: call('kill', target, signals) },
  { weight: 1, arbitrary: call('tgkill', target, signals) },
  { weight: 1, arbitrary: call('sigqueue', target, values('SIGUSR1', 'SIGHUP')) },
  {
    weight: 1,
    arbitrary: fc.constant<Call[]>([
      ['kill', '%h', 'SIGSTOP'],
      ['-kill', '%h', 'SIGCONT'],
    ]),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(target, signals).map(([pid, signal]): Call[] => [
      ['d=pidfd', pid],
      ['pidfd_kill', '%d', signal],
      ['pidfd_getfd', '%d', 50],
    ]),
  },
  { weight: 3, arbitrary: call('ptrace', values('attach', 'seize'), values('%h', '%g')) },
  { weight: 1, arbitrary: call('ptrace', values('traceme'), values(0)) },
  { weight: 1, arbitrary: call('vm_readv', values('%h', '%g')) },
  { weight: 1, arbitrary: call('robust', target) },
  ...[
    'getpgid',
    'getsid',
    'getsched',
    'getparam',
    'setsched',
    'getaffinity',
    'setaffinity',
    'getnice',
    'ioprio_get',
    'ioprio_set',
    'getcap',
  ].map((name) => ({ weight: 1, arbitrary: call(name, target) })),
  { weight: 2, arbitrary: call('setpgid', values('%h', '%h', '%g'), values(0)) },
  { weight: 1, arbitrary: call('setnice', target, values(5, 1, 10)) },
  { weight: 1, arbitrary: call('prlimit', ofRoot, values('RLIMIT_CORE', 'RLIMIT_NOFILE')) },
  { weight: 1, arbitrary: ofRoot.map((pid): Call[] => [['prlimit', pid, 'RLIMIT_CORE', [0, 0]]]) },
  { weight: 1, arbitrary: call('setrlimit', values('RLIMIT_CORE'), values(0), values(0)) },
  { weight: 1, arbitrary: call('setcap') },
  { weight: 4, arbitrary: call('peek', inProc(PROC)) },
  {
    weight: 2,
    arbitrary: call('stat', inProc(['cwd', 'exe', 'root', 'fd/50', 'ns/mnt', 'fd', 'root@C/a/f', 'root@C/b/s/g'])),
  },
  { weight: 1, arbitrary: call('readlink', inProc(['cwd', 'exe', 'root', 'fd/50'])) },
  {
    weight: 1,
    arbitrary: call('put', inProc(['comm', 'oom_score_adj', 'coredump_filter', 'clear_refs']), values('1')),
  },
  { weight: 1, arbitrary: call('access', inProc(['mem', 'environ', 'comm', 'attr/current']), values(4, 2)) },
  {
    weight: 1,
    arbitrary: call('f=open', inProc(['fd/50', 'root@C/a/f', 'root@C/c/g']), values('O_RDONLY|O_NONBLOCK', 'O_RDWR')),
  },
  { weight: 1, arbitrary: call('open', inProc(['mem', 'fd', 'ns/ipc', 'exe', '', 'task'])) },
  { weight: 1, arbitrary: call('cat', inProc(['attr/current', 'attr/exec'])) },
);

const controls = values('IPC_STAT', 'IPC_SET', 'SHM_LOCK', 'SHM_UNLOCK', 'IPC_RMID');
const received: Calls = call('msgrcv', values('%q'));
const sent: Calls = call('msgsnd', values('%q'), values(1, 2));

/** @param key of the objects that another process has made. */
export function ipcCalls(key: number, sending: boolean): Calls {
  const own = key + 1;
  const makers = values(0o666 | 0o1000, 0o600 | 0o1000, 0, 0o400, 0o200);
  return fc.oneof(
    { weight: 2, arbitrary: call('s=shmget', values(key, key, own), makers) },
    { weight: 2, arbitrary: call('q=msgget', values(key, key, key), makers) },
    { weight: 2, arbitrary: call('m=semget', values(key, key, own), makers) },
    { weight: 2, arbitrary: call('shmat', values('%s'), values(0, 'SHM_RDONLY')) },
    { weight: 2, arbitrary: call('shmctl', values('%s'), controls) },
    { weight: 1, arbitrary: call('shmctl', values(0), values('IPC_INFO', 'SHM_INFO')) },
    { weight: 3, arbitrary: sending ? sent : received },
    { weight: 1, arbitrary: call('msgctl', values('%q'), values('IPC_STAT', 'IPC_SET', 'IPC_RMID')) },
    { weight: 1, arbitrary: call('msgctl', values(0), values('IPC_INFO')) },
    { weight: 2, arbitrary: call('semop', values('%m'), values(1, 0)) },
    {
      weight: 3,
      arbitrary: call(
        'semctl',
        values('%m'),
        values('GETVAL', 'GETPID', 'GETALL', 'GETNCNT', 'GETZCNT', 'IPC_STAT', 'IPC_SET', 'IPC_RMID'),
      ),
    },
    { weight: 1, arbitrary: call('semctl', values('%m'), values('SETVAL'), values(3)) },
    { weight: 1, arbitrary: call('semctl', values(0), values('IPC_INFO')) },
    {
      weight: 3,
      arbitrary: call(
        'o=mq_open',
        values('/orc1', '/orcN'),
        values('O_RDWR|O_CREAT', 'O_RDONLY', 'O_WRONLY', 'O_RDWR|O_CREAT|O_EXCL'),
      ),
    },
    { weight: 1, arbitrary: call('mq_unlink', values('/orc1', '/orcN')) },
    { weight: 1, arbitrary: call('mq_send', values('%o'), values('x')) },
    { weight: 1, arbitrary: call('mq_getattr', values('%o')) },
    { weight: 1, arbitrary: call('mq_notify', values('%o')) },
    { weight: 1, arbitrary: call('fstat', values('%o')) },
    { weight: 1, arbitrary: call('fchmod', values('%o'), values('600', '666')) },
  );
}
