/** `lsmfs run --report` and `--fail-on`: what was refused, for people and for CI. */
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { script } from './program.ts';

const POLICIES = path.resolve('test/data/policies');
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-test-report-'));
  chmodSync(directory, 0o755);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Runs a shell in a world of SELinux in which web_t reads files of secret_t; `refused N` does so N times. */
async function run(options: string, text: string, env: Record<string, string> = {}, after = '') {
  const inside = `cat ${POLICIES}/mediation.33 > /sys/fs/selinux/load
    d=$(mktemp -d); mount -t tmpfs none $d; cd $d
    echo root > shadow; setfattr -n security.selinux -v u:object_r:secret_t:s0 shadow
    as() ( printf u:r:$1:s0 > /proc/self/attr/current; shift; exec "$@" )
    refused() { as web_t python3 -c "
for i in range($1):
  try: open('shadow')
  except PermissionError: pass"; }
    ${text}`;
  const result = await script(
    `$LSMFS run --file-contexts=none --mediate=files ${options} -- bash -c "$INSIDE"
     echo "= $?"; ${after}`,
    { env: { INSIDE: inside, LC_ALL: 'C', TMPDIR: directory, ...env }, cwd: directory },
  );
  expect(result.leftovers).toSatisfy(isClean);
  expect(temporary()).toEqual([]);
  return { ...result, lines: result.stdout.trim().split('\n') };
}

/** What a run made in the directory for temporary files. */
const temporary = (): string[] => readdirSync(directory).filter((name) => name.startsWith('lsmfs-report-'));

const report = (name: string): string => readFileSync(path.join(directory, 'report', name), 'utf8');
const ENFORCING = 'echo 1 > /sys/fs/selinux/enforce;';

describe('a report', () => {
  it('counts more refusals than the log of a world keeps, and says why', async () => {
    // Some 8 MB of records.
    const { lines, stderr } = await run('--report=report', `${ENFORCING} refused 20000; exit 3`);
    expect(lines).toEqual(['= 3']);
    expect(stderr).toBe('lsmfs: 1 refusal was recorded, 20000 times in all: report/summary.md\n');
    expect(readdirSync(path.join(directory, 'report')).sort()).toEqual([
      ...['denials.sarif', 'junit.xml', 'log.jsonl', 'summary.md'],
    ]);
    expect(report('summary.md')).toContain(
      [
        '## `web_t -> secret_t file read`, 20000 times',
        'Module selinux; refused',
        '```text\ndenied  read\n  no allow rule\n  to allow it:\n    allow web_t secret_t:file read;\n```',
        'First record:',
      ].join('\n\n'),
    );
    expect(report('junit.xml')).toContain('<failure message="exit status 3"/>');
    const [sarif] = JSON.parse(report('denials.sarif')).runs;
    expect(sarif.results[0].occurrenceCount).toBe(20_000);
    const log = report('log.jsonl').trimEnd().split('\n');
    expect(log.filter((line) => JSON.parse(line).fields?.tclass === 'file')).toHaveLength(20_000);
    const { startLine } = sarif.results[0].locations[0].physicalLocation.region;
    expect(JSON.parse(log[startLine - 1] ?? '').fields).toMatchObject({ tclass: 'file', seperms: ['read'] });
    expect(statSync(path.join(directory, 'report/log.jsonl')).mode & 0o777).toBe(0o644);
  });

  it('marks what permissive mode let through, and asks before a policy is gone', async () => {
    const { lines } = await run(
      '--report=report',
      `refused 1; cat ${POLICIES}/mediation-open.33 > /sys/fs/selinux/load`,
    );
    expect(lines).toEqual(['= 0']);
    expect(report('summary.md')).toContain('**permissive: recorded, and let through**');
    expect(report('summary.md')).toContain('allow web_t secret_t:file read;');
    expect(report('junit.xml')).toContain('failures="0" errors="0" skipped="2"');
  });

  it('is written when the command ends, by a signal or beside others that live on', async () => {
    const { lines, stderr } = await run(
      '--report=report --name=t-report-ends',
      `${ENFORCING} refused 2; sleep 1000 > /dev/null 2>&1 & wait $!; kill -TERM $$`.replace('& wait $!;', '&'),
      {},
      'cat report/summary.md | head -1; $LSMFS stop t-report-ends > /dev/null',
    );
    expect(lines).toEqual(['= 143', expect.stringMatching(/^# lsmfs: /)]);
    expect(stderr).toContain('Terminated');
  });

  it('passes descriptors, input and signals to the command', async () => {
    const { lines } = await run(
      '--report=report 5>&1 7<<< seven',
      'cat <&7; echo five >&5; trap "echo got TERM; exit 9" TERM; kill -TERM $PPID; while :; do sleep 0.05; done',
    );
    expect(lines).toEqual(['seven', 'five', 'got TERM', '= 9']);
  });

  it('tells of refusals of AppArmor, too', async () => {
    const profile = 'profile web { /{usr/,}{bin,lib,lib64}/** mrix, /etc/ld.so.cache r, }';
    const inside = `echo '${profile}' | apparmor_parser -qKr
      aa-exec -p web -- cat /etc/shadow 2>/dev/null; echo '${profile}' | sed 's/web/& flags=(complain)/' | apparmor_parser -qKr
      aa-exec -p web -- cat /etc/shadow > /dev/null`;
    const result = await script('$LSMFS run --lsm=apparmor --report=report -- bash -c "$INSIDE"', {
      env: { INSIDE: inside },
      cwd: directory,
    });
    expect(result.status).toBe(0);
    expect(report('summary.md')).toContain('## `web -> /etc/shadow file r`, once\n\nModule apparmor; refused');
    expect(report('summary.md')).toContain('  to allow it:\n    /etc/shadow r,');
    expect(report('summary.md')).toContain('Module apparmor; **permissive');
  });
});

describe('--fail-on', () => {
  it('makes a run fail that succeeded, with 123; a failure of the command wins', async () => {
    const { lines, stderr } = await run('--fail-on=denials', `${ENFORCING} refused 2`);
    expect(lines).toEqual(['= 123']);
    expect(stderr).toContain(
      'lsmfs: --fail-on=denials does not accept:\nlsmfs:   web_t -> secret_t file read, twice\n'.replace(
        'twice',
        '2 times',
      ),
    );
    expect((await run('--fail-on=denials', `${ENFORCING} refused 2; exit 4`)).lines).toEqual(['= 4']);
    expect((await run('--fail-on=denials', ':')).lines).toEqual(['= 0']);
  });

  it('accepts what a former run has, by its log or its SARIF', async () => {
    await run('--report=report', `${ENFORCING} refused 2`);
    for (const file of ['report/log.jsonl', 'report/denials.sarif']) {
      const same = await run(`--fail-on=new-denials=${file}`, `${ENFORCING} refused 1`);
      expect([file, ...same.lines]).toEqual([file, '= 0']);
    }
    const other = await run(
      '--fail-on=new-denials=report/log.jsonl',
      `${ENFORCING} refused 1; as web_t sh -c ': >> shadow' 2> /dev/null; :`,
    );
    expect(other.lines).toEqual(['= 123']);
    expect(other.stderr).toMatch(/does not accept:\nlsmfs: {3}web_t -> secret_t file (append|write)[^\n]*, once\n$/);
  });

  it('says what is wrong with it before the command runs', async () => {
    writeFileSync(path.join(directory, 'nothing'), 'no record\n');
    const missing = await run('--fail-on=new-denials=absent', 'echo ran');
    expect(missing.lines).toEqual(['= 125']);
    expect(missing.stderr).toContain('absent cannot be read: ENOENT.');
    expect((await run('--fail-on=new-denials=nothing', 'echo ran')).stderr).toContain('has no record of a log.');
    expect((await run('--fail-on=all', 'echo ran')).stderr).toContain('It must be denials or new-denials=FILE.');
    const taken = await run('--report=nothing', 'echo ran');
    expect(taken.lines).toEqual(['= 125']);
    expect(taken.stderr).toBe('lsmfs: The report cannot be written to nothing: EEXIST.\nlsmfs: Check --report.\n');
  });
});

describe('in GitHub Actions', () => {
  const github = () => ({ GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: path.join(directory, 'step.md') });

  it('summary and annotations appear by themselves', async () => {
    const { lines, stderr } = await run('', `${ENFORCING} refused 2`, github());
    expect(lines).toEqual(['= 0']);
    expect(stderr).toContain(
      '::warning title=selinux%3A web_t -> secret_t file read::refused, 2 times%0Adenied  read%0A',
    );
    expect(readFileSync(path.join(directory, 'step.md'), 'utf8')).toContain(
      '## `web_t -> secret_t file read`, 2 times',
    );
  });

  it('but for runs that refuse nothing, and with --no-report', async () => {
    expect((await run('', ':', github())).stderr).toBe('');
    expect((await run('--no-report', `${ENFORCING} refused 2`, github())).stderr).toBe('');
    expect(existsSync(path.join(directory, 'step.md'))).toBe(false);
  });
});

it('has what TOMOYO refuses, whose records are in a file of its own', async () => {
  const policy = `cd /sys/kernel/security/tomoyo
    printf '%s\\n' '0-CONFIG={ mode=disabled }' '3-CONFIG={ mode=enforcing }' > profile
    printf '%s\\n' '<kernel> /usr/bin/env' 'use_profile 3' > domain_policy`;
  const result = await script(
    `$LSMFS run --lsm=tomoyo --param TOMOYO_trigger=/usr/bin/true --report=report --fail-on=denials -- bash -c "$POLICY"'
     /usr/bin/true; env ls 2>&1; env ls 2>&1; lsmfs why --last | tail -n +2; true'; echo "= $?"`,
    { cwd: directory, env: { LC_ALL: 'C', POLICY: policy } },
  );
  const why = `denied  execute /usr/bin/ls
  there is no rule, and the mode of profile 3 is enforcing
  to allow it, write to domain_policy:
    <kernel> /usr/bin/env
    file execute /usr/bin/ls
`;
  const refused = "env: 'ls': Operation not permitted\n";
  expect(result.stdout).toBe(`${refused}${refused}${why}= 123\n`);
  expect(report('summary.md')).toContain(
    `## \`<kernel> /usr/bin/env -> /usr/bin/ls file execute\`, 2 times\n\nModule tomoyo; refused; **not accepted by --fail-on**\n\n\`\`\`text\n${why}\`\`\``,
  );
  expect(result.leftovers).toSatisfy(isClean);
});
