/** Suites of what is about security modules. */
import path from 'node:path';
import { filesIn, type Suite, sourceIn } from './suite.ts';

/** Of the scripts that test AppArmor's parser, those of seconds; without the profiles that its Makefile generates. */
const PARSER_TESTS: Readonly<Record<string, string>> = {
  errors: './errors.py -p $parser',
  caching: './caching.py -p $parser',
  minimize: './minimize.sh',
  dirtest: './dirtest.sh',
  simple: 'prove -f --directives simple.pl',
};

/** Tests of SELinux' user space in Python, by the directory in which they run. */
const SELINUX_TESTS: Readonly<Record<string, string>> = {
  'python/sepolgen/tests': '.',
  'python/audit2allow': 'test_audit2allow.py',
  'python/sepolicy': 'test_sepolicy.py',
};

export const MODULES: readonly Suite[] = [
  {
    name: 'apparmor-utils',
    packages: ['apparmor', 'apparmor-utils', 'python3-apparmor', 'python3-libapparmor', 'python3-psutil'],
    prepare: 'apt-get source apparmor',
    module: 'apparmor',
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
    packages: ['setools', 'python3-setools', 'python3-pytest', 'checkpolicy'],
    source: { folder: 'setools', from: 'github.com/SELinuxProject/setools' },
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
    name: 'apparmor-parser',
    packages: ['apparmor', 'python3', 'perl'],
    prepare: 'apt-get source apparmor',
    module: 'apparmor',
    format: 'status',
    seconds: 900,
    tests: (folder) => {
      const place = path.join(folder, sourceIn(folder, 'apparmor'), 'parser/tst');
      const parser = 'parser=/usr/sbin/apparmor_parser; export LANG=C';
      return Object.entries(PARSER_TESTS).map(([name, command]) => {
        const variable = `APPARMOR_PARSER="$parser${name === 'simple' ? '' : ' --config-file=./parser.conf'}"`;
        return { name, command: `cp -r ${place}/. . && ${parser}; ${variable} ${command}` };
      });
    },
  },
  {
    name: 'selinux-python',
    packages: [
      'python3-selinux',
      'python3-sepolgen',
      'policycoreutils-python-utils',
      'secilc',
      'python3-pytest',
      'checkpolicy',
    ],
    source: { folder: 'selinux', from: 'github.com/SELinuxProject/selinux' },
    format: 'junit',
    seconds: 600,
    tests: (folder) =>
      Object.entries(SELINUX_TESTS).map(([name, program]) => ({
        name,
        command: `cp -r ${folder}/selinux/python . && cd ${name}
          [ ! -e test_dummy_policy.cil ] || secilc -o test_dummy_policy -f /dev/null test_dummy_policy.cil
          /usr/bin/python3 -m pytest -q --junitxml=results.xml ${program}; status=$?; cat results.xml; exit $status`,
      })),
  },
];
