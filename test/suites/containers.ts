/** Suites of what runs, confines or packs containers. */
import path from 'node:path';
import { filesIn, type Suite, sourceIn, type Test } from './suite.ts';

/** Where Debian's packages of Go sources are, with their tests. */
const GO = '/usr/share/gocode/src';

/** The tests of some packages of a Go module: each is built once, and run where its data is. */
function goTests(module: string, folders: readonly string[], options: string): Pick<Suite, 'prepare' | 'tests'> {
  const program = (folder: string): string => `${folder.replaceAll('/', '-')}.test`;
  const build = 'GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$PWD/cache go test -c -tags apparmor';
  return {
    prepare: folders.map((folder) => `${build} -o ${program(folder)} ${module}/${folder}`).join('\n'),
    tests: (place) =>
      folders.map((folder) => ({
        name: folder,
        command: `cd ${GO}/${module}/${folder}; exec ${place}/${program(folder)} -test.v ${options}`,
      })),
  };
}

const SNAPD = ['sandbox/apparmor', 'sandbox/apparmor/notify', 'sandbox/apparmor/notify/listener', 'sandbox/selinux'];

function crunTests(folder: string): Test[] {
  const place = path.join(folder, sourceIn(folder, 'crun'), 'tests');
  return filesIn(place, '.py')
    .filter((name) => name.startsWith('test_'))
    .map((name) => ({
      name,
      // A crun that fails leaves its control group.
      command: `cp ${place}/*.py . && mount -t cgroup2 none /sys/fs/cgroup
        INIT=${folder}/init OCI_RUNTIME=/usr/bin/crun /usr/bin/python3 ${name}.py
        status=$?; rmdir /sys/fs/cgroup/test-tmp* 2>/dev/null; exit $status`,
    }));
}

const udicaTest = (folder: string, name: string): Test => ({
  name,
  command: `cp -r ${folder}/udica/. . && /usr/bin/python3 -m pytest -q --junitxml=results.xml tests/${name}.py
    status=$?; cat results.xml; exit $status`,
});

export const CONTAINERS: readonly Suite[] = [
  {
    name: 'go-selinux',
    packages: ['golang-go', 'golang-github-opencontainers-selinux-dev', 'golang-golang-x-sys-dev'],
    format: 'go',
    seconds: 300,
    ...goTests('github.com/opencontainers/selinux', ['go-selinux', 'go-selinux/label'], ''),
  },
  {
    name: 'containers-common',
    packages: [
      ...['golang-go', 'golang-github-containers-common-dev', 'golang-github-onsi-ginkgo-dev', 'golang-gomega-dev'],
      'apparmor',
    ],
    module: 'apparmor',
    format: 'go',
    seconds: 300,
    ...goTests(
      'github.com/containers/common',
      ['pkg/apparmor', 'pkg/apparmor/internal/supported', 'pkg/config', 'pkg/subscriptions', 'pkg/sysinfo'],
      '',
    ),
  },
  {
    name: 'containerd',
    packages: ['golang-go', 'golang-github-containerd-containerd-dev'],
    format: 'go',
    seconds: 600,
    ...goTests(
      'github.com/containerd/containerd',
      ['archive', 'contrib/apparmor', 'pkg/cri/server', 'pkg/cri/store/label'],
      '',
    ),
  },
  {
    name: 'snapd',
    packages: [
      ...['golang-go', 'golang-github-snapcore-snapd-dev', 'golang-gopkg-check.v1-dev', 'golang-gopkg-retry.v1-dev'],
      ...['golang-gopkg-tomb.v2-dev', 'golang-gopkg-macaroon.v1-dev', 'golang-golang-x-xerrors-dev'],
      ...['golang-github-juju-ratelimit-dev', 'apparmor'],
    ],
    module: 'apparmor',
    format: 'go',
    seconds: 600,
    ...goTests('github.com/snapcore/snapd', [...SNAPD, 'interfaces/apparmor', 'interfaces/seccomp'], '-check.v'),
  },
  {
    name: 'crun',
    packages: ['crun', 'gcc', 'python3'],
    prepare: 'apt-get source crun; : >config.h; gcc -w -static -D_GNU_SOURCE -I. -o init crun-*/tests/init.c',
    format: 'tap',
    seconds: 300,
    isolated: true,
    tests: crunTests,
  },
  {
    name: 'udica',
    packages: ['python3-selinux', 'python3-semanage', 'python3-setools', 'python3-pytest'],
    source: { folder: 'udica', from: 'github.com/containers/udica' },
    format: 'junit',
    seconds: 300,
    tests: (folder) => ['test_unit', 'test_integration'].map((name) => udicaTest(folder, name)),
  },
];
