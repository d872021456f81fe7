/** Expected lines are those of ausearch 4.0.2, but for control characters beyond ASCII. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpreter } from './interpret.ts';

const interpret = interpreter({ users: new Map([[0, 'root']]), groups: new Map([[3, 'sys']]) });
/** Without what stands before the text. */
const text = (body: string) => interpret(`type=SYSCALL msg=audit(1700000000.123:45): ${body}`).replace(/^.*?\) : /, '');

describe('an audit record', () => {
  it.each([
    [
      'arch=c000003e syscall=257 success=no exit=-13 a0=3',
      'arch=x86_64 syscall=openat success=no exit=EACCES(Permission denied) a0=0x3',
    ],
    ['arch=c00000b7 syscall=64 success=yes exit=13', 'arch=aarch64 syscall=write success=yes exit=13'],
    ['auid=4294967295 uid=0 fsuid=-1 ouid=5555 gid=3', 'auid=unset uid=root fsuid=unset ouid=unknown(5555) gid=sys'],
    ['old-auid=4294967295 old-ses=4294967295 ses=4294967295', 'old-auid=unset old-ses=4294967295 ses=unset'],
    ['comm="a" exe="/b c" dev="vda" name=6120', 'comm=a exe=/b c dev="vda" name=a '],
    ['name=C29B41C3A9C39C', 'name=\\302\\233A\xc3\xa9\xc3\x9c'],
    ['comm=1B5B41 key=6101622063', 'comm=\\033[A key=a key=b c'],
    ['key=(null) tty=(none) hostname=? name=?', 'key=(null) tty=(none) hostname=? name=?'],
    ['proctitle=736574656E666F7263650031', 'proctitle=setenforce 1'],
    ['list=4 res=1 capability=16  errno=-2', 'list=exit res=yes capability=sys_module  errno=ENOENT'],
    [`uid=0 msg='text=hello exe="/bin/x" res=success'`, `uid=root msg='text=hello exe=/bin/x res=success'`],
    ['saddr=100000000500000000000000', 'saddr={ saddr_fam=netlink nlnk-fam=16 nlnk-pid=5 }'],
    ['saddr=01002F746D702F7800', 'saddr={ saddr_fam=local path=/tmp/x }'],
    ['saddr=020000507F0000010000000000000000', 'saddr={ saddr_fam=inet laddr=127.0.0.1 lport=80 }'],
    [
      'saddr=0A0000500000000000000000000000000000000000000001000000000000',
      'saddr={ saddr_fam=inet6 laddr=::1 lport=80 }',
    ],
    ['mode=0100644 cap_fp=0 cap_fi=0 cap_fe=0', 'mode=file,644 cap_fp=none cap_fi=none cap_fe=0'],
    ['mode=041777 cap_fp=3000', 'mode=dir,sticky,777 cap_fp=net_admin,net_raw'],
    ['op=x rule="DEFAULT action=DENY"', 'op=x rule="DEFAULT action=DENY"'],
  ])('%s', (body, expected) => {
    expect(text(body)).toBe(expected);
  });

  it('has the local time', () => {
    expect(interpret('type=UNKNOWN[1] msg=audit(1700000000.123:45): x')).toMatch(
      /^type=UNKNOWN\[1\] msg=audit\(11\/1[45]\/23 \d\d:\d\d:\d\d\.123:45\) : x$/,
    );
  });

  it('has no control characters, whatever a name is', () => {
    const name = fc.uint8Array({ minLength: 1 }).map((bytes) => Buffer.from(bytes).toString('hex').toUpperCase());
    fc.assert(
      fc.property(
        name,
        fc.constantFrom('comm', 'key', 'proctitle', 'name', 'saddr', 'cmd', 'uid', 'list'),
        (hex, field) => {
          // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be printed
          expect(text(`${field}=${hex} pid=1`)).toMatch(/^(?:(?!\xc2[\x80-\x9f])[^\x00-\x1f\x7f])* pid=1$/);
        },
      ),
    );
  });
});

it('leaves other lines as they are', () => {
  for (const line of ['[    0.012345] audit: uid=0', '', 'type=AVC msg=audit(x): uid=0'])
    expect(interpret(line)).toBe(line);
});
