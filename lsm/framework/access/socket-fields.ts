/** What audit records of any module show of a socket: dump_common_audit_data() of security/lsm_audit.c, Linux 6.12. */
import { hexText, untrusted } from '../audit/audit-text.ts';
import type { AccessedSocket, InternetAddress } from './socket-access.ts';

type SocketShown = Pick<AccessedSocket, 'local' | 'remote'> & { readonly name?: string | undefined };

/** Addresses and ports of a socket of the internet; the name of a UNIX socket. */
export function socketFields({ local, remote, name }: SocketShown): string {
  if (name !== undefined) return ` path=${name.startsWith('\0') ? hexText(name) : untrusted(name)}`;
  const part = (address: string, port: string, of: InternetAddress | undefined): string =>
    of === undefined ? '' : `${addressField(address, of)}${of.port === 0 ? '' : ` ${port}=${of.port}`}`;
  return part('laddr', 'lport', local) + part('faddr', 'fport', remote);
}

/** Nothing for the address that stands for any. */
export function addressField(name: string, { address }: InternetAddress): string {
  if (address.every((byte) => byte === 0)) return '';
  return ` ${name}=${address.length === 4 ? address.join('.') : internet6(address)}`;
}

/** %pI6c: the longest run of zero groups is left out. */
function internet6(address: readonly number[]): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((address[2 * index] ?? 0) << 8) | (address[2 * index + 1] ?? 0)).toString(16),
  );
  const runs = [...groups.join(':').matchAll(/\b0(:0)+\b/g)].sort((a, b) => b[0].length - a[0].length);
  const longest = runs[0];
  if (longest === undefined) return groups.join(':');
  const text = groups.join(':');
  const before = text.slice(0, longest.index).replace(/:$/, '');
  const after = text.slice(longest.index + longest[0].length).replace(/^:/, '');
  return `${before}::${after}`;
}
