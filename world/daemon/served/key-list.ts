/**
 * /proc/keys: the host's keys without keyrings that have a name of the emulated kernel, then those of the emulated kernel.
 *
 * The host's kernel lists what the reader may see. The reader is the daemon, so only its own user is shown the host's keys.
 */
import { readFileSync } from 'node:fs';
import { bytesOf, slice } from '../../../linux/bytes.ts';
import type { KeyCalls } from '../../../lsm/framework/keys/key-calls.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Handle } from '../../../vfs/tree/node.ts';

/** Number, flags, uses, time, permissions, ids, type, description up to what the type says of the key. */
const KEYRING = /^(?:[^ ]+ +){7}keyring +(.*): [^:]*$/;

export function openKeyList(keys: Pick<KeyCalls, 'list' | 'isKept'>, opener: Caller): Handle {
  const host = opener.uid === process.getuid?.() ? hostLines() : [];
  const others = host.filter((line) => !namesake(keys, KEYRING.exec(line)?.[1] ?? ''));
  const content = bytesOf([...others.map((line) => `${line}\n`), ...keys.list(opener)].join(''));
  return { writeMovesPosition: false, read: (length, at) => slice(content, length, at.offset) };
}

/** Does the emulated kernel have a keyring of that name? A keyring is `.NAME` on kernels with trusted keyrings, `_NAME` on others. */
function namesake(keys: Pick<KeyCalls, 'isKept'>, name: string): boolean {
  return ['_', '.'].some((first) => keys.isKept(name.replace(/^[._]/, first)));
}

function hostLines(): string[] {
  try {
    return readFileSync('/proc/keys', 'latin1').split('\n').filter(Boolean);
  } catch {
    return []; // the host has none
  }
}
