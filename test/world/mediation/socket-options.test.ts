/** Capabilities that options of sockets need, asked of a profile; those that everybody may set are asked about by nobody. */
import { expect, it } from 'vitest';
import { isClean } from '../../support/box.ts';
import { script, worldName } from '../program.ts';

const CALLS = `
import errno, os, socket, struct
def tried(on, level, option, value):
    try: return on.setsockopt(level, option, value) or 'set'
    except OSError as error: return errno.errorcode[error.errno]
tcp, unix, netlink = socket.socket(), socket.socket(socket.AF_UNIX), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 10)
bound = socket.socket(); first = tried(bound, socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'lo')
of = socket.SOL_SOCKET
print('mark', tried(tcp, of, socket.SO_MARK, 1), tried(unix, of, socket.SO_MARK, 1), tried(tcp, of, socket.SO_MARK, b'ab'))
print('priority', tried(tcp, of, socket.SO_PRIORITY, 6), tried(tcp, of, socket.SO_PRIORITY, 7))
print('debug', tried(tcp, of, socket.SO_DEBUG, 0), tried(tcp, of, socket.SO_DEBUG, 1))
print('buffer', tried(tcp, of, socket.SO_RCVBUF, 5000), tried(unix, of, 33, 5000))
print('device', first, *[tried(bound, of, socket.SO_BINDTODEVICE, name) for name in (b'nodev', b'lo', b'')])
print('transparent', tried(tcp, socket.SOL_IP, 19, 0), tried(tcp, socket.SOL_IP, 19, 1))
print('congestion', tried(tcp, socket.SOL_TCP, socket.TCP_CONGESTION, b'reno'))
print('groups', tried(netlink, 270, 1, 0))
`;

const INSIDE = `printf 'profile web { file, network, }\nprofile raw { file, network, capability net_raw, }' | apparmor_parser -qKr
  for profile in web raw unconfined; do aa-exec -p $profile -- python3 -c "$CALLS"; echo; done
  $LSMFS log $WORLD | sed -nE 's,.*apparmor="DENIED" operation="capable" .*profile="(\\w+)".* capname="(\\w+)".*,\\1 \\2,p' | sort -u`;

it('a profile decides about the options of sockets that need a capability', async () => {
  const world = worldName('options');
  const result = await script(
    `WORLD=${world} $LSMFS run --lsm=apparmor --mediate=sockets --name=${world} -- unshare -n bash -c "ip link set lo up; $INSIDE"`,
    { env: { INSIDE, CALLS, LC_ALL: 'C', WORLD: world } },
  );
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  const [confined, raw, free, records] = result.stdout
    .trim()
    .split('\n\n')
    .map((text) => text.split('\n'));
  expect(confined).toEqual([
    'mark EPERM EPERM EINVAL',
    'priority set EPERM',
    'debug set EACCES',
    'buffer set EPERM',
    'device set ENODEV EPERM EPERM',
    'transparent set EPERM',
    'congestion set',
    'groups EPERM',
  ]);
  expect(raw).toEqual([
    'mark set set EINVAL',
    'priority set set',
    'debug set EACCES',
    'buffer set EPERM',
    'device set ENODEV set set',
    'transparent set set',
    'congestion set',
    'groups EPERM',
  ]);
  expect(free).toEqual([
    'mark set set EINVAL',
    'priority set set',
    'debug set set',
    'buffer set set',
    'device set ENODEV set set',
    'transparent set set',
    'congestion set',
    'groups EINVAL',
  ]);
  expect(records).toEqual(['raw net_admin', 'web net_admin', 'web net_raw']);
});
