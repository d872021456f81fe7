/** The suites: where they come from, how they are built, and their commands. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Format } from './cases.ts';

/** A command for sh(1), run in an empty directory. */
export interface Test {
  readonly name: string;
  readonly command: string;
}

export interface Suite {
  readonly name: string;
  /** Debian's packages. */
  readonly packages: readonly string[];
  /** For sh(1) in the suite's folder, once. Sources of Debian need a line `deb-src` in apt's lists. */
  readonly prepare: string;
  readonly format: Format;
  /** How long one command may take. */
  readonly seconds: number;
  /** Each command has mounts, processes, segments, a host name and a network of its own: it may change the machine's. */
  readonly isolated?: true;
  tests(folder: string): readonly Test[];
}

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
  const lines = readFileSync(path.join(folder, 'ltp/runtest/syscalls'), 'utf8').matchAll(/^(\w+)\s+(\S.*)$/gm);
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

export const SUITES: readonly Suite[] = [
  {
    name: 'dbus',
    packages: ['dbus-tests', 'dbus'],
    prepare: '',
    format: 'tap',
    seconds: 300,
    tests: dbusTests,
  },
  {
    name: 'python',
    packages: ['python3', 'libpython3.13-testsuite'],
    prepare: '',
    format: 'junit',
    seconds: 900,
    tests: () => PYTHON.map(pythonTest),
  },
  {
    name: 'ltp',
    packages: [
      'git',
      'gcc',
      'make',
      'autoconf',
      'automake',
      'libacl1-dev',
      'libaio-dev',
      'libcap-dev',
      'libkeyutils-dev',
      'libnuma-dev',
    ],
    prepare: `[ -d ltp ] || git clone --depth=1 https://github.com/linux-test-project/ltp
      cd ltp && make autotools && ./configure --prefix=$PWD/../installed
      for part in testcases/lib testcases/kernel/syscalls; do make -C $part -j2 && make -C $part install; done`,
    format: 'status',
    seconds: 120,
    isolated: true,
    tests: ltpTests,
  },
  {
    name: 'apparmor-utils',
    packages: ['apparmor', 'apparmor-utils', 'python3-apparmor', 'python3-libapparmor', 'python3-psutil'],
    prepare: 'apt-get source apparmor',
    format: 'status',
    seconds: 300,
    tests: (folder) => {
      const place = path.join(folder, sourceIn(folder, 'apparmor'), 'utils/test');
      const run = `cd ${place}; PYTHONPATH=..:. __AA_CONFDIR=. exec /usr/bin/python3`;
      return filesIn(place, '.py')
        .filter((name) => name.startsWith('test-'))
        .map((name) => ({ name, command: `${run} ${name}.py` }));
    },
  },
  {
    name: 'setools',
    packages: ['git', 'setools', 'python3-setools', 'python3-pytest', 'checkpolicy'],
    prepare: '[ -d setools ] || git clone --depth=1 https://github.com/SELinuxProject/setools',
    format: 'junit',
    seconds: 300,
    tests: (folder) =>
      // Beside the module that is installed, not the one that is not built.
      filesIn(path.join(folder, 'setools/tests'), '.py')
        .filter((name) => name.startsWith('test_'))
        .map((name) => ({
          name,
          command: `cp -r ${folder}/setools/tests . && /usr/bin/python3 -m pytest -q --junitxml=results.xml tests/${name}.py
            status=$?; cat results.xml; exit $status`,
        })),
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

function filesIn(folder: string, ending: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(ending));
  return names.map((name) => name.slice(0, -ending.length)).sort();
}

function sourceIn(folder: string, name: string): string {
  const found = readdirSync(folder).find((entry) => new RegExp(`^${name}-[0-9][^/]*$`).test(entry));
  if (found === undefined) throw new Error(`${folder}: no source of ${name}`);
  return found;
}
