/**
 * IPE: what may be executed by where it comes from. Its switches and the place where signed policies are handed in.
 *
 * Model: security/ipe of Linux 6.12 as Debian builds it: without a boot policy. A policy must be signed by a key of the
 * kernel's; there is none, so a blob is refused as no PKCS#7 message (EBADMSG) or for want of the key (ENOKEY), and no
 * policy is ever active.
 */

import { AUDIT } from '../../linux/audit.ts';
import { textOf, untilNul } from '../../linux/bytes.ts';
import { CAP } from '../../linux/capability.ts';
import { E, type Errno } from '../../linux/errno.ts';
import { type InodeNumbers, PseudoFile, readWhole, StaticDirectory } from '../../vfs/pseudo/index.ts';
import { type Caller, capable } from '../../vfs/tree/caller.ts';
import type { DirectoryEntry } from '../../vfs/tree/node.ts';
import { NO_SESSION } from '../framework/audit/subject.ts';
import type { ModuleDefinition } from '../framework/module.ts';
import { knownModule } from '../known-modules.ts';

/** OID 1.2.840.113549.1.7.2, signedData. */
const SIGNED_DATA = Uint8Array.of(0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02);

export const ipe: ModuleDefinition = {
  ...knownModule('ipe'),
  create: ({ config: { parameters, bootTime: time = 0n }, log, securityfsNumbers: numbers }) => {
    const atBoot = (name: string, otherwise: boolean): boolean =>
      parseBool(Buffer.from(parameters[name] ?? '', 'latin1')) ?? otherwise;
    let enforce = atBoot('ipe.enforce', true);
    let successAudit = atBoot('ipe.success_audit', false);
    const entries: DirectoryEntry[] = [
      {
        name: 'new_policy',
        node: new PseudoFile({ ino: numbers.next(), mode: 0o200, time }, (_flags, opener) => ({
          writeMovesPosition: false,
          write: (data) => {
            const errno = mayAdminister(opener) ?? refusePolicy(data);
            const policy = 'policy_name=? policy_version=? policy_digest=?';
            log.audit(AUDIT.IPE_POLICY_LOAD, `${policy} ${NO_SESSION} lsm=ipe res=0 errno=-${errno.number}`);
            return errno;
          },
        })),
      },
      { name: 'policies', node: new StaticDirectory({ ino: numbers.next(), mode: 0o755, time }) },
      flag('enforce', numbers, time, {
        read: () => enforce,
        store: (value) => {
          if (value === enforce) return;
          const states = `enforcing=${Number(value)} old_enforcing=${Number(enforce)}`;
          log.audit(AUDIT.MAC_STATUS, `${states} ${NO_SESSION} enabled=1 old-enabled=1 lsm=ipe res=1`);
          enforce = value;
        },
      }),
      flag('success_audit', numbers, time, {
        read: () => successAudit,
        store: (value) => {
          successAudit = value;
        },
      }),
    ];
    const directory = new StaticDirectory({ ino: numbers.next(), mode: 0o755, time, entries });
    return { hooks: {}, securityfs: [{ name: 'ipe', node: directory }] };
  },
};

/** Who opened the file counts, not who writes. */
function mayAdminister(opener: Caller): Errno | undefined {
  return capable(opener, CAP.MAC_ADMIN) ? undefined : E.EPERM;
}

function flag(
  name: string,
  numbers: InodeNumbers,
  time: bigint,
  value: { read(): boolean; store(value: boolean): void },
): DirectoryEntry {
  const node = new PseudoFile({ ino: numbers.next(), mode: 0o600, time }, (_flags, opener) => ({
    writeMovesPosition: false,
    read: readWhole(() => (value.read() ? '1' : '0')),
    write: (data) => {
      const refused = mayAdminister(opener);
      if (refused !== undefined) return refused;
      const parsed = parseBool(data);
      if (parsed === undefined) return E.EINVAL;
      value.store(parsed);
      return data.length;
    },
  }));
  return { name, node };
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
function parseBool(data: Uint8Array): boolean | undefined {
  const text = textOf(untilNul(data.subarray(0, 3))).toLowerCase();
  if (/^[eyt1]/.test(text) || text.startsWith('on')) return true;
  return /^[dnf0]/.test(text) || text.startsWith('of') ? false : undefined;
}
