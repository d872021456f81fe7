/** Rules that are read from a file: as the writer would read it, and nobody waits for what it may turn out to be. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs } from './program.ts';

const POLICY = '/sys/kernel/security/ima/policy';
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-rules-'));
  chmodSync(folder, 0o755);
  writeFileSync(path.join(folder, 'rules'), 'measure func=BPRM_CHECK fowner=4711\n');
  writeFileSync(path.join(folder, 'secret'), 'measure func=BPRM_CHECK\n', { mode: 0o600 });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs shell lines in a world whose policy can be read; `path WORDS` writes them and prints what is wrong with that. */
function run(text: string, ...options: readonly string[]) {
  const define = `path() { { echo "$@" > ${POLICY}; } 2>&1 | sed 's/.*: //'; }`;
  const all = ['run', '--lsm=', '--build=debian-policy', ...options, '--', 'bash', '-c', `${define}\n${text}`];
  return lsmfs(all, { cwd: folder });
}

it('takes the rules of a file, by a symbolic link and as the root of the writer has it', async () => {
  const result = await run(
    [
      `ln -s rules link; path $PWD/link; cat ${POLICY}`,
      `mkdir -p root/bin; mount --bind / root; mount -t tmpfs none root/mnt; echo 'audit fowner=1' > root/mnt/own`,
      `exec 3> ${POLICY}; chroot root bash -c 'echo /mnt/own >&3'; exec 3>&-`,
      `cat ${POLICY}; umount -R root; rm link; dmesg | grep -c 'policy update completed'`,
    ].join('\n'),
  );
  const rule = 'measure func=BPRM_CHECK fowner=4711 \n';
  expect(result.stdout).toBe(`${rule}${rule}audit fowner=1 \n2\n`);
  expect(result.leftovers).toSatisfy(isClean);
});

it('reads with the rights of the writer', async () => {
  const user = 'setpriv --reuid=2000001000 --regid=2000001000 --clear-groups';
  const result = await run(
    `exec 3> ${POLICY}; ${user} bash -c "echo $PWD/secret >&3" 2>&1 | sed 's/.*: //'; exec 3>&-; cat ${POLICY}
     dmesg | grep -o 'ima: Unable.*' | sed "s|$PWD/||"`,
  );
  expect(result.stdout).toBe('Permission denied\nima: Unable to open file: secret (-13)\n');
});

it('refuses what is no regular file, is empty or is written, without waiting', async () => {
  const result = await run(`mkfifo fifo; : > empty; exec 4>> rules
    for file in fifo . empty rules missing rules/below; do path $PWD/$file; done; path /dev/zero; rm fifo empty`);
  const invalid = 'Invalid argument';
  expect(result.stdout.split('\n').slice(0, -1)).toEqual([
    ...[invalid, invalid, invalid, 'Text file busy', 'No such file or directory', 'Not a directory', invalid],
  ]);
});

it('asks for a file of the world itself', async () => {
  const result = await run(`path ${POLICY}; path /sys/kernel/security/lsm; path /proc/self/status; echo alive`);
  expect(result.stdout.split('\n')).toContain('alive');
  expect(result.stderr).toBe('');
});

it('has the file measured, and appraised where the policy must be signed', async () => {
  const measured = await run(
    `echo 'measure func=POLICY_CHECK' > ${POLICY}; path $PWD/rules
     cut -d ' ' -f 5 /sys/kernel/security/ima/ascii_runtime_measurements | grep -c $PWD/rules`,
  );
  expect(measured.stdout).toBe('1\n');
  const signed = await run(
    `path audit; path $PWD/rules; dmesg | grep -o 'op=.* cause=[^ ]*' | sort -u`,
    ...['--param', 'ima_policy=secure_boot'],
  );
  expect(signed.stdout.split('\n').slice(0, -1)).toEqual([
    ...['Permission denied', 'Permission denied', 'op=appraise_data cause=IMA-signature-required'],
    ...['op=policy_update cause=failed', 'op=policy_update cause=signed'],
  ]);
});
