/** Socket addresses of audit records (`saddr=`, a struct sockaddr in hexadecimal) as `ausearch -i` writes them. */
import { SocketAddress } from 'node:net';
import { AF_INET, AF_INET6, AF_NETLINK, AF_UNIX } from '../../linux/socket.ts';

/** @returns `value` itself when its family is another than UNIX, Internet and netlink, or it is too short. */
export function interpretAddress(value: string): string {
  const bytes = Buffer.from(value, 'hex');
  const text = bytes.length < 8 ? undefined : content(bytes.readUInt16LE(0), bytes);
  return text === undefined ? value : `{ saddr_fam=${text} }`;
}

function content(family: number, bytes: Buffer): string | undefined {
  switch (family) {
    case AF_UNIX:
      return unixPath(bytes.toString('latin1', 2));
    case AF_INET:
      return `inet laddr=${bytes.subarray(4, 8).join('.')} lport=${bytes.readUInt16BE(2)}`;
    case AF_INET6:
      return bytes.length < 24
        ? undefined
        : `inet6 laddr=${inet6(bytes.subarray(8, 24))} lport=${bytes.readUInt16BE(2)}`;
    case AF_NETLINK:
      return `netlink nlnk-fam=${family} nlnk-pid=${bytes.readUInt32LE(4)}`;
    default:
      return undefined;
  }
}

/** An abstract name stays hexadecimal. */
function unixPath(name: string): string | undefined {
  const [path = ''] = name.split('\0', 1);
  return /^[!-~]+$/.test(path) ? `local path=${path}` : undefined;
}

function inet6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16));
  return new SocketAddress({ family: 'ipv6', address: groups.join(':') }).address;
}
