/** Two labelling modules in one world, as the `talk` profile allows: both userlands work, each sees its own interfaces. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { hostEnforces, NO_MOUNTS_OVER_ATTR } from '../support/host-selinux.ts';
import { lsmfs, script, stepsOf, worldName } from './program.ts';

const SESSION = `
load_policy
printf 'profile stacked flags=(complain) { }\\n' | apparmor_parser -r
getenforce; aa-enabled
aa-exec -p stacked -- runcon unconfined_u:unconfined_r:unconfined_t:s0 sh -c '
  cat /proc/self/attr/current | tr -d "\\0"; echo
  cat /proc/self/attr/selinux/current | tr -d "\\0"; echo
  read label < /proc/self/attr/apparmor/current; echo "$label"'
id -Z; cat /proc/self/attr/apparmor/current`;

it('SELinux first, AppArmor second: plain files speak SELinux, both sets of tools work', async () => {
  const result = await lsmfs(['run', '--lsm=selinux,apparmor', '--', 'sh', '-c', SESSION]);
  expect(result.stdout.split('\n')).toEqual([
    'Permissive',
    'Yes',
    'unconfined_u:unconfined_r:unconfined_t:s0',
    'unconfined_u:unconfined_r:unconfined_t:s0',
    expect.stringMatching(/^stacked\/\/null-\S*sh \(complain\)$/),
    'system_u:system_r:kernel_t:s0',
    'unconfined',
    '',
  ]);
  expect(result.leftovers).toSatisfy(isClean);
});

it('AppArmor first, SELinux second: plain files speak AppArmor', async () => {
  const session = 'cat /proc/self/attr/current; cat /proc/self/attr/selinux/current; getenforce; aa-enabled';
  const result = await lsmfs(['run', '--lsm=apparmor,selinux', '--', 'sh', '-c', session]);
  expect(result.stdout).toBe('unconfined\nkernel\0Permissive\nYes\n');
});

it('mainline admits one exclusive module', async () => {
  const cat = ['cat', '/sys/kernel/security/lsm'];
  const result = await lsmfs(['run', '--lsm=selinux,apparmor', '--profile=mainline', '--', ...cat]);
  expect(result.stdout).toBe('lockdown,capability,selinux,ima,evm');
});

const CLIENT = path.resolve('test/world/stacking-client.py');
const KERNEL = 'system_u:system_r:kernel_t:s0\0';
const PROFILES = ['stacked', 'before', 'after'].map((name) => `profile ${name} flags=(complain) { }\\n`).join('');

/** Steps of a part of the client in a world with both modules and policy for both. */
async function steps(
  lsm: string,
  part: string,
  { load = 'load_policy;', before = '', after = '' } = {},
): Promise<Map<string, unknown>> {
  const session = `${load} printf '${PROFILES}' | apparmor_parser -r; d=$(mktemp -d); ${before} python3 ${CLIENT} ${part}${after}; s=$?; rmdir $d; exit $s`;
  const result = await lsmfs(['run', `--lsm=${lsm}`, '--', 'sh', '-c', session]);
  return stepsOf(result);
}

describe('the default module of a task', () => {
  it('changes plain files and SO_PEERSEC for it alone; children inherit it, programs keep it', async () => {
    const found = await steps('selinux,apparmor', 'choice');
    const selinux = [KERNEL, KERNEL];
    const apparmor = ['unconfined\n', 'unconfined'];
    expect(Object.fromEntries(found)).toEqual({
      unset: ['selinux', ...selinux],
      chosen: [8, 'apparmor', ...apparmor],
      'child inherits': ['apparmor', ...apparmor],
      'child changes': [8, ...selinux],
      'parent keeps': ['apparmor', ...apparmor],
      'thread changes': ['apparmor', 7, 'selinux', KERNEL],
      'leader keeps': 'apparmor',
      exec: ['apparmor', 'unconfined\n'],
      unknown: Array.from({ length: 5 }, () => 'Invalid argument'),
      'unknown keeps': 'apparmor',
      context: `selinux\0${KERNEL}apparmor\0unconfined\0`,
      'peer context': `selinux\0${KERNEL}apparmor\0unconfined\0`,
      small: 'Numerical result out of range',
    });
  });

  it('the order of the stack decides what it is at first, and the order of compound labels', async () => {
    const found = await steps('apparmor,selinux', 'choice');
    expect(found.get('unset')).toEqual(['apparmor', 'unconfined\n', 'unconfined']);
    expect(found.get('child changes')).toEqual([8, KERNEL, KERNEL]);
    expect(found.get('context')).toBe(`apparmor\0unconfined\0selinux\0${KERNEL}`);
  });

  it('is written under the rules for attr files', async () => {
    expect(Object.fromEntries(await steps('selinux,apparmor', 'rules'))).toEqual({
      'inherited descriptor': 'Operation not permitted',
      'thread through the process': 'Permission denied',
      'of another: read': 'Invalid argument',
      'of another: write': 'Operation not permitted',
      'of a dead one': 'No such process',
      'offset 1': 'Invalid argument',
      empty: 'Invalid argument',
      long: 4096,
      // biome-ignore lint/suspicious/noThenProperty: the name of a step
      then: 'apparmor',
      bits: ['0o100666', '0o100444'],
    });
  });

  it.for([
    { way: 'with', options: [] },
    { way: 'without', options: ['--no-seccomp'] },
  ])('is reached with cat and echo, $way a supervisor', async ({ way, options }, context) => {
    if (way === 'without' && hostEnforces()) context.skip(NO_MOUNTS_OVER_ATTR);
    const session =
      'cat /proc/self/attr/display; echo; echo apparmor > /proc/self/attr/display_lsm; cat /proc/self/attr/interface_lsm /proc/self/attr/current /sys/kernel/security/lsm_display_default; ls /proc/self/attr | wc -l';
    const result = await lsmfs(['run', ...options, '--lsm=selinux,apparmor', '--', 'sh', '-c', session]);
    expect(result.stdout).toBe('selinux\napparmorunconfined\nselinux12\n');
  });
});

describe('names that the host does not have', () => {
  const listed = 'import os; print(*(name for name in os.listxattr("/proc/self/attr/current")))';
  const ofHost = execFileSync('python3', ['-c', listed], { encoding: 'utf8' }).trim().split(' ');

  it('have the attributes of the process', async () => {
    const label = [['security.selinux'], "b'system_u:system_r:kernel_t:s0\\x00'"];
    const missing = ['No such file or directory', 'No such file or directory'];
    const after = [' ', ...ofHost.filter((name) => name !== 'security.selinux')].join(' ');
    expect(Object.fromEntries(await steps('selinux,apparmor', 'attributes', { after }))).toEqual({
      apparmor: label,
      'apparmor/current': label,
      display: label,
      nosuch: missing,
      'apparmor/nosuch': missing,
      'apparmor/.': ['security.selinux'],
      'apparmor/..': ['security.selinux'],
      'apparmor/../display': ['security.selinux'],
      slash: ['Not a directory', 'Not a directory', 'Not a directory'],
      'from inside': ['security.selinux'],
    });
  });

  it('are not listed where stat(2) is not supervised, because SELinux is alone', async () => {
    const session = 'ls -l /proc/self/attr > /dev/null; cat /proc/self/attr/display';
    const result = await lsmfs(['run', '--', 'sh', '-c', session]);
    expect([result.stdout, result.stderr]).toEqual(['selinux', '']);
  });

  it('have none without SELinux', async () => {
    const found = await steps('apparmor', 'attributes', { load: '', after: [' ', ...ofHost].join(' ') });
    expect(
      ['apparmor', 'apparmor/current', 'display', 'nosuch'].map((name) => (found.get(name) as unknown[])[0]),
    ).toEqual([[], [], [], 'No such file or directory']);
    expect(found.get('from inside')).toEqual([]);
  });
});

describe('the label of a peer', () => {
  it.each([
    ['in one network namespace', ''],
    ['in another', 'unshare -n'],
  ])('is that of when it connected, whatever became of it: %s', async (_where, before) => {
    const found = await steps('selinux,apparmor', 'peers', { before, after: ' $d before after' });
    const changed = ['before (complain)', 'after (complain)\n'];
    expect(Object.fromEntries(found)).toEqual({
      unchanged: ['before (complain)', 'before (complain)\n'],
      changed,
      'changed before accept': changed,
      executed: changed,
      'executed, socket closed': changed,
      "the server's own": 'unconfined',
      datagram: ['Protocol not available', 'Invalid argument'],
    });
  });
});

describe('a profile without network rules', () => {
  it('may not ask sockets of any kind', async () => {
    const before = 'printf "profile strict { file, change_profile, }\\n" | apparmor_parser -r;';
    const found = await steps('selinux,apparmor', 'refused', { before });
    const denied = 'Permission denied';
    expect(Object.fromEntries(found)).toEqual({ sockets: [denied, denied, denied, denied], 'no length': denied });
  });
});

describe('system calls', () => {
  it('answer for both modules, in order, whatever the default is', async () => {
    const found = await steps('selinux,apparmor', 'syscalls');
    const both = [
      [101, 0, 64, 'system_u:system_r:init_t:s0\0'],
      [104, 0, 56, 'stacked (complain)'],
    ];
    expect(Object.fromEntries(found)).toEqual({
      current: [
        2,
        112,
        [
          [101, 0, 64, KERNEL],
          [104, 0, 48, 'unconfined'],
        ],
      ],
      exec: ['No such file or directory', 4096, []],
      prev: ['No such file or directory', 4096, []],
      fscreate: [1, 32, [[101, 0, 32, '']]],
      small: ['Argument list too long', 112, []],
      single: [
        [1, 32, [[101, 0, 32, '']]],
        ['No such file or directory', 4096, []],
        ['Operation not supported', 0, []],
      ],
      set: [0, 0],
      'exec then': [2, 120, both],
      'default does not matter': [2, 120, both],
      modules: [[108, 100, 101, 104, 111, 112], 48],
    });
  });
});

describe('mainline', () => {
  it('a bpf module in front takes the plain files; the directory of the other does not care', async () => {
    const session =
      'cat /proc/self/attr/current; cat /proc/self/attr/apparmor/current; ls /proc/self/attr/display; cat /proc/self/attr/display; cat /sys/kernel/security/lsm_display_default';
    const args = ['run', '--lsm=bpf,apparmor', '--profile=mainline', '--', 'sh', '-c', session];
    const { stdout, stderr } = await lsmfs(args);
    expect(stdout).toBe('unconfined\n');
    expect(stderr.split('\n').map((line) => line.split(': ').at(-1))).toEqual([
      'Invalid argument',
      'No such file or directory',
      'No such file or directory',
      'No such file or directory',
      '',
    ]);
    const talk = await lsmfs(['run', '--lsm=bpf,apparmor', '--', 'cat', '/proc/self/attr/current']);
    expect(talk.stdout).toBe('unconfined\n');
  });
});

describe('lsmfs tree', () => {
  it('shows the stack, its namespaces and who is where', async () => {
    const session = `load_policy; printf '${PROFILES}' | apparmor_parser -r
      mkdir /sys/kernel/security/apparmor/policy/namespaces/box
      (echo apparmor > /proc/self/attr/display; exec sleep 30) & a=$!
      aa-exec -p stacked -- sleep 30 & b=$!
      until [ "$(cat /proc/$a/comm)$(cat /proc/$b/comm)" = sleepsleep ]; do sleep 0.05; done
      echo $a $b; $LSMFS tree; $LSMFS tree --json; kill $a $b`;
    const name = worldName('tree');
    const result = await script(
      `$LSMFS run --name=${name} --lsm=selinux,apparmor -- bash -c '${session.replaceAll("'", "'\\''")}'`,
    );
    expect(result.stderr).toBe('');
    const [ids = '', ...lines] = result.stdout.split('\n');
    const [a, b] = ids.split(' ');
    const text = lines.slice(0, lines.indexOf('{')).join('\n');
    expect(text).toContain(
      `${name} (talk)\n├─ lockdown\n├─ capability\n├─ selinux  (secmark, netlabel)\n│  └─ init: permissive, policy loaded, `,
    );
    expect(text).toMatch(/├─ apparmor\n│ {2}└─ root: 3 profiles, \d+ tasks\n│ {5}└─ box: 0 profiles, 0 tasks\n/);
    expect(text).toMatch(
      new RegExp(`^${a} +sleep +apparmor +0x1000\\d +system_u:system_r:kernel_t:s0 +unconfined$`, 'm'),
    );
    expect(text).toMatch(
      new RegExp(`^${b} +sleep +selinux +0x1000\\d +system_u:system_r:kernel_t:s0 +stacked \\(complain\\)$`, 'm'),
    );
    const tree = JSON.parse(lines.slice(lines.indexOf('{')).join('\n')) as { tasks: { tid: number; labels: object }[] };
    expect(tree.tasks.find(({ tid }) => tid === Number(b))?.labels).toEqual({
      selinux: 'system_u:system_r:kernel_t:s0',
      apparmor: 'stacked (complain)',
    });
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('says what is wrong', async () => {
    const result = await lsmfs(['tree', 'no-such-world', '--json']);
    expect(result.status).toBe(125);
    expect(JSON.parse(result.stderr)).toMatchObject({ code: 'unknown-world', fix: 'See `lsmfs ps`.' });
  });
});
