/** Capabilities that commands of ioctl(2) need, where no module asks about the descriptor itself: profiles of AppArmor decide. */
import { expect, it } from 'vitest';
import { profile, session } from './apparmor-session.ts';

/** FIBMAP; FITHAW of what is not frozen; FS_IOC_SETFLAGS with FS_APPEND_FL, and with nothing; RNDCLEARPOOL, which does nothing. */
const PROGRAM = `
import errno, fcntl, os, struct
def commands(path, *all):
    file = os.open(path, os.O_RDONLY)
    for command, argument in all:
        try:
            fcntl.ioctl(file, command, struct.pack("=l", argument))
            print("done")
        except OSError as failure:
            print(errno.errorcode[failure.errno])
commands("f", (1, 0), (0xC0045878, 0), (0x40086602, 0x20), (0x40086602, 0))
commands("g", (0x40086602, 0), (0x40086602, 0x20), (0x40086602, 0))
commands("/dev/urandom", (0x5206, 0))
`;
const COMMANDS = `touch f g; chown 2000001000 g; as /usr/bin/python3 -c '${PROGRAM}' | xargs; records | grep -a -o capname.*`;

it('blocks, freezing, flags and entropy need what they need in a kernel', async () => {
  const decided = (rules: string) => session(profile(rules), COMMANDS, 'files,capabilities');
  const names = (...list: string[]) => list.map((name) => `capname="${name}"`);
  expect(await decided('@/* r,')).toEqual([
    'EPERM EPERM EPERM done EPERM EPERM EPERM EPERM',
    ...names('sys_rawio', 'sys_admin', 'linux_immutable', 'fowner'),
  ]);
  // tmpfs has no blocks; thawing fails.
  const all = 'audit capability sys_rawio, capability sys_admin, capability linux_immutable, audit capability fowner,';
  expect(await decided(`@/* r, ${all}`)).toEqual([
    'EINVAL EINVAL done done done done done done',
    ...names('sys_rawio', 'fowner'),
  ]);
});
