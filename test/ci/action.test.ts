/** action.yml, step by step: GitHub's runner is to be had at GitHub only, so ours executes what it would. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { type ActionOptions, type ActionRun, runAction } from './action-runner.ts';

const ACTION = path.resolve('action.yml');
const UPLOAD = 'actions/upload-artifact@v4';
/** Three accesses that our small policy refuses to a web server. */
const REFUSED = `web() { runcon -u system_u -r system_r -t httpd_t "$@"; }
web cat /etc/shadow || true
web sh -c 'echo > /etc/new' || true
web mkdir /root/new || true
id -Z`;

let workspace: string;
beforeEach(() => {
  workspace = mkdtempSync(path.join(tmpdir(), 'lsmfs-workspace-'));
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

async function run(inputs: ActionOptions['inputs'], env: Record<string, string> = {}): Promise<ActionRun> {
  const done = await runAction(ACTION, {
    inputs,
    workspace,
    known: [UPLOAD],
    env: { LC_ALL: 'C', LSMFS_CONTEXT: 'login', ...env },
  });
  for (const { leftovers } of done.results) expect(leftovers).toSatisfy(isClean);
  return done;
}

const SMALL = { policy: 'small', enforcing: 'true' } as const;

it('tells three refusals and their fixes in the summary', async () => {
  const done = await run({ ...SMALL, run: REFUSED, artifact: 'refused' });
  expect(done.results.at(-1)?.stdout).toContain('unconfined_u:unconfined_r:unconfined_t:');
  expect(done.succeeded).toBe(true);
  expect(done.ran).toEqual([
    ...['Build lsmfs', 'Look whether worlds can run here', 'Run in a world', 'Upload the report'],
  ]);
  expect(done.outputs).toEqual({ report: 'lsmfs-report', status: '0' });
  expect(done.used).toEqual([{ uses: UPLOAD, with: { name: 'refused', path: 'lsmfs-report' } }]);
  const { summary } = done;
  expect(summary.match(/^## .*$/gm)).toHaveLength(3);
  expect(summary.match(/^ {2}to allow it:\n {4}allow httpd_t .*;$/gm)).toHaveLength(3);
  expect(summary).toContain('    allow httpd_t shadow_t:file read;\n');
  expect(summary.trim()).toBe(readFileSync(path.join(workspace, 'lsmfs-report/summary.md'), 'utf8').trim());
  expect(done.results.at(-1)?.stderr.match(/^::warning /gm)).toHaveLength(3);
});

it('fails by what was refused, where that is asked for, and uploads the report all the same', async () => {
  const done = await run({ ...SMALL, run: REFUSED, 'fail-on': 'denials', report: 'told', artifact: 'a' });
  expect(done.succeeded).toBe(false);
  expect(done.outputs).toEqual({ report: 'told', status: '123' });
  expect(done.used).toHaveLength(1);
  expect(done.results.at(-1)?.stderr.match(/^::error /gm)).toHaveLength(3);
});

it('fails with the command, and takes what is no word of a shell', async () => {
  const text = `printf '%s\\n' "$SECRET" '$(id) "x"' > told; cat /sys/kernel/security/lsm; exit 7`;
  const done = await run(
    { run: text, lsm: 'apparmor,smack', options: '--name=ours --no-mediation' },
    { SECRET: "a'b" },
  );
  expect([done.succeeded, done.outputs.status, done.summary, done.used]).toEqual([false, '7', '', []]);
  expect(readFileSync(path.join(workspace, 'told'), 'utf8')).toBe(`a'b\n$(id) "x"\n`);
  expect(done.results.at(-1)?.stdout).toBe('lockdown,capability,apparmor,smack,ima,evm');
  expect(readdirSync(path.join(workspace, 'lsmfs-report'))).toHaveLength(4);
});

it('is not run where no world can be', async () => {
  const done = await run({ run: 'true', lsm: 'selinx' });
  expect([done.succeeded, done.outputs.status]).toEqual([false, '125']);
  expect(done.results.at(-1)?.stderr).toMatch(/'selinx' is not a security module/);
});
