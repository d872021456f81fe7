/** Which worlds mediate what, and how it is turned off. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { script, worldName } from '../program.ts';
import { session } from './file-session.ts';

/** What `lsmfs tree` says inside. */
async function mediated(...options: string[]): Promise<string> {
  const { stdout, stderr } = await script(`$LSMFS run ${options.join(' ')} -- $LSMFS tree`);
  expect(stderr).toBe('');
  return /^mediated: ([^;\n]*)/m.exec(stdout)?.[1] ?? 'nothing';
}

it.each([
  [['--lsm=selinux'], 'files, tasks, sockets, memory, ioctl, ipc, keys, mounts, capabilities'],
  [['--lsm=apparmor'], 'files, tasks, sockets, memory, ipc, mounts, capabilities'],
  [['--lsm=smack'], 'files, tasks, sockets, memory, ioctl, ipc, keys'],
  [['--lsm=apparmor,smack'], 'files, tasks, sockets, memory, ioctl, ipc, keys, mounts, capabilities'],
  [['--lsm=lockdown,yama,loadpin,safesetid,tomoyo,bpf,landlock,ipe,ima,evm'], 'nothing'],
  [['--lsm=selinux', '--no-mediation'], 'nothing'],
  [['--lsm=selinux', '--mediate=files,stat'], 'files, stat'],
  [['--lsm=apparmor', '--mediate=ioctl'], 'nothing'],
])('what modules decide about is mediated, and no more: %s', async (options, families) => {
  expect(await mediated(...options)).toBe(families);
});

it('a policy decides about files, processes and memory without an option', async () => {
  const text = `load mediation.33; echo root > shadow; label secret_t shadow; enforce 1; as web_t cat shadow; records`;
  expect(await session(text)).toEqual([
    'cat: shadow: Permission denied',
    'avc:  denied  { read } for  comm="cat" name="shadow" dev="tmpfs" secret_t file 0',
  ]);
});

it('commands that are used inside of a world need no executable memory, which the policy refuses', async () => {
  const world = worldName('inside');
  const start = path.resolve('bin/lsmfs');
  const inside = `setenforce 1; getenforce; ${start} doctor --json | jq -r '.checks[0].id'
    ${start} stop no-such-world; ${start} xattr --help | head -n 1`;
  const { stdout, stderr } = await script(
    `$LSMFS run --name=${world} --policy=/etc/selinux/default/policy/policy.34 -- sh -c "$INSIDE" 2>&1`,
    { env: { INSIDE: inside } },
  );
  expect([
    stdout
      .trim()
      .split('\n')
      .map((line) => line.replace(/'.*/, '')),
    stderr,
  ]).toEqual([
    [
      'Enforcing',
      'koffi',
      'lsmfs: There is no world named ',
      'lsmfs: See `lsmfs ps`.',
      'Usage: lsmfs xattr [options] [command]',
    ],
    '',
  ]);
});
