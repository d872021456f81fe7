/** `lsmfs/testing`, by its name, in suites of each runner: the examples of docs/guides/testing.md, and suites that fail or are killed. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPage } from '../docs/pages.ts';
import { type BoxResult, isClean, runInBox } from '../support/box.ts';
import { UNTIL } from '../world/program.ts';
import { environment } from './readme.ts';

const MODULES = path.resolve('node_modules');
const { files } = readPage(readFileSync('docs/guides/testing.md', 'utf8'));
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-suites-'));
  mkdirSync(path.join(directory, 'node_modules'));
  symlinkSync(process.cwd(), path.join(directory, 'node_modules/lsmfs'));
  for (const name of ['vitest', 'jest'])
    symlinkSync(path.join(MODULES, name), path.join(directory, 'node_modules', name));
  writeFileSync(path.join(directory, 'package.json'), '{ "type": "commonjs" }');
});

afterAll(() => rmSync(directory, { recursive: true }));

const RUNNERS = {
  vitest: ['vitest/vitest.mjs', 'run', '--no-color', '--reporter=default', '--testTimeout=60000'],
  jest: [
    'jest/bin/jest.js',
    '--no-cache',
    '--testTimeout=60000',
    '--colors=false',
    '--testMatch',
    '**/*.js',
    '--rootDir=.',
    '--haste.enableSymlinks=false',
  ],
} as const;
type Runner = keyof typeof RUNNERS | 'node';

function commandOf(runner: Runner, file: string): readonly string[] {
  if (runner === 'node') return [process.execPath, '--test', '--test-reporter=tap', file];
  const [program, ...options] = RUNNERS[runner];
  return [process.execPath, path.join(MODULES, program), ...options, file];
}

async function run(runner: Runner, file: string, text: string): Promise<BoxResult> {
  writeFileSync(path.join(directory, file), text);
  const env = { ...environment([path.dirname(process.execPath)]), VITEST: '', NODE_OPTIONS: '', CI: '' };
  const result = await runInBox(commandOf(runner, file), { timeoutMs: 60_000, cwd: directory, env });
  expect(result.timedOut, result.evidence).toBe(false);
  expect(result.leftovers).toSatisfy(isClean);
  return result;
}

function exampleOf(name: string): string {
  const text = files.get(name);
  if (text === undefined) throw new Error(`docs/guides/testing.md has no ${name}`);
  return text;
}

const EXAMPLES = [
  ['vitest', 'web.test.js'],
  ['jest', 'web.jest.js'],
  ['node', 'web.node.mjs'],
] as const satisfies readonly (readonly [Runner, string])[];

test.each(EXAMPLES)('the example for %s passes', async (runner, file) => {
  writeFileSync(path.join(directory, 'web.profile'), exampleOf('web.profile'));
  const result = await run(runner, file, exampleOf(file));
  expect(result.status, result.stdout + result.stderr).toBe(0);
});

/** How each runner gets at what a test needs. */
const HEAD: Readonly<Record<Runner, string>> = {
  vitest: `import assert from 'node:assert'; import { test } from 'vitest'; import { useWorld } from 'lsmfs/testing/vitest';`,
  jest: `const assert = require('node:assert'); const { useWorld } = require('lsmfs/testing/jest');`,
  node: `import assert from 'node:assert'; import { test } from 'node:test'; import { useWorld } from 'lsmfs/testing/node';`,
};
const FILES: Readonly<Record<Runner, string>> = { vitest: 'a.test.js', jest: 'a.jest.js', node: 'a.node.mjs' };
const ALL = ['vitest', 'jest', 'node'] as const;

test.each(ALL)('the report of a failed test of %s tells what was refused in it, and why', async (runner) => {
  const result = await run(
    runner,
    FILES[runner],
    `${HEAD[runner]}
     const world = useWorld({ policy: 'small', enforcing: true });
     test('one', async () => { await world.exec('runcon -t httpd_t cat /etc/gshadow'); });
     test('two', async () => {
       for (let i = 0; i < 2; i++) await world.exec('runcon -t httpd_t cat /etc/shadow');
       assert.strictEqual(1, 2);
     });`,
  );
  const said = result.stdout + result.stderr;
  expect(result.status, said).toBe(1);
  expect(said).toMatch(
    /Refused in its world meanwhile:\s\W*selinux: httpd_t -> shadow_t file read, 2 times\n\W*denied {2}read\n\W*no allow rule\n\W*to allow it:\n\W*allow httpd_t shadow_t:file read;/,
  );
  expect(said).not.toContain('gshadow');
});

test.each(ALL)('a runner of %s that is killed leaves no world', async (runner) => {
  const file = FILES[runner];
  writeFileSync(
    path.join(directory, file),
    `${HEAD[runner]}
     const { writeFileSync } = ${runner === 'jest' ? "require('node:fs')" : "await import('node:fs')"};
     const world = useWorld({ lsm: 'yama' });
     test('long', async () => { await world.exec('setsid sleep 1000 >/dev/null 2>&1 &'); writeFileSync('started', ''); await world.exec('sleep 1000'); });`,
  );
  const result = await runInBox(
    [
      'bash',
      '-c',
      `${UNTIL}export LSMFS_STATE_DIR=$(mktemp -d); none() { [ -z "$(ls $LSMFS_STATE_DIR)" ]; }
       setsid ${commandOf(runner, file).join(' ')} >/dev/null 2>&1 & until_true test -e started; rm started; exec 2>/dev/null
       kill -KILL -- -$!; until_true none && rmdir $LSMFS_STATE_DIR && echo gone`,
    ],
    {
      timeoutMs: 60_000,
      cwd: directory,
      env: { ...environment([path.dirname(process.execPath)]), VITEST: '', CI: '' },
      graceMs: 5000,
    },
  );
  expect(result.stdout).toBe('gone\n');
  expect(result.leftovers).toSatisfy(isClean);
});

describe('startWorld()', () => {
  /** Runs a module, in which `print` writes a line of JSON. */
  async function lines(text: string): Promise<readonly unknown[]> {
    writeFileSync(
      path.join(directory, 'one.mjs'),
      `import { startWorld, TestWorld } from 'lsmfs/testing'; const print = (value) => console.log(JSON.stringify(value));\n${text}`,
    );
    const result = await runInBox([process.execPath, 'one.mjs'], {
      timeoutMs: 30_000,
      cwd: directory,
      env: environment([]),
    });
    expect(result.stderr).toBe('');
    expect(result.leftovers).toSatisfy(isClean);
    return result.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  }

  test('gives a world that runs commands, answers questions, and ends with its block', async () => {
    const seen = await lines(
      `const world = await startWorld({ policy: 'small', enforcing: true, name: 'asked' });
       print(world.name);
       print(await world.exec('cat; echo $HELLO >&2; pwd; exit 3', { input: 'in ', cwd: '/usr', env: { HELLO: 'you' } }));
       print(await world.exec(['printf', '%s', '$HOME  x']));
       print((await world.exec('kill -TERM $$')).status);
       const question = ['system_u:system_r:httpd_t:s0', 'system_u:object_r:shadow_t:s0', 'file', 'read'];
       print([world.allowed(...question), world.why(...question).includes('allow httpd_t shadow_t:file read;')]);
       await world.exec('setenforce 0; runcon -t httpd_t cat /etc/shadow');
       print(world.denials().map(({ module, subject, object, kind, access, permissive }) => [module, subject, object, kind, access, permissive]).at(0));
       print(world.log().some(({ type }) => type === 'AVC'));
       world.reset();
       print([world.denials(), world.why(), (await world.exec('getenforce')).stdout]);
       await world[Symbol.asyncDispose](); await world.dispose();
       try { world.denials(); } catch (error) { print(error.message); }`,
    );
    expect(seen).toEqual([
      'asked',
      { status: 3, stdout: 'in /usr\n', stderr: 'you\n' },
      { status: 0, stdout: '$HOME  x', stderr: '' },
      143,
      [false, true],
      ['selinux', 'httpd_t', 'shadow_t', 'file', 'read', true],
      true,
      [[], '', 'Enforcing\n'],
      'The world is not running: it was not started, or is disposed of.',
    ]);
  });

  test('says what is wrong', async () => {
    const seen = await lines(
      `const wrong = async (options) => { try { await startWorld(options); } catch (error) { print(error.message); } };
       await wrong({ lsm: 'selinx' }); await wrong({ polciy: 'small' });
       const world = await startWorld({ lsm: 'yama' });
       await (await import('node:util')).promisify((await import('node:child_process')).execFile)('${path.resolve('bin/lsmfs')}', ['stop', world.name]);
       try { await world.exec('true'); } catch (error) { print(error.message.replace(world.name, 'NAME')); }
       try { world.denials(); } catch (error) { print(error.message.replace(world.name, 'NAME')); }
       await world.dispose();`,
    );
    expect(seen).toEqual([
      expect.stringContaining("'selinx' is not a security module."),
      "A world has no option 'polciy'; see TestWorldOptions.",
      expect.stringContaining("There is no world named 'NAME'."),
      "There is no world named 'NAME'.",
    ]);
  });

  test('keeps no process alive that forgets its world', async () => {
    expect(await lines(`await startWorld({ lsm: 'yama' }); print('end');`)).toEqual(['end']);
  });
});
