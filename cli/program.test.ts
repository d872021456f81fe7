import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { uptime } from './commands/ps.ts';
import { createProgram, runProgram } from './program.ts';

let stdout = '';
let stderr = '';

beforeEach(() => {
  stdout = '';
  stderr = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
});

async function exitStatus(...argv: string[]): Promise<number> {
  process.exitCode = 0;
  await runProgram(argv, '1.2.3');
  return Number(process.exitCode);
}

test.each(['policy', 'xattr'])('%s alone shows its page and what is missing, as podman does', async (group) => {
  expect(await exitStatus(group)).toBe(125);
  expect(stdout).toContain(`Usage: lsmfs ${group} [options] [command]`);
  expect(stderr).toBe(`lsmfs: missing command: lsmfs ${group} COMMAND\nlsmfs: See \`lsmfs ${group} --help\`.\n`);
  expect(await exitStatus('help', group)).toBe(0);
});

test.each([
  [['runn'], /Did you mean run/],
  [['run'], /missing required argument 'command'/],
  [['run', '--profile=x', '--', 'true'], /Allowed choices are talk, mainline/],
  [['run', '--param==x', '--', 'true'], /name=value/],
  [['run', '--json-status-fd=-1', '--', 'true'], /descriptor number/],
  [['run', '--no-mediation', '--mediate=files', '--', 'true'], /--mediate has no use with --no-mediation\./],
  [
    ['run', '--no-mediation', '--mediate-log-only', '--', 'true'],
    /--mediate-log-only has no use with --no-mediation\./,
  ],
  [['run', '--no-seccomp', '--mediate=all', '--', 'true'], /--mediate has no use with --no-seccomp\./],
  [['run', '--no-seccomp', '--audit-calls', '--', 'true'], /--audit-calls has no use with --no-seccomp\./],
  [['run', '--output=/dev/null', '--', 'true'], /--output needs --detach\./],
  [['run', '--profile=a\nb', '--', 'true'], /^lsmfs: option .* argument 'a\\nb' is invalid\. .*\nlsmfs: See .*\n$/],
  [['log', '\x1b[2J\nb'], /^lsmfs: There is no world named '\\x1b\[2J\\nb'\.\nlsmfs: .*\n$/],
  [['stop'], /`lsmfs ps` lists them/],
  [['stop', '--time=x', 'a'], /0 to 3600/],
  [['mount'], /missing required argument 'directory'\nlsmfs: See `lsmfs mount --help`\.\n$/],
  [['mount', '--world=a', '/tmp'], /--world needs --labels/],
  [['mount', '--tree=/tmp', '/tmp'], /--tree needs --labels/],
  [['why', 'a', 'b'], /missing required argument 'class'/],
  [['why', '--command=0x10000', 'a', 'b', 'c'], /0 to 0xffff/],
  [['why', '--policy=a', '--world=b', 'a', 'b', 'c'], /not both/],
  [['why', '--policy=a', '--pid=1', 'a', 'b', 'c'], /not both/],
  [['why', '--pid=0', 'a', 'b', 'c'], /must be a process id/],
  [['why', '--lsm=apparmor', '--pid=1', 'a', '/b', 'r'], /same policy of apparmor/],
  [['ima', '--file=a', '--namespace=1'], /not both/],
  [['xattr', 'gc'], /missing required argument 'path'\nlsmfs: See `lsmfs xattr gc --help`\.\n$/],
  [['xattr', 'runn'], /See `lsmfs xattr --help`/],
  [['xattr', 'rekey', '00001271', '1272', '.'], /8 hexadecimal digits/],
  [['log', 'no-such-world'], /no world named 'no-such-world'/],
])('usage error %j says what is wrong and exits with 125', async (argv, message) => {
  expect(await exitStatus(...argv)).toBe(125);
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/^lsmfs: /);
  expect(stdout).toBe('');
});

test.each([
  ['LSMFS_POLICY', '/dev/null', /is not a regular file\.\nlsmfs: Check LSMFS_POLICY\.\n$/],
  ['LSMFS_POLICY', '/', /There is no policy in \/\/policy\.\nlsmfs: .* or LSMFS_POLICY=small\.\n$/],
])('a failure by %s=%s names the variable', async (variable, value, message) => {
  vi.stubEnv(variable, value);
  try {
    expect(await exitStatus('run', '--', 'true')).toBe(125);
    expect(stderr).toMatch(message);
    stderr = '';
    expect(await exitStatus('run', `--policy=${value}`, '--', 'true')).toBe(125);
    expect(stderr).not.toContain(variable);
  } finally {
    vi.unstubAllEnvs();
  }
});

test.each([
  ['ima', 'Start one: '],
  ['smack', 'Start one: '],
  ['selinux', 'or a policy with --policy=FILE.'],
])('why --lsm=%s without a world suggests what the module has', async (module, fix) => {
  vi.stubEnv('LSMFS_STATE_DIR', path.join(tmpdir(), `lsmfs-no-worlds-${process.pid}`));
  try {
    expect(await exitStatus('why', `--lsm=${module}`, '/etc/passwd', 'b', 'c')).toBe(125);
  } finally {
    vi.unstubAllEnvs();
  }
  expect(stderr).toContain('No world is running.');
  expect(stderr).toContain(fix);
});

test('version and help are no failures', async () => {
  expect(await exitStatus('--version')).toBe(0);
  expect(stdout).toBe('1.2.3\n');
  expect(await exitStatus('run', '--help')).toBe(0);
  expect(stdout).toContain('Examples:');
});

test('version tells what this one has', async () => {
  expect(await exitStatus('version', '--json')).toBe(0);
  const told = JSON.parse(stdout) as Record<string, unknown>;
  expect(told).toMatchObject({ version: '1.2.3', node: process.versions.node, machine: process.arch });
  expect(told.kernel).toMatch(/^\d+\.\d+/);
  expect(told.modules).toEqual(expect.arrayContaining(['selinux', 'smack', 'loadpin', 'ptags']));
  expect(told.features).toEqual(expect.arrayContaining(['--lsm', '--no-mediation', '--report']));
  expect(told.features).not.toContain('--reporter');
  stdout = '';
  expect(await exitStatus('version')).toBe(0);
  expect(stdout).toContain(`node       ${process.versions.node}\n`);
});

test('without arguments there is a page, and no failure', async () => {
  expect(await exitStatus()).toBe(0);
  expect(stdout).toContain('Usage: lsmfs');
  expect(stdout).toContain('\n  lsmfs run -- ');
  expect(stderr).toBe('');
});

function helpOf(command: Command): string {
  let help = '';
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  return help;
}

test('every command has help with examples', () => {
  const program = createProgram('0');
  for (const command of program.createHelp().visibleCommands(program)) {
    if (command.name() === 'help') continue;
    expect(helpOf(command), command.name()).toContain('Examples:');
  }
});

test('help of commands with many options has groups, and what most runs need comes first', () => {
  const many = createProgram('0').commands.filter(({ options }) => options.length > 15);
  expect(many.map((command) => command.name())).toEqual(['run', 'standby', 'mount']);
  for (const command of many) {
    const help = helpOf(command);
    expect(help, command.name()).not.toContain('\nOptions:\n');
    const [, needed = ''] = /\nWhat most runs need:\n([\s\S]*?)\n\n/.exec(help) ?? [];
    const first = ['--lsm', '--policy', '--enforcing', ...(command.name() === 'run' ? ['--report'] : [])];
    expect(needed.match(/^ {2}(--[a-z]+)/gm)?.map((name) => name.trim())).toEqual(first);
  }
});

test('a failure with --json is one JSON line', async () => {
  expect(await exitStatus('mount', '--json', '/no/such/directory')).toBe(125);
  const failure = JSON.parse(stderr) as { error: string; code: string; fix: string };
  expect(failure.code).toBe('not-a-directory');
  expect(failure.error).toContain('/no/such/directory');
  expect(failure.fix).toContain('mkdir');
});

test.each([
  [0, '0s'],
  [59, '59s'],
  [60, '1m'],
  [7200, '2h'],
  [200_000, '2d'],
])('%i seconds of uptime print as %s', (seconds, text) => {
  expect(uptime(seconds)).toBe(text);
});
