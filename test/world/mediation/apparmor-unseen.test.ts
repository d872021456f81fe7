/** Calls that AppArmor is not shown: only those count about which it might have said something. */
import { expect, it } from 'vitest';
import { profile, session } from './apparmor-session.ts';

it('looks of an unconfined program into a filesystem that is mounted nowhere do not count, those of a confined one do', async () => {
  const lines = await session(
    profile('capability sys_admin, mount, @/** rw,'),
    `cat > program <<'END'
import ctypes, os
FSOPEN, FSCONFIG, FSMOUNT, CREATE = 430, 431, 432, 6
libc = ctypes.CDLL(None)
filesystem = libc.syscall(FSOPEN, b'fusectl', 0)
libc.syscall(FSCONFIG, filesystem, CREATE, None, None, 0)
mount = libc.syscall(FSMOUNT, filesystem, 0, 0)
print(len(os.listdir('/proc/self/fd/%d' % mount)) > 0, flush=True)
END
     unseen() { $LSMFS tree --json $WORLD | jq '.mediation.unseenCalls > 0'; }
     /usr/bin/python3 program; unseen; as /usr/bin/python3 program > answer; cat answer; rm program; unseen`,
    'all',
  );
  expect(lines).toEqual(['True', 'false', 'True', 'true']);
});
