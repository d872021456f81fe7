/** `lsmfs policy`, beside seinfo(1) and beside what semodule(8) has built of Debian's modules. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lsmfs } from '../world/program.ts';

const INSTALLED = '/etc/selinux/default/policy/policy.34';
const CIL = path.join(import.meta.dirname, '../data/policies/mediation.cil');
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-policy-test-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function policy(...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await lsmfs(['policy', ...words], { timeoutMs: 200_000 });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

async function refused(...words: string[]): Promise<string[]> {
  const { status, stdout, stderr } = await lsmfs(['policy', ...words]);
  expect(status).toBe(125);
  expect(stdout).toBe('');
  return stderr.trimEnd().split('\n');
}

describe('policy list and show', () => {
  it('list what is in /etc/selinux, and which one is chosen', async () => {
    const listed = JSON.parse(await policy('list', '--json')) as { name: string; chosen: boolean; version: number }[];
    expect(listed.map(({ name, chosen, version }) => [name, chosen, version])).toEqual([
      ['default', true, 34],
      ['mls', false, 34],
      ['small', false, 33],
    ]);
    const [header, first] = (await policy('list')).split('\n');
    expect(header).toMatch(/NAME +VERSION +MLS +TYPES +RULES +FILE$/);
    expect(first).toMatch(/^\* +default +34 +yes +\d+ +\d+ +\/etc\/selinux\/default\/policy\/policy\.34$/);
  });

  it.each(['default', 'mls'])('count as seinfo does: %s', async (name) => {
    const shown = JSON.parse(await policy('show', name, '--json')) as { counts: Record<string, number> };
    const told = execFileSync('seinfo', [`/etc/selinux/${name}/policy/policy.34`], { encoding: 'utf8' });
    const count = (label: string) => Number(new RegExp(`\\b${label}: +(\\d+)`).exec(told)?.[1]);
    const { counts } = shown;
    for (const [ours, theirs] of [
      ['classes', 'Classes'],
      ['permissions', 'Permissions'],
      ['types', 'Types'],
      ['attributes', 'Attributes'],
      ['users', 'Users'],
      ['roles', 'Roles'],
      ['booleans', 'Booleans'],
      ['sensitivities', 'Sensitivities'],
      ['categories', 'Categories'],
      ['role transitions', 'Role_trans'],
      ['range transitions', 'Range_trans'],
      ['permissive types', 'Permissives'],
      ['ports', 'Portcon'],
    ] as const) {
      expect(counts[ours], ours).toBe(count(theirs));
    }
  });

  it.each([
    ['--types', '-t'],
    ['--attributes', '-a'],
    ['--roles', '-r'],
    ['--users', '-u'],
    ['--classes', '-c'],
    ['--capabilities', '--polcap'],
  ])('%s are those of seinfo', async (ours, theirs) => {
    const told = execFileSync('seinfo', [INSTALLED, theirs], { encoding: 'utf8', maxBuffer: 1 << 26 });
    const names = told.split('\n').flatMap((line) => /^ {3}(\S+)/.exec(line)?.[1] ?? []);
    expect((await policy('show', ours)).trimEnd().split('\n').sort()).toEqual(names.sort());
  });

  it('booleans have the states of the file', async () => {
    const told = execFileSync('seinfo', [INSTALLED, '-b', '-x'], { encoding: 'utf8' });
    const states = [...told.matchAll(/^ {3}bool (\w+) (true|false);/gm)].map(
      ([, name, state]) => `${name} ${state === 'true' ? 'on' : 'off'}`,
    );
    expect((await policy('show', '--booleans')).trimEnd().split('\n').sort()).toEqual(states.sort());
  });

  it('say what cannot be shown', async () => {
    expect(await refused('show', 'defalt')).toEqual([
      "lsmfs: There is no policy, file or directory 'defalt'.",
      expect.stringMatching(/default/),
    ]);
    expect((await refused('show', '/etc/passwd'))[0]).toMatch(/^lsmfs: \/etc\/passwd is not a binary SELinux policy: /);
    expect((await refused('show', '/etc'))[0]).toBe('lsmfs: /etc is no store of a policy: it has no policy/policy.N.');
  });
});

describe('policy who-can', () => {
  it('finds the rules that sesearch finds, and says as much in JSON', async () => {
    const told = execFileSync('sesearch', ['-A', '-s', 'passwd_t', '-t', 'shadow_t', INSTALLED], { encoding: 'utf8' });
    const sorted = (text: string) =>
      text
        .trimEnd()
        .replace(/\{ (.*?) \}/g, (_, names) => names.split(' ').sort().join(' '))
        .split('\n')
        .sort();
    const rules = await policy('who-can', '--source=passwd_t', '--rules', 'shadow_t');
    expect(sorted(rules)).toEqual(sorted(told));
    const { access } = JSON.parse(await policy('who-can', '--source=passwd_t', '--json', 'shadow_t', 'file', 'read'));
    expect(access).toEqual([{ source: 'passwd_t', target: 'shadow_t', class: 'file', permissions: ['read'] }]);
  });

  it('names what is near a name that the policy does not have', async () => {
    expect(await refused('who-can', 'shadow_t', 'fiel')).toEqual([
      "lsmfs: The policy has no class 'fiel'.",
      'lsmfs: Did you mean file? lsmfs policy show --classes lists what it has.',
    ]);
  });
});

describe('policy diff', () => {
  const FEATURE = path.join(import.meta.dirname, '../data/policies/feature.33');
  const answer = async (...args: string[]) => {
    const { stdout, status } = await lsmfs(['policy', 'diff', ...args]);
    return { stdout, status };
  };

  it('tells what one policy says and the other does not; what differs is exit status 1', async () => {
    expect(await answer(INSTALLED, INSTALLED)).toEqual({ stdout: '', status: 0 });
    const { stdout, status } = await answer('small', FEATURE, '--only=properties,booleans');
    expect(status).toBe(1);
    expect(stdout).toMatchInlineSnapshot(`
      "properties: 1 modified
        ~ handle_unknown: +deny -allow

      booleans: 2 added, 17 removed
        + fast off
        + slow on
        - container_connect_any off
        - container_manage_cgroup off
        - container_read_certs on
        - container_use_devices off
        - httpd_can_network_connect off
        - httpd_can_network_connect_db off
        - httpd_can_sendmail off
        - httpd_enable_cgi on
        - httpd_enable_homedirs off
        - httpd_execmem off
        - httpd_read_user_content off
        - httpd_unified off
        - httpd_use_nfs off
        - virt_sandbox_use_all_caps on
        - virt_use_comm off
        - virt_use_nfs off
        - virt_use_samba off
      "
    `);
  });

  it('counts all and shows so many', async () => {
    const { stdout } = await answer('small', FEATURE, '--only=types', '--limit=2');
    expect(stdout).toMatchInlineSnapshot(`
      "types: 6 added, 268 removed
        + data_t
        + other_t
        + ... and 4 more: --limit
        - init_t
        - kernel_t
        - ... and 266 more: --limit
      "
    `);
    const { stdout: json } = await answer('small', FEATURE, '--only=types', '--limit=2', '--json');
    const { differences } = JSON.parse(json);
    expect(Object.keys(differences)).toEqual(['types']);
    expect(differences.types.added.count).toBeGreaterThan(2);
    expect(differences.types.added.statements).toHaveLength(2);
  });

  it('names the sections where there is no such', async () => {
    expect(await refused('diff', 'small', FEATURE, '--only=type')).toEqual([
      "lsmfs: There is no section 'type'.",
      expect.stringMatching(/^lsmfs: Sections are properties, .*, types, .*\.$/),
    ]);
    expect((await refused('diff', 'small', '/etc/passwd'))[0]).toMatch(/is not a binary SELinux policy/);
  });
});

describe('policy build', () => {
  const out = (name: string) => path.join(directory, name);
  const image = (file: string) => readFileSync(file).subarray(0, readFileSync(INSTALLED).length);

  it('packs a store; a world boots with the file', async () => {
    expect(await policy('build', '/etc/selinux/default', '-o', out('debian'))).toMatch(
      /: policy default, version 34, \d+ types, \d+ rules; \d+ files\n$/,
    );
    expect(image(out('debian'))).toEqual(readFileSync(INSTALLED));
    const shown = JSON.parse(await policy('show', out('debian'), '--json')) as { store: string; packed: string[] };
    expect(shown.store).toBe('default');
    expect(shown.packed).toContain('contexts/files/file_contexts');
    expect(shown.packed).toContain('seusers');
    const ran = await lsmfs(['run', `--policy=${out('debian')}`, '--', 'seinfo', '/sys/fs/selinux/policy', '-u']);
    expect(ran.stdout).toContain('unconfined_u');
    const why = await lsmfs([
      'why',
      `--policy=${out('debian')}`,
      ...'system_u:system_r:sshd_t:s0 system_u:object_r:etc_t:s0 file read'.split(' '),
    ]);
    expect(why.status).toBe(0);
  });

  /** As a package of Fedora unpacks: /etc/selinux/TYPE without an image, /var/lib/selinux/TYPE with modules. */
  it('makes of an unpacked package what semodule makes of its modules', async () => {
    const tree = out('tree');
    const temporary = () => readdirSync(tmpdir()).filter((name) => name.startsWith('lsmfs-policy-'));
    const before = temporary();
    for (const [from, to] of [
      ['/etc/selinux/default', 'etc/selinux/targeted'],
      ['/var/lib/selinux/default/active/modules', 'var/lib/selinux/targeted/active/modules'],
    ] as const) {
      cpSync(from, path.join(tree, to), { recursive: true, filter: (file) => path.basename(file) !== 'policy' });
    }
    // A module that was never used has no CIL.
    const module = path.join(tree, 'var/lib/selinux/targeted/active/modules/100/ssh');
    expect(existsSync(path.join(module, 'hll'))).toBe(true);
    rmSync(path.join(module, 'cil'));
    expect(existsSync(path.join(tree, 'etc/selinux/targeted/policy'))).toBe(false);
    const built = JSON.parse(await policy('build', tree, '-o', out('fedora'), '--json')) as Record<string, unknown>;
    expect(built).toMatchObject({ store: 'targeted', image: 'compiled', version: 34 });
    expect(image(out('fedora')).equals(readFileSync(INSTALLED))).toBe(true);
    expect(temporary()).toEqual(before);
  }, 300_000);

  it('makes of a tree that `make install` of sources fills what semodule makes of its packages', async () => {
    const tree = out('installed');
    const packages = path.join(tree, 'usr/share/selinux/targeted');
    mkdirSync(packages, { recursive: true });
    cpSync('/etc/selinux/default/contexts', path.join(tree, 'etc/selinux/targeted/contexts'), { recursive: true });
    const modules = '/var/lib/selinux/default/active/modules/100';
    const disabled = readdirSync('/var/lib/selinux/default/active/modules/disabled');
    for (const name of readdirSync(modules)) {
      if (!disabled.includes(name)) cpSync(path.join(modules, name, 'hll'), path.join(packages, `${name}.pp`));
    }
    const built = JSON.parse(await policy('build', tree, '-o', out('made'), '--json')) as Record<string, unknown>;
    const installed = JSON.parse(await policy('show', INSTALLED, '--json')) as Record<string, unknown>;
    expect(built).toMatchObject({ store: 'targeted', image: 'compiled', counts: installed.counts });
    expect(built.files).toBeGreaterThan(10);
  }, 300_000);

  it('compiles CIL, with file contexts', async () => {
    const own = '(type mine_t)(roletype object_r mine_t)(filecon "/mine" any (u object_r mine_t ((s0)(s0))))';
    writeFileSync(out('own.cil'), own);
    await policy('build', CIL, out('own.cil'), '-o', out('own'), '--store=own');
    expect((await policy('show', out('own'), '--types')).split('\n')).toContain('mine_t');
    expect(readFileSync(out('own'), 'latin1')).toMatch(/\/mine\\t+u:object_r:mine_t:s0/);
  }, 120_000);

  it('says what is missing or wrong, and leaves no file', async () => {
    expect(await refused('build', out('nothing'), '-o', out('none'))).toEqual([
      `lsmfs: There is no file or directory '${out('nothing')}'.`,
      expect.stringMatching(/^lsmfs: Name a store/),
    ]);
    expect((await refused('build', '/var/empty-or-not', '/etc', '-o', out('none')))[0]).toMatch(/There is no file/);
    mkdirSync(out('empty'));
    expect((await refused('build', out('empty'), '-o', out('none')))[0]).toMatch(/has neither etc\/selinux\/TYPE nor/);
    writeFileSync(out('wrong.cil'), '(type');
    expect((await refused('build', out('wrong.cil'), '-o', out('none')))[0]).toMatch(/^lsmfs: secilc fails: /);
    writeFileSync(out('a.rpm'), 'no package');
    const bin = out('bin');
    mkdirSync(bin);
    const rpm = await lsmfs(['policy', 'build', out('a.rpm'), '-o', out('none')]);
    expect(rpm.status).toBe(125);
    expect(rpm.stderr).toMatch(/bsdtar (is not installed[\s\S]*libarchive-tools|fails)/);
    expect((await refused('build', '/etc/selinux', '-o', '/proc/x'))[0]).toMatch(/has neither|several/);
    expect(existsSync(out('none'))).toBe(false);
  });

  it('a file whose store is damaged is refused', async () => {
    const whole = readFileSync(out('debian'));
    whole.writeUInt32LE(5, whole.length - 19);
    writeFileSync(out('damaged'), whole);
    const ran = await lsmfs(['run', `--policy=${out('damaged')}`, '--', 'true']);
    expect([ran.status, ran.stderr]).toEqual([
      125,
      expect.stringMatching(/What is packed behind the policy .* is damaged/),
    ]);
  });
});
