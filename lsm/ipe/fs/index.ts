/**
 * /sys/kernel/security/ipe: switches, the place where signed policies are handed in, and the policy that is in force.
 *
 * Model: security/ipe/fs.c and policy_fs.c of Linux 6.12. A policy must be signed by a key of the kernel's; there is none, so
 * a blob is refused as no PKCS#7 message (EBADMSG) or for want of the key (ENOKEY). The one that was built in is not signed.
 */
import { AUDIT } from '../../../linux/audit.ts';
import { textOf, untilNul } from '../../../linux/bytes.ts';
import { CAP } from '../../../linux/capability.ts';
import { E, type Errno, type Result } from '../../../linux/errno.ts';
import { type InodeNumbers, PseudoFile, readWhole, StaticDirectory } from '../../../vfs/pseudo/index.ts';
import { type Caller, capable } from '../../../vfs/tree/caller.ts';
import type { DirectoryEntry, Handle } from '../../../vfs/tree/node.ts';
import { NO_SESSION } from '../../framework/audit/subject.ts';
import type { KernelLog } from '../../framework/facts.ts';
import type { Settings } from '../hooks/decide.ts';
import type { Policy } from '../policy/policy.ts';

/** OID 1.2.840.113549.1.7.2, signedData. */
const SIGNED_DATA = Uint8Array.of(0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02);

export function createNodes(
  settings: Settings,
  policy: Policy | undefined,
  log: KernelLog,
  numbers: InodeNumbers,
  time: bigint,
): DirectoryEntry {
  const file = (name: string, mode: number, handle: Pick<Handle, 'read'> & { write?: Write }): DirectoryEntry => ({
    name,
    node: new PseudoFile({ ino: numbers.next(), mode, time }, (_flags, opener) => {
      const { read, write } = handle;
      return {
        writeMovesPosition: false,
        ...(read && { read }),
        ...(write && { write: (data: Uint8Array) => (mayAdminister(opener) ? write(data) : E.EPERM) }),
      };
    }),
  });
  const directory = (name: string, entries: readonly DirectoryEntry[]): DirectoryEntry => ({
    name,
    node: new StaticDirectory({ ino: numbers.next(), mode: 0o755, time, entries: [...entries] }),
  });
  const flag = (name: string, read: () => boolean, store: (value: boolean) => void): DirectoryEntry =>
    file(name, 0o600, {
      read: readWhole(() => (read() ? '1' : '0')),
      write: switched((value) => {
        store(value);
        return undefined;
      }),
    });

  const entries: DirectoryEntry[] = [
    file('new_policy', 0o200, { write: refusePolicy }),
    directory('policies', policy === undefined ? [] : [directory(policy.name, policyFiles(policy, file))]),
    flag(
      'enforce',
      () => settings.enforce,
      (value) => {
        if (value === settings.enforce) return;
        const states = `enforcing=${Number(value)} old_enforcing=${Number(settings.enforce)}`;
        log.audit(AUDIT.MAC_STATUS, `${states} ${NO_SESSION} enabled=1 old-enabled=1 lsm=ipe res=1`);
        settings.enforce = value;
      },
    ),
    flag(
      'success_audit',
      () => settings.successAudit,
      (value) => {
        settings.successAudit = value;
      },
    ),
  ];
  return directory('ipe', entries);
}

type Write = (data: Uint8Array) => Result<number>;

/** It is the one in force: it cannot be deleted, and nothing can take its place. */
function policyFiles(
  { name, version, text }: Policy,
  file: (name: string, mode: number, handle: Pick<Handle, 'read'> & { write?: Write }) => DirectoryEntry,
): DirectoryEntry[] {
  const files = [
    file('pkcs7', 0o444, { read: () => E.ENOENT }),
    file('policy', 0o444, { read: readWhole(() => text) }),
    file('name', 0o444, { read: readWhole(() => name) }),
    file('version', 0o444, { read: readWhole(() => version.join('.')) }),
    file('active', 0o600, {
      read: readWhole(() => '1'),
      write: switched((value) => (value ? undefined : E.EINVAL)),
    }),
    file('update', 0o200, { write: refusePolicy }),
    file('delete', 0o200, { write: switched((value) => (value ? E.EPERM : E.EINVAL)) }),
  ];
  // What was made last is listed first.
  return files.toReversed();
}

/** Who opened the file counts, not who writes. */
function mayAdminister(opener: Caller): boolean {
  return capable(opener, CAP.MAC_ADMIN);
}

function switched(store: (value: boolean) => Errno | undefined): Write {
  return (data) => {
    const value = parseBool(data);
    if (value === undefined) return E.EINVAL;
    return store(value) ?? data.length;
  };
}

/** A DER sequence that begins with signedData is taken for a message that a stranger signed. */
function refusePolicy(data: Uint8Array): Errno {
  const header = data[1] === undefined || data[1] < 0x80 ? 2 : 2 + (data[1] & 0x7f);
  const oid = data.subarray(header, header + SIGNED_DATA.length);
  return data[0] === 0x30 && Buffer.compare(oid, SIGNED_DATA) === 0 ? E.ENOKEY : E.EBADMSG;
}

/**
 * The kernel's kstrtobool_from_user() (lib/kstrtox.c, Linux 6.12): the first one or two of at most three bytes count.
 * @returns `undefined` for another text.
 */
export function parseBool(data: Uint8Array): boolean | undefined {
  const text = textOf(untilNul(data.subarray(0, 3))).toLowerCase();
  if (/^[eyt1]/.test(text) || text.startsWith('on')) return true;
  return /^[dnf0]/.test(text) || text.startsWith('of') ? false : undefined;
}
