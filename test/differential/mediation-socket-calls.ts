/**
 * Random system calls on sockets, for `calls` steps. %s is one socket, %u and %u2 are ends of a pair, %l listens.
 *
 * Left out: families that the kernel beside it does not have (IPv6); read(2) and write(2), which are asked about as messages; calls that
 * would wait for somebody.
 */
import fc from 'fast-check';
import { type Call, type Calls, call, values } from './mediation-file-calls.ts';
import { folder } from './mediation-names.ts';

type Kind = readonly (string | number)[];
const KINDS: readonly Kind[] = [
  ['AF_INET', 'SOCK_STREAM'],
  ['AF_INET', 'SOCK_DGRAM'],
  ['AF_INET', 'SOCK_RAW', 1],
  ['AF_UNIX', 'SOCK_STREAM'],
  ['AF_UNIX', 'SOCK_STREAM'],
  ['AF_UNIX', 'SOCK_DGRAM'],
  ['AF_UNIX', 'SOCK_SEQPACKET'],
  ['AF_NETLINK', 'SOCK_RAW', 0],
];
/** A descriptor of a random kind: it is what it is when it is used. */
const making = fc.constantFrom(...KINDS).map((kind): Call[] => [['s=socket', ...kind]]);
const pairing = fc
  .constantFrom('SOCK_STREAM', 'SOCK_DGRAM', 'SOCK_SEQPACKET')
  .map((kind): Call[] => [['u=socketpair', kind]]);

const socket = values('%s', '%s', '%s', '%u', '%l', '%i');
const path = folder.map((where) => `${where}/socket`);
const address = fc.oneof(
  { weight: 2, arbitrary: path },
  { weight: 2, arbitrary: values('abs:orc1', 'abs:orc2') },
  { weight: 3, arbitrary: values(['127.0.0.1', 0], ['127.0.0.1', 77], ['127.0.0.1', 4077]) },
);

/** Who listens, who connects, and what they say; each only if the calls before it succeeded. */
const conversation: Calls = fc
  .tuple(fc.nat(1_000_000), fc.constantFrom('SOCK_STREAM', 'SOCK_SEQPACKET'))
  .map(([number, kind]): Call[] => [
    [`l${number}=socket`, 'AF_UNIX', kind],
    ['bind', `%l${number}`, `abs:orc${number}`],
    ['listen', `%l${number}`],
    [`c${number}=socket`, 'AF_UNIX', kind],
    ['connect', `%c${number}`, `abs:orc${number}`],
    ['getpeername', `%c${number}`],
    ['send', `%c${number}`],
  ]);
const messages: Calls = fc.oneof(
  fc.constant<Call[]>([
    ['-u=socketpair', 'SOCK_DGRAM'],
    ['send', '%u', 'ab'],
    ['recv', '%u2'],
  ]),
  fc.constantFrom('%f', '%k').map((sent): Call[] => [
    ['-u=socketpair', 'SOCK_STREAM'],
    ['sendfd', '%u', sent],
    ['r=recvfd', '%u2'],
    ['pread', '%r', 2],
  ]),
);

export const socketCalls: Calls = fc.oneof(
  { weight: 6, arbitrary: making },
  { weight: 2, arbitrary: pairing },
  { weight: 4, arbitrary: call('bind', socket, address) },
  { weight: 3, arbitrary: call('connect', socket, address) },
  { weight: 2, arbitrary: call('listen', socket) },
  { weight: 2, arbitrary: call('getsockname', socket) },
  { weight: 2, arbitrary: call('getpeername', socket) },
  { weight: 2, arbitrary: call('getopt', socket) },
  { weight: 2, arbitrary: call('setopt', socket) },
  { weight: 1, arbitrary: call('shutdown', socket, values(0, 1, 2)) },
  { weight: 2, arbitrary: call('send', values('%u', '%u2', '%s')) },
  { weight: 2, arbitrary: call('sendto', socket, address) },
  { weight: 1, arbitrary: call('unlink', path) },
  { weight: 2, arbitrary: conversation },
  { weight: 2, arbitrary: messages },
);
/** Sockets that a process has from before. */
export const inherited = fc
  .constantFrom(...KINDS.slice(0, 2), ...KINDS.slice(3))
  .map((kind): Call => ['-i=socket', ...kind]);
/** What a process leaves behind. */
export const SOCKETS_FORGOTTEN: readonly Call[] = ['a', 'a/s', 'b', 'b/s', 'c'].map((where) => [
  '-unlink',
  `@C/${where}/socket`,
]);
