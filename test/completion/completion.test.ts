/** TAB in real shells: what each line becomes, with a world that runs. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BoxResult, runInBox } from '../support/box.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
let home: string;

/** What is typed before TAB, and the line that it becomes. */
const LINES: readonly (readonly [string, string])[] = [
  ['lsmfs sto', 'lsmfs stop'],
  ['lsmfs exec tab', 'lsmfs exec tab-world'],
  ['lsmfs log tab', 'lsmfs log tab-world'],
  ['lsmfs why --last tab', 'lsmfs why --last tab-world'],
  ['lsmfs why --world=tab', 'lsmfs why --world=tab-world'],
  ['lsmfs run --enf', 'lsmfs run --enforcing'],
  ['lsmfs run --lsm=apparm', 'lsmfs run --lsm=apparmor'],
  ['lsmfs run --lsm=selinux,yam', 'lsmfs run --lsm=selinux,yama'],
  ['lsmfs run --mediate=files,for', 'lsmfs run --mediate=files,forks'],
  ['lsmfs run --policy smal', 'lsmfs run --policy small'],
  ['lsmfs run --log-file=/etc/hostna', 'lsmfs run --log-file=/etc/hostname'],
  ['lsmfs mount /usr/sha', 'lsmfs mount /usr/share/'],
  ['lsmfs run --policy=small -- getenf', 'lsmfs run --policy=small -- getenforce'],
  ['lsmfs run -- cat /etc/hostna', 'lsmfs run -- cat /etc/hostname'],
  ['lsmfs exec tab-world -- cat /etc/hostna', 'lsmfs exec tab-world -- cat /etc/hostname'],
];

const BASHRC = "PS1='READY '\nsource <(lsmfs completion bash)\n";
const SHELLS: readonly (readonly [string, string])[] = [
  ['bash', 'bash --noprofile --rcfile ~/plain.bash -i'],
  ['bash with bash-completion', 'bash --noprofile --rcfile ~/full.bash -i'],
  ['zsh', 'zsh -i'],
  ['fish', "fish --no-config -i -C 'source ~/init.fish'"],
];

beforeAll(() => {
  home = mkdtempSync(path.join(tmpdir(), 'lsmfs-tab-'));
  mkdirSync(path.join(home, 'bin'));
  const files = {
    'bin/lsmfs': `#!/bin/sh\nexec ${ROOT}/bin/lsmfs "$@"\n`,
    'plain.bash': BASHRC,
    'full.bash': `source /usr/share/bash-completion/bash_completion\n${BASHRC}`,
    '.zshrc': "autoload -U compinit; compinit -D -u\nbindkey -e\nsource <(lsmfs completion zsh)\nPS1='READY '\n",
    'init.fish': "function fish_prompt\n echo -n 'READY '\nend\nlsmfs completion fish | source\n",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(home, name), text, { mode: 0o755 });
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

function inShell(script: string): Promise<BoxResult> {
  const environment = { HOME: home, PATH: `${home}/bin:${process.env.PATH}`, TERM: 'xterm', LC_ALL: 'C.UTF-8' };
  return runInBox(['bash', '-c', script], { timeoutMs: 100_000, env: environment });
}

test.each(SHELLS)('%s', async (_name, command) => {
  const typed = LINES.map(([line]) => `'${line}\t'`).join(' ');
  const script = `lsmfs run --name=tab-world -- sleep 1000 & until lsmfs exec tab-world -- true 2>/dev/null; do :; done
python3 ${ROOT}/test/completion/type.py "${command.replaceAll('~', home)}" ${typed}; lsmfs stop tab-world >/dev/null; wait`;
  const { stdout, stderr, leftovers, timedOut } = await inShell(script);
  expect(timedOut).toBe(false);
  expect(stderr).toBe('');
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.trimEnd()),
  ).toEqual(
    // zsh adds the slash of a directory when the next word begins.
    LINES.map(([, line]) => (command.startsWith('zsh') ? line.replace(/\/$/, '') : line)),
  );
  expect(leftovers).toEqual({ processes: [], mounts: [], descriptors: [] });
});

test('bash shows all names where several fit', async () => {
  const { stdout } = await inShell(`source ~/plain.bash; COMP_LINE='lsmfs run --tpm=' COMP_POINT=16 COMP_CWORD=3
COMP_WORDS=(lsmfs run --tpm =); compopt() { :; }; _lsmfs; printf '%s\\n' "\${COMPREPLY[@]}"`);
  expect(stdout.split('\n').filter(Boolean)).toEqual(['none', 'emulated', 'swtpm']);
});

test('fish shows what values are about', () => {
  const script = "lsmfs completion fish | source; complete -C 'lsmfs pol'; complete -C 'lsmfs run --tpm='";
  const environment = { ...process.env, HOME: home, PATH: `${home}/bin:${process.env.PATH}` };
  const { stdout } = spawnSync('fish', ['--no-config', '-c', script], { encoding: 'utf8', env: environment });
  expect(stdout).toMatch(/^policy\tSELinux policies/);
  expect(stdout).toMatch(/\n--tpm=swtpm\n$/);
});

test('another shell is refused, with the shells that there are', () => {
  const { status, stderr } = spawnSync(`${ROOT}/bin/lsmfs`, ['completion', 'tcsh'], { encoding: 'utf8' });
  expect(status).toBe(125);
  expect(stderr).toContain('Allowed choices are bash, zsh, fish.');
});
