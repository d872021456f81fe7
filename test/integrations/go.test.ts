/** The Go module of lsmtest: its own tests, in a world and without one, the sessions of its README, and tests that are killed. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BoxResult, isClean, runInBox } from '../support/box.ts';
import { GO_CACHE } from '../support/go-cache.ts';
import { UNTIL } from '../world/program.ts';
import { environment, playReadme, programDirectory } from './readme.ts';

const MODULE = path.resolve('integrations/go');
let bin: string;
let scratch: string;
let env: Readonly<Record<string, string>>;
/** Without lsmfs. */
let plain: Readonly<Record<string, string>>;

/** Of compiling the standard library, which happens once. */
const COMPILE_MS = 600_000;

beforeAll(async () => {
  bin = programDirectory();
  scratch = mkdtempSync(path.join(tmpdir(), 'lsmfs-go-'));
  const go = {
    GOTOOLCHAIN: 'local',
    GOFLAGS: '-count=1',
    GOPROXY: 'off',
    CGO_ENABLED: '0',
    GOCACHE: GO_CACHE,
    LSMTEST: '',
  };
  env = { ...environment([bin]), ...go };
  plain = { ...environment([]), ...go };
  const command = ['go', 'test', '-cover', '-c', '-o', path.join(scratch, 'compiled')];
  const compiled = await runInBox(command, { timeoutMs: COMPILE_MS, cwd: MODULE, env });
  expect(compiled.status, compiled.stderr).toBe(0);
  await runInBox(['go', 'vet'], { timeoutMs: COMPILE_MS, cwd: MODULE, env });
}, COMPILE_MS);

afterAll(() => {
  for (const directory of [bin, scratch]) rmSync(directory, { recursive: true, force: true });
});

async function goTest(words: string, variables: Readonly<Record<string, string>>): Promise<BoxResult> {
  const result = await runInBox(['bash', '-c', `go test ${words} 2>&1`], {
    timeoutMs: 100_000,
    cwd: MODULE,
    env: variables,
  });
  expect(result.timedOut, result.evidence).toBe(false);
  expect(result.leftovers).toSatisfy(isClean);
  return result;
}

const SIX = ['TestContext', 'TestDenied', 'TestNothingIsLeft', 'TestWhy', 'TestBoolean', 'TestReset'];

/** Names of tests that ended so. */
function ended(how: string, { stdout }: BoxResult): readonly string[] {
  return [...stdout.matchAll(new RegExp(`^--- ${how}: (\\w+)`, 'gm'))].map(([, name]) => name ?? '');
}

test('its own six tests pass in a world', async () => {
  const result = await goTest('-v', env);
  expect(ended('PASS', result), result.stdout).toEqual(SIX);
  expect(result.status).toBe(0);
});

test('without lsmfs they are skipped, with the reason', async () => {
  const result = await goTest('-v', plain);
  expect(ended('SKIP', result), result.stdout).toEqual(SIX);
  expect(result.stdout).toContain('the kernel lacks selinux, and there is no lsmfs to have it in a world: ');
  expect(result.status).toBe(0);
});

test('its sources are as gofmt and go vet want them, and coverage is measured', async () => {
  const profile = path.join(scratch, 'coverage');
  const result = await goTest(`-coverprofile=${profile} && gofmt -l . && go vet`, env);
  expect(result.stdout).toMatch(/^PASS\ncoverage: [5-9]\d\.\d% of statements\nok .*\n$/);
});

test('its README tells the truth', { timeout: 120_000 }, () =>
  playReadme(path.join(MODULE, 'README.md'), { ...env, MODULE }),
);

test.each([
  ['tests that are killed leave no world', '$(cat started)'],
  ['nor does a go command that is killed', '$!'],
])('%s', async (_, victim) => {
  const directory = path.join(scratch, 'lsmtest-killed');
  cpSync(MODULE, directory, { recursive: true });
  const text = `package lsmtest_test
import ("fmt"; "os"; "os/exec"; "testing"; "time")
func TestLong(t *testing.T) {
	exec.Command("setsid", "sleep", "1000").Start()
	os.WriteFile("starting", []byte(fmt.Sprint(os.Getpid())), 0o600)
	os.Rename("starting", "started")
	time.Sleep(time.Hour)
}
`;
  writeFileSync(path.join(directory, 'long_test.go'), text);
  const result = await runInBox(
    [
      'bash',
      '-c',
      `${UNTIL}export LSMFS_STATE_DIR=$(mktemp -d); none() { [ -z "$(ls $LSMFS_STATE_DIR)" ]; }
       go test -run TestLong >/dev/null 2>&1 & until_true test -e started; exec 2>/dev/null
       kill -KILL ${victim}; rm started; until_true none && rm -rf $LSMFS_STATE_DIR/.policies && rmdir $LSMFS_STATE_DIR && echo gone; wait`,
    ],
    { timeoutMs: 100_000, cwd: directory, env },
  );
  expect(result.stdout).toBe('gone\n');
  expect(result.leftovers).toSatisfy(isClean);
});
