/** Sysctls that the host's kernel lacks: opened, looked at and listed by path, also from a working directory in /proc/sys. */
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs } from './program.ts';

async function inWorld(text: string): Promise<string[]> {
  const result = await lsmfs(['run', '--lsm=yama,apparmor', '--profile=mainline', '--', 'sh', '-c', text]);
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  return result.stdout.trimEnd().split('\n');
}

it('are opened and looked at by path', async () => {
  const lines = await inWorld(`
    echo 2 > /proc/sys/kernel/yama/ptrace_scope; cat /proc/sys/kernel/yama/ptrace_scope
    test -d /proc/sys/kernel/yama && echo directory; test -e /proc/sys/kernel/yama/nope || echo none
    stat -c '%a %F' /proc/sys/kernel/yama /proc/sys/kernel/yama/ptrace_scope /proc/sys/kernel/yama/../apparmor_display_secid_mode
    ls /proc/sys/kernel/yama`);
  expect(lines).toEqual([
    ...['2', 'directory', 'none', '555 directory', '644 regular empty file', '600 regular empty file', 'ptrace_scope'],
  ]);
});

it('are listed with those of the host', async () => {
  const lines = await inWorld(`
    ls /proc/sys/kernel | grep -xE 'yama|hostname|apparmor_display_secid_mode'; find /proc/sys/kernel -name ptrace_scope
    cd /proc/sys/kernel; find . -name ptrace_scope; cat yama/ptrace_scope >/dev/null; ls | grep -c yama
    sysctl -a 2>/dev/null | grep -cE '^kernel.(yama.ptrace_scope|hostname|apparmor_display_secid_mode) = '`);
  expect(lines).toEqual([
    ...['apparmor_display_secid_mode', 'hostname', 'yama', '/proc/sys/kernel/yama/ptrace_scope'],
    ...['./yama/ptrace_scope', '1', '3'],
  ]);
});

it('are for whom their mode says', async () => {
  const lines = await inWorld(`
    as() { setpriv --reuid=2000001000 --clear-groups sh -c "$1" 2>/dev/null || echo refused; }
    as 'cat /proc/sys/kernel/apparmor_display_secid_mode'; as 'echo 1 > /proc/sys/kernel/yama/ptrace_scope'
    as 'test -w /proc/sys/kernel/yama/ptrace_scope'; as 'cat /proc/sys/kernel/yama/ptrace_scope' | grep -c refused`);
  expect(lines).toEqual(['refused', 'refused', 'refused', '0']);
});
