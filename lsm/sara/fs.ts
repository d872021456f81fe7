/** /sys/kernel/security/sara. */
import { textOf } from '../../linux/bytes.ts';
import { CAP } from '../../linux/capability.ts';
import { E } from '../../linux/errno.ts';
import { BlobFile, PseudoFile, readWhole, StaticDirectory } from '../../vfs/pseudo/index.ts';
import { type Caller, capable } from '../../vfs/tree/caller.ts';
import type { DirectoryEntry, Handle } from '../../vfs/tree/node.ts';
import type { ModuleHost } from '../framework/module-host.ts';

const VERSION = 1;
/** Longest database that is kept, in bytes. */
const LIMIT = 1024 * 1024;

export class SaraState {
  enabled = true;
  wxprot = true;
  /** Nothing can be changed any more. */
  locked = false;
  rules: Uint8Array = new Uint8Array(0);
}

export function saraDirectory(state: SaraState, host: ModuleHost): DirectoryEntry {
  const { securityfsNumbers: numbers, digests } = host;
  const time = host.config.bootTime ?? 0n;
  const file = (name: string, mode: number, handle: Handle): DirectoryEntry => ({
    name,
    node: new PseudoFile({ ino: numbers.next(), mode, time }, (_flags, opener) =>
      mayOpen(opener) ? handle : E.EACCES,
    ),
  });
  const flag = (name: string, get: () => boolean, set: (value: boolean) => void): DirectoryEntry =>
    file(name, 0o600, {
      writeMovesPosition: false,
      positionalWrites: false,
      read: readWhole(() => (get() ? '1\n' : '0\n')),
      write: (data, at) => {
        if (state.locked) return E.EACCES;
        if (at.offset !== 0) return E.ESPIPE;
        const value = /^([01])\n?$/.exec(textOf(data))?.[1];
        if (value === undefined) return E.EPERM;
        set(value === '1');
        return data.length;
      },
    });
  const shown = (name: string, value: () => string | Uint8Array): DirectoryEntry =>
    file(name, 0o400, { writeMovesPosition: false, read: readWhole(value) });
  const directory = (name: string, entries: readonly DirectoryEntry[]): DirectoryEntry => ({
    name,
    node: new StaticDirectory({ ino: numbers.next(), mode: 0o755, time, entries }),
  });
  const rules = new BlobFile(
    { ino: numbers.next(), mode: 0o200, time },
    {
      limit: LIMIT,
      begin: (offset, caller) => {
        if (!mayOpen(caller) || state.locked) return E.EACCES;
        return offset === 0 ? undefined : E.ESPIPE;
      },
      commit: (data) => {
        state.rules = data;
        return undefined;
      },
    },
  );
  const hash = (): string => {
    const digest = digests.compute('sha1', [state.rules]) ?? new Uint8Array(20);
    return `${Buffer.from(digest).toString('hex')}\n`;
  };
  return directory('sara', [
    directory('main', [
      flag(
        'enabled',
        () => state.enabled,
        (value) => {
          state.enabled = value;
        },
      ),
      flag(
        'locked',
        () => state.locked,
        (value) => {
          state.locked = value;
        },
      ),
      shown('version', () => `${VERSION}\n`),
    ]),
    directory('wxprot', [
      flag(
        'enabled',
        () => state.wxprot,
        (value) => {
          state.wxprot = value;
        },
      ),
      shown('version', () => `${VERSION}\n`),
      shown('default_flags', () => '0\n'),
      shown('emutramp_available', () => '0\n'),
      { name: '.load', node: rules },
      shown('.dump', () => state.rules),
      shown('hash', hash),
    ]),
  ]);
}

function mayOpen(opener: Caller): boolean {
  return capable(opener, CAP.MAC_ADMIN);
}
