/** Suites of programs that know no module, or SELinux as one thing among many. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { filesIn, type Suite, sourceIn, type Test } from './suite.ts';

const DBUS = '/usr/share/installed-tests/dbus';

function dbusTests(): Test[] {
  return filesIn(DBUS, '.test').map((name) => {
    const command = /^Exec=(.*)$/m.exec(readFileSync(path.join(DBUS, `${name}.test`), 'utf8'))?.[1];
    if (command === undefined) throw new Error(`${DBUS}/${name}.test: it names no program`);
    return { name, command };
  });
}

/** Of CPython's, those about files, processes and signals. */
const PYTHON = [
  ...[
    'builtin',
    'dbm',
    'fcntl',
    'file',
    'fileio',
    'fileutils',
    'glob',
    'grp',
    'io',
    'mailbox',
    'mmap',
    'openpty',
    'os',
  ],
  ...[
    'posix',
    'posixpath',
    'pty',
    'pwd',
    'resource',
    'select',
    'shelve',
    'shutil',
    'signal',
    'socket',
    'sqlite3',
    'stat',
  ],
  ...[
    'subprocess',
    'sysconfig',
    'tarfile',
    'tempfile',
    'threading',
    'threadsignals',
    'venv',
    'wait3',
    'wait4',
    'zipfile',
  ],
].map((name) => `test_${name}`);

const pythonTest = (name: string): Test => ({
  name,
  command: `mkdir tmp; /usr/bin/python3 -m test --tempdir tmp --junit-xml results.xml ${name} >log 2>&1
    status=$?; cat results.xml; [ $status = 0 ] || cat log; exit $status`,
});

/** Of runtest/syscalls, what is about calls that a world's supervisor sees, and about signals. */
const LTP = [
  ...[
    'access',
    'add_key',
    'chmod',
    'chown',
    'chroot',
    'clone',
    'close_range',
    'creat',
    'dup',
    'exec',
    'faccessat',
    'fchdir',
  ],
  ...[
    'fchmod',
    'fchmodat',
    'fchown',
    'fchownat',
    'fcntl',
    'fgetxattr',
    'flistxattr',
    'fork',
    'fremovexattr',
    'fsconfig',
  ],
  ...[
    'fsetxattr',
    'fsopen',
    'fspick',
    'fstat',
    'ftruncate',
    'getxattr',
    'inotify',
    'keyctl',
    'kill',
    'lchown',
    'lgetxattr',
  ],
  ...[
    'link',
    'linkat',
    'listxattr',
    'llistxattr',
    'lremovexattr',
    'lsm_',
    'lstat',
    'mkdir',
    'mknod',
    'mmap',
    'mount_setattr',
  ],
  ...['mprotect', 'mq_open', 'msgctl', 'msgget', 'msgrcv', 'msgsnd', 'name_to_handle_at', 'open', 'pidfd_', 'prctl'],
  ...[
    'process_vm_readv',
    'ptrace',
    'pwrite',
    'read0',
    'readlink',
    'recvmsg',
    'removexattr',
    'rename',
    'request_key',
    'rmdir',
  ],
  ...['semctl', 'semget', 'semop', 'sendfile', 'sendmmsg', 'sendmsg', 'setfsuid', 'setgid', 'setgroups', 'setpgid'],
  ...['setpriority', 'setresuid', 'setreuid', 'setrlimit', 'setsid', 'setuid', 'setxattr', 'shmat', 'shmctl', 'shmget'],
  ...[
    'sigaction',
    'signal0',
    'socket',
    'splice',
    'stat',
    'symlink',
    'tgkill',
    'tkill',
    'truncate',
    'unlink',
    'unshare',
  ],
  ...['utime', 'vfork', 'waitpid', 'write0'],
];

function ltpTests(folder: string): Test[] {
  const lines = readFileSync(path.join(folder, 'installed/runtest/syscalls'), 'utf8').matchAll(/^(\w+)\s+(\S.*)$/gm);
  const place = path.join(folder, 'installed');
  const environment = `export LTPROOT=${place} PATH=${place}/testcases/bin:$PATH`;
  return [...lines]
    .filter(([, name = '']) => LTP.some((family) => name.startsWith(family)))
    .map(([, name = '', command = '']) => ({ name, command: `${environment}; ${command}` }));
}

const COREUTILS = [
  'chcon/chcon',
  'cp/cp-a-selinux',
  'cp/no-ctx',
  'id/context',
  'id/no-context',
  'install/install-C-selinux',
];
const COREUTILS_MORE = [
  'install/install-Z-selinux',
  'ls/selinux',
  'ls/selinux-segfault',
  'misc/selinux',
  'mkdir/restorecon',
];

const coreutilsTest = (folder: string, name: string): Test => ({
  name,
  command: `cd ${folder}/coreutils-*/ && rm -f tests/${name}.log tests/${name}.trs
    make check-TESTS check_PROGRAMS= TESTS=tests/${name}.sh SUBDIRS=. VERBOSE=yes RUN_EXPENSIVE_TESTS=yes`,
});

const SYSTEMD = '/usr/lib/systemd/tests/unit-tests';
/** Take minutes to measure something, or have more than two minutes' work. */
const SYSTEMD_LEFT_OUT: ReadonlySet<string> = new Set(['test-compress-benchmark']);

export const PROGRAMS: readonly Suite[] = [
  {
    name: 'dbus',
    packages: ['dbus-tests', 'dbus'],
    format: 'tap',
    seconds: 300,
    tests: dbusTests,
  },

  {
    name: 'python',
    packages: ['python3', 'libpython3.13-testsuite'],
    format: 'junit',
    seconds: 900,
    tests: () => PYTHON.map(pythonTest),
  },

  {
    name: 'ltp',
    packages: ['libacl1', 'libaio1t64', 'libcap2', 'libkeyutils1', 'libnuma1', 'keyutils'],
    source: {
      folder: 'installed',
      from: 'github.com/linux-test-project/ltp, installed with its list runtest/syscalls,',
    },
    format: 'status',
    seconds: 120,
    isolated: true,
    tests: ltpTests,
  },

  {
    name: 'coreutils',
    packages: ['gcc', 'make', 'libselinux1-dev', 'libattr1-dev', 'libacl1-dev'],
    prepare:
      'apt-get source coreutils; cd coreutils-*/; FORCE_UNSAFE_CONFIGURE=1 ./configure --with-selinux && make -j2',
    format: 'automake',
    seconds: 300,
    tests: (folder) => [...COREUTILS, ...COREUTILS_MORE].map((name) => coreutilsTest(folder, name)),
  },

  {
    name: 'systemd',
    packages: ['systemd-tests', 'systemd'],
    // The libraries of the same version: a machine may have older ones in use.
    prepare: 'apt-get download libsystemd-shared systemd; for package in *.deb; do dpkg-deb -x $package .; done',
    format: 'status',
    seconds: 120,
    isolated: true,
    tests: (folder) =>
      filesIn(SYSTEMD, '')
        .filter((name) => name.startsWith('test-') && !SYSTEMD_LEFT_OUT.has(name))
        .map((name) => ({
          name,
          command: `LD_LIBRARY_PATH=${folder}/usr/lib/$(uname -m)-linux-gnu/systemd exec ${SYSTEMD}/${name}`,
        })),
  },
  {
    name: 'tar',
    packages: ['gcc', 'make', 'autoconf', 'libselinux1-dev', 'libacl1-dev', 'libattr1-dev'],
    prepare: `apt-get source tar; cd tar-*/; FORCE_UNSAFE_CONFIGURE=1 ./configure --with-selinux && make -j2 && make -C tests check TESTSUITEFLAGS=1`,
    format: 'autotest',
    seconds: 1800,
    tests: (folder) => {
      const place = path.join(folder, sourceIn(folder, 'tar'), 'tests');
      return [{ name: 'testsuite', command: `sh ${place}/testsuite -C "$PWD" AUTOTEST_PATH=${place}/../src:${place}` }];
    },
  },
];
