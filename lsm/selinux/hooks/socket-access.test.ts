import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { AccessCheck } from '../../framework/access/access.ts';
import { createWorld } from '../../library/index.ts';
import { messagePermission } from './netlink-messages.ts';
import { socketClass } from './socket-class.ts';

const POLICY = Uint8Array.from(
  readFileSync(new URL('../../../test/data/policies/mediation-tasks.33', import.meta.url)),
);

/** What a task of type web_t is answered, and its records. */
function asked(...checks: AccessCheck[]) {
  const world = createWorld({ lsm: 'selinux', policy: POLICY, enforcing: true });
  const task = world.spawn();
  task.fs.writeFileSync('/proc/self/attr/current', 'u:r:web_t:s0');
  const answers = checks.map((check) => world.stack.access.decide([check], task.caller).refused?.code);
  const records = world.audit
    .filter(({ type }) => type === 1400)
    .map(({ body }) => body.replace(/ pid=.*? comm=".*?"/, ''))
    .map((body) => body.replace(/u:(?:object_)?r:(\w+):s0/g, '$1').replace('avc:  denied  ', ''));
  return { answers, records };
}

const TCP = { family: 2, type: 1, protocol: 6, ino: 77 };
const LOOPBACK = [127, 0, 0, 1];

describe('what a task of SELinux does to sockets', () => {
  it('is asked about ports by the label of the socket, and about the node', () => {
    const to = { address: LOOPBACK, port: 99 };
    const { answers, records } = asked(
      { hook: 'socketBind', about: { socket: TCP, to, named: true } },
      { hook: 'socketBind', about: { socket: TCP, to, named: false } },
      { hook: 'socketBind', about: { socket: TCP, to: { ...to, port: 18080 }, named: true } },
      { hook: 'socketBind', about: { socket: { ...TCP, protocol: 262 }, to: { ...to, port: 18080 }, named: true } },
      { hook: 'socketConnect', about: { socket: TCP, to } },
      { hook: 'socketConnect', about: { socket: TCP } },
    );
    expect(answers).toEqual(['EACCES', undefined, undefined, undefined, 'EACCES', undefined]);
    const tail = 'scontext=web_t tcontext=port_t tclass=tcp_socket permissive=0';
    expect(records).toEqual([`{ name_bind } for  src=99 ${tail}`, `{ name_connect } for  dest=99 ${tail}`]);
  });

  it('is bound to an address of its kind only', () => {
    const about = { socket: TCP, family: 1, named: false };
    expect(
      asked({ hook: 'socketBind', about }, { hook: 'socketBind', about: { ...about, family: 0 } }).answers,
    ).toEqual(['EAFNOSUPPORT', undefined]);
  });

  it('is connected to an address of its kind only, or to none', () => {
    const connected = (family: number): AccessCheck => ({ hook: 'socketConnect', about: { socket: TCP, family } });
    expect(asked(connected(1), connected(0), connected(2)).answers).toEqual(['EAFNOSUPPORT', undefined, undefined]);
  });

  it('may use what the kernel or a first process has made; a label of the same text is the same', () => {
    const listen: AccessCheck = { hook: 'socketListen', about: { socket: { ...TCP, protocol: 17, type: 2 } } };
    const made = (label?: string): string | undefined => {
      const world = createWorld({ lsm: 'selinux', policy: POLICY, enforcing: true });
      const task = world.spawn();
      const become = (name: string): void => task.fs.writeFileSync('/proc/self/attr/current', name);
      if (label !== undefined) become(label);
      world.stack.apply({ kind: 'sockets', tid: task.tid, sockets: [{ socket: TCP.ino, peer: 0 }] });
      become('u:r:web_t:s0');
      return world.stack.access.decide([listen], task.caller).refused?.code;
    };
    expect([made(), made('u:r:admin_t:s0'), made('u:r:db_t:s0')]).toEqual([undefined, undefined, 'EACCES']);
  });

  it('is recorded with the addresses of the socket', () => {
    const zeros = Array<number>(11).fill(0);
    const udp = {
      family: 10,
      type: 2,
      protocol: 17,
      ino: 77,
      local: { address: [0x20, 1, ...zeros, 0, 0, 1], port: 5 },
    };
    const remote = { address: [0, 0, 0, 0], port: 9 };
    const { answers, records } = asked(
      { hook: 'socketListen', about: { socket: udp } },
      {
        hook: 'socketSetsockopt',
        about: { socket: { ...udp, local: { address: LOOPBACK, port: 5 }, remote } },
      },
      { hook: 'socketCreate', about: { family: 2, type: 2, protocol: 0 } },
    );
    expect(answers).toEqual(['EACCES', 'EACCES', 'EACCES']);
    const tail = 'scontext=web_t tcontext=web_t tclass=udp_socket permissive=0';
    expect(records).toEqual([
      `{ listen } for  laddr=2001::1 lport=5 ${tail}`,
      `{ setopt } for  laddr=127.0.0.1 lport=5 fport=9 ${tail}`,
      `{ create } for  ${tail}`,
    ]);
  });

  it('sends messages by netlink that have a permission each', () => {
    const permissions = [
      ['netlink_route_socket', 16, 'nlmsg_write'],
      ['netlink_route_socket', 18, 'nlmsg_read'],
      ['netlink_route_socket', 89, 'nlmsg_read'],
      ['netlink_route_socket', 122, 'nlmsg_read'],
      ['netlink_route_socket', 200, 'unknown'],
      ['netlink_tcpdiag_socket', 20, 'nlmsg_read'],
      ['netlink_tcpdiag_socket', 21, 'nlmsg_write'],
      ['netlink_xfrm_socket', 40, 'nlmsg_read'],
      ['netlink_audit_socket', 1013, 'nlmsg_readpriv'],
      ['netlink_audit_socket', 1107, 'nlmsg_relay'],
      ['netlink_audit_socket', 1099, 'unknown'],
      ['netlink_generic_socket', 16, undefined],
    ] as const;
    for (const [objectClass, type, permission] of permissions)
      expect(messagePermission(objectClass, type)).toBe(permission);
  });

  it('has a class by family, type and protocol', () => {
    const classes = [
      [1, 5, 0, 'unix_stream_socket'],
      [1, 2, 0, 'unix_dgram_socket'],
      [2, 1, 0, 'tcp_socket'],
      [10, 1, 132, 'sctp_socket'],
      [2, 2, 1, 'icmp_socket'],
      [2, 3, 1, 'rawip_socket'],
      [16, 3, 9, 'netlink_audit_socket'],
      [16, 3, 3, 'netlink_socket'],
      [17, 3, 0, 'packet_socket'],
      [40, 1, 0, 'vsock_socket'],
    ] as const;
    for (const [family, type, protocol, name] of classes) expect(socketClass(family, type, protocol, true)).toBe(name);
    expect([socketClass(40, 1, 0, false), socketClass(2, 2, 1, false)]).toEqual(['socket', 'rawip_socket']);
  });
});
