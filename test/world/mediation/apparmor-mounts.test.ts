/** What is mounted where, as profiles of AppArmor decide it. */
import { expect, it } from 'vitest';
import { profile, session } from './apparmor-session.ts';

it('a filesystem that is mounted nowhere yet is moved to where a rule allows it', async () => {
  const lines = await session(
    profile('capability sys_admin, mount -> @/open/,'),
    `mkdir open shut; cat > program <<'END'
import ctypes, errno
FSOPEN, FSCONFIG, FSMOUNT, MOVE_MOUNT, CREATE, EMPTY_PATH = 430, 431, 432, 429, 6, 4
libc = ctypes.CDLL(None, use_errno=True)
for place in (b'open', b'shut'):
    # The list of mounts, which has types of filesystems, does not have it.
    filesystem = libc.syscall(FSOPEN, b'ramfs', 0)
    libc.syscall(FSCONFIG, filesystem, CREATE, None, None, 0)
    made = libc.syscall(FSMOUNT, filesystem, 0, 0)
    moved = libc.syscall(MOVE_MOUNT, made, b'', -100, place, EMPTY_PATH)
    print('ok' if moved == 0 else errno.errorcode[ctypes.get_errno()], flush=True)
END
     as /usr/bin/python3 - < program; rm program; umount open
     $LSMFS tree $WORLD | grep -c 'not shown'; records | grep -o 'operation="mount".*name="[^"]*"'`,
    'mounts,capabilities',
  );
  expect(lines).toEqual(['ok', 'EACCES', '0', expect.stringMatching(/profile="web" name="@\/shut\/"$/)]);
});
