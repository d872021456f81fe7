/**
 * Random system calls on sockets, with another process that listens, and descriptors that it sends.
 *
 * Left out: what is sent over the network, as packets have no labels here; read(2) and write(2) of sockets that may wait or be broken;
 * bind(2) to a path of a socket that has an address (docs/reference/mediation.md).
 */
import fc from 'fast-check';
import { type Call, type Calls, CURRENT, call, values } from './mediation-file-calls.ts';
import { file, newName } from './mediation-names.ts';
import { child, IGNORED, identity, inDomain, logged, quietly, several } from './mediation-scenes.ts';
import type { Step } from './step.ts';

/** Of each port the next one is the same for datagrams. A kernel chooses ports from 32768. */
const FIRST_PORT = 2000;
const LAST_PORT = 30000;
const BACKLOG = 100;
const PRIVILEGED_PORT = 80;
/** Of the process that listens, as paths and without one. */
const STREAM = '@C/b/us';
const DATAGRAMS = '@C/c/ud';
const ABSTRACT = 'abs:us';
const SOCKCREATE = '/proc/thread-self/attr/sockcreate';

/** An address as the probe takes it: a path, `abs:NAME`, [host, port] or raw bytes. */
type Address = string | readonly [string, number] | { readonly raw: string };
const onLoopback = (port: number): Address => ['127.0.0.1', port];

const own = values('%u', '%u', '%c', '%a', '%s');
const pair = values('%v', '%v2', '%w');
const any = values('%u', '%u', '%c', '%a', '%v', '%w');

const making = fc.oneof(
  { weight: 2, arbitrary: call('u=socket', values('AF_UNIX'), values('SOCK_STREAM', 'SOCK_DGRAM', 'SOCK_SEQPACKET')) },
  { weight: 3, arbitrary: call('u=socket', values('AF_INET'), values('SOCK_STREAM', 'SOCK_DGRAM')) },
  { weight: 1, arbitrary: call('u=socket', values('AF_INET'), values('SOCK_RAW', 'SOCK_DGRAM'), values(1)) },
  { weight: 1, arbitrary: call('u=socket', values('AF_NETLINK'), values('SOCK_RAW'), values(0)) },
  { weight: 1, arbitrary: call('v=socketpair', values('SOCK_STREAM', 'SOCK_DGRAM', 'SOCK_SEQPACKET')) },
  { weight: 1, arbitrary: call('pipe') },
);

const bound = (port: number): fc.Arbitrary<Address> =>
  fc.oneof(
    fc.constantFrom<Address>('abs:m0', 'abs:m1', ABSTRACT),
    fc.constantFrom<Address>(onLoopback(port + 2), ['0.0.0.0', port + 3], onLoopback(PRIVILEGED_PORT), onLoopback(0)),
    fc.constantFrom<Address>(onLoopback(port), ['127.0.0.2', port + 4], { raw: '0000' }),
  );
/** To a path; each socket is another one, as a kernel removes the file again if the socket has an address. */
const boundToFile: Calls = fc
  .tuple(
    fc.nat(1_000_000),
    fc.constantFrom('SOCK_STREAM', 'SOCK_DGRAM', 'SOCK_SEQPACKET'),
    fc.oneof(newName, fc.constant(STREAM)),
  )
  .map(([number, kind, path]): Call[] => [
    [`b${number}=socket`, 'AF_UNIX', kind],
    ['bind', `%b${number}`, path],
  ]);

const peers = (port: number): fc.Arbitrary<Address> =>
  fc.oneof(
    fc.constantFrom<Address>(STREAM, DATAGRAMS, ABSTRACT, onLoopback(port), onLoopback(port + 1)),
    fc.oneof(newName, file, fc.constantFrom<Address>('abs:m0', onLoopback(port + 2), { raw: '0000' })),
  );

/** A socket of the peer's kind, so that most connections come about. */
const connecting = (port: number): Calls =>
  fc
    .constantFrom<readonly [string, string, Address]>(
      ['AF_UNIX', 'SOCK_STREAM', STREAM],
      ['AF_UNIX', 'SOCK_STREAM', ABSTRACT],
      ['AF_UNIX', 'SOCK_DGRAM', DATAGRAMS],
      ['AF_INET', 'SOCK_STREAM', onLoopback(port)],
      ['AF_INET', 'SOCK_DGRAM', onLoopback(port + 1)],
    )
    .map(([family, kind, to]): Call[] => [
      ['c=socket', family, kind],
      ['connect', '%c', to],
    ]);

/** A server of one's own, which waits for nobody, and who connects to it. */
const serving: Calls = newName.map((name): Call[] => [
  ['s=socket', 'AF_UNIX', 'SOCK_STREAM|SOCK_NONBLOCK'],
  ['bind', '%s', name],
  ['listen', '%s', BACKLOG],
  ['c=socket', 'AF_UNIX', 'SOCK_STREAM'],
  ['connect', '%c', name],
  ['a=accept_now', '%s'],
]);

const using = fc.oneof(
  call('listen', own, values(BACKLOG)),
  call('getsockname', any),
  call('getpeername', any),
  call('peersec', any),
  call('setopt', any, values('SOL_SOCKET'), values('SO_REUSEADDR', 'SO_KEEPALIVE')),
  call('getopt', any, values('SOL_SOCKET'), values('SO_TYPE', 'SO_ERROR')),
  call('shutdown', own, values(0, 1, 2)),
  call('send', fc.oneof(own, pair)),
  call('recv_now', fc.oneof(own, pair)),
  call('ioctl', any, values(0x541b, 0x5421, 0x8910)),
  call('fstat', any),
  call('fchmod', any, values('600')),
  call('fget', any, values('security.selinux')),
);
/** Descriptors through a socket, and what is done with those that came. */
const passing = fc.oneof(
  { weight: 4, arbitrary: call('f=recvfd_now', values('%w')) },
  { weight: 2, arbitrary: call('f=recvfd_now', values('%v2')) },
  { weight: 2, arbitrary: call('sendfd', values('%v', '%v', '%w'), values('%f', '%u', '%v')) },
  { weight: 1, arbitrary: call('f=open', file, values('O_RDWR|O_NONBLOCK', 'O_RDONLY|O_NONBLOCK', 'O_PATH')) },
  { weight: 1, arbitrary: call('read', values('%f'), values(3)) },
  { weight: 1, arbitrary: call('fstat', values('%f')) },
  { weight: 1, arbitrary: call('lockf', values('%f'), values('F_SETLK'), values('F_RDLCK')) },
  { weight: 1, arbitrary: call('mmap', values('%f'), values('r', 'rx'), values('private')) },
  { weight: 1, arbitrary: call('dup2', values('%f', '%u', '%v'), values(20)) },
  { weight: 1, arbitrary: call('run', values('@C/a/p0', '@C/b/p2')) },
);

const socketCalls = (port: number, labels: fc.Arbitrary<string>): Calls =>
  fc.oneof(
    { weight: 4, arbitrary: making },
    { weight: 1, arbitrary: call('bind', own, bound(port)) },
    { weight: 1, arbitrary: boundToFile },
    { weight: 3, arbitrary: connecting(port) },
    { weight: 2, arbitrary: call('connect', own, peers(port)) },
    { weight: 2, arbitrary: serving },
    { weight: 1, arbitrary: call('sendto', own, peers(port)) },
    { weight: 6, arbitrary: using },
    { weight: 6, arbitrary: passing },
    { weight: 1, arbitrary: call('put', values(SOCKCREATE), labels) },
    { weight: 1, arbitrary: call('put', values(CURRENT), labels) },
  );

const listener = (label: string, port: number, files: readonly string[]): Step => {
  const listening = (name: string, family: string, kind: string, at: Address): Call[] => [
    [`${name}=socket`, family, kind],
    ['bind', `%${name}`, at],
    ...(kind === 'SOCK_STREAM' ? [['listen', `%${name}`, BACKLOG]] : []),
  ];
  const sent = (flags: readonly string[]) =>
    flags.flatMap((flag, index): Call[] => [
      ['x=open', files[index] ?? '', `${flag}|O_NONBLOCK`],
      ['sendfd', '%w2', '%x'],
    ]);
  return {
    op: 'spawn',
    name: 'h',
    do: [
      ...sent(['O_RDWR', 'O_RDONLY']),
      ['put', CURRENT, label],
      ...listening('k', 'AF_UNIX', 'SOCK_STREAM', STREAM),
      ...listening('l', 'AF_UNIX', 'SOCK_STREAM', ABSTRACT),
      ...listening('m', 'AF_UNIX', 'SOCK_DGRAM', DATAGRAMS),
      ...listening('n', 'AF_INET', 'SOCK_STREAM', onLoopback(port)),
      ...listening('o', 'AF_INET', 'SOCK_DGRAM', onLoopback(port + 1)),
      ...sent(['O_PATH', 'O_WRONLY|O_APPEND', 'O_RDONLY']),
    ],
    ignore: IGNORED,
  };
};

/** @param current what is written to attr/current, at random. */
export const socketScene = (current: fc.Arbitrary<string>): fc.Arbitrary<Step[]> =>
  fc
    .tuple(
      identity,
      current,
      current,
      fc.integer({ min: FIRST_PORT, max: LAST_PORT }),
      fc.array(file, { minLength: 5, maxLength: 5 }),
    )
    .chain(([who, label, other, port, files]) =>
      several(socketCalls(port, current)).map((calls): Step[] => [
        quietly([['-w=socketpair', 'SOCK_STREAM']]),
        listener(other, port, files),
        child([...who, inDomain(label), logged(calls)]),
        quietly([['-close', '%w'], ['-close', '%w2'], ...[STREAM, DATAGRAMS].map((path): Call => ['-unlink', path])]),
        { op: 'reap', name: 'h' },
      ]),
    );
