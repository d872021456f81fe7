/** AppArmor profiles in text for worlds in memory: the machine's parser compiles them. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Runs a program that has `text` and what the package exports. @param prefix of the command. */
function told(text: string, prefix: readonly string[] = []): { stdout: string; stderr: string } {
  const program = `
    const { createWorld } = require('lsmfs');
    const { compileProfiles } = require('lsmfs/testing');
    compileProfiles(${JSON.stringify(text)}).then((profiles) => {
      const world = createWorld({ lsm: 'apparmor', profiles });
      for (const name of ['motd', 'page']) world.fs.writeFileSync('/etc/' + name, name, { mode: 0o666 });
      const task = world.spawn();
      task.fs.writeFileSync('/proc/self/attr/current', 'changeprofile web');
      console.log(task.fs.readFileSync('/etc/motd', 'utf8'));
      task.fs.readFileSync('/etc/page');
    }).catch((error) => console.log(error.message));`;
  const [command = process.execPath, ...args] = [...prefix, process.execPath, '--eval', program];
  const { stdout, stderr } = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8' });
  return { stdout, stderr };
}

test('text is compiled, loaded and enforced', () => {
  expect(told('profile web { /etc/motd r, }')).toEqual({
    stdout: "motd\nEACCES: permission denied, open '/etc/page'\n",
    stderr: '',
  });
});

test('an error of the text is told as the parser tells it', () => {
  expect(told('profile web { /etc/motd').stdout).toMatch(/^apparmor_parser fails: .*syntax error/i);
});

test('where there is no parser the error says how to install it', () => {
  const hidden = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /usr/sbin && exec "$@"', 'sh'];
  const { stdout } = told('profile web { }', hidden);
  expect(stdout).toBe('apparmor_parser is not installed, which is needed here.\n');
});
