/**
 * A whole stream of policy: headers and profiles in turn, until the bytes end (aa_unpack in policy_unpack.c).
 */
import { E, type Errno } from '../../../linux/errno.ts';
import { sha256 } from '../../framework/digests/sha256.ts';
import { transitionsInRange } from './accept-words.ts';
import type { Permissions } from './permissions.ts';
import { X } from './permissions.ts';
import type { PolicyAudit, RecordWriter } from './records.ts';
import { PolicyRejected, reject } from './reject.ts';
import { PolicyStream } from './stream.ts';
import type { UnpackedPolicyDb } from './unpack-policy-db.ts';
import { ABI_MASK, type RuleSets, type UnpackedProfile, unpackProfile } from './unpack-profile.ts';

const FIRST_ABI = 5;
const LAST_ABI = 9;

export interface LoadEntry {
  readonly profile: UnpackedProfile;
  readonly sha256: string;
}

export interface LoadSet {
  readonly entries: readonly LoadEntry[];
  /** Namespace that the headers ask for. */
  readonly ns: string | undefined;
  /** Kernel ABI of the last header. */
  readonly abi: number;
}

/** Header state: a later profile without a version has the one before it. */
interface Header {
  version: number;
  ns: string | undefined;
}

export function unpack(bytes: Uint8Array, audit: RecordWriter<PolicyAudit>): LoadSet | Errno {
  const stream = new PolicyStream(bytes);
  const header: Header = { version: 0, ns: undefined };
  const entries: LoadEntry[] = [];
  while (!stream.atEnd) {
    const entry = unpackHeader(stream, header, audit) ?? unpackEntry(stream, header.version, audit);
    if ('errno' in entry) return entry.errno;
    entries.push(entry);
  }
  return { entries, ns: header.ns, abi: header.version & ABI_MASK };
}

function failure(errno: Errno): { readonly errno: Errno } {
  return { errno };
}

/** @returns `undefined` when the header is good. */
function unpackHeader(
  stream: PolicyStream,
  header: Header,
  audit: RecordWriter<PolicyAudit>,
): { readonly errno: Errno } | undefined {
  const first = stream.position === 0;
  const record = (info: string) => {
    audit({ kind: 'policy', info, error: E.EPROTONOSUPPORT, unpack: { offset: stream.position } });
    return failure(E.EPROTONOSUPPORT);
  };
  const version = stream.u32('version');
  if (version === undefined && first) return record('invalid profile format');
  header.version = version ?? header.version;
  const abi = header.version & ABI_MASK;
  if (abi < FIRST_ABI || abi > LAST_ABI) return record('unsupported interface version');
  const ns = stream.string('namespace');
  if (ns === undefined) return undefined;
  if (ns === '') return record('invalid namespace name');
  // A header that asks for another namespace than an earlier one is noticed, and has no effect.
  if (header.ns !== undefined && header.ns !== ns) record('invalid ns change');
  else header.ns = ns;
  return undefined;
}

function unpackEntry(
  stream: PolicyStream,
  version: number,
  audit: RecordWriter<PolicyAudit>,
): LoadEntry | { readonly errno: Errno } {
  const start = stream.position;
  let name = 'unknown';
  let unpacked = false;
  try {
    const profile = unpackProfile(stream, version, (seen) => {
      name = seen;
    });
    unpacked = true;
    verify(profile.parts);
    return { profile, sha256: sha256(versionBytes(version), stream.bytes.subarray(start, stream.position)) };
  } catch (rejection) {
    if (!(rejection instanceof PolicyRejected)) throw rejection;
    const { message: info, errno: error } = rejection;
    // What is found by looking at the whole profile is not reported with a place.
    audit({ kind: 'policy', info, error, name, unpack: { offset: unpacked ? 0 : stream.position } });
    return failure(error);
  }
}

function versionBytes(version: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, version, true);
  return bytes;
}

function verify({ file, policy, xmatch }: RuleSets): void {
  if (file !== undefined && !indicesInRange(file)) reject('Unpack: file Invalid named transition');
  if (policy !== undefined && !indicesInRange(policy)) reject('Unpack: policy Invalid named transition');
  if (file !== undefined && file.table === undefined && !transitionsInRange(file.db.dfa, file.db.transitions.length)) {
    reject('Unpack: Invalid perm index');
  }
  for (const set of [file, policy, xmatch]) {
    const names = set?.db.transitions.length ?? 0;
    if (set?.table?.every((permissions) => consistent(permissions, names)) === false) {
      reject('Unpack: Invalid perm index');
    }
  }
}

/** The entry after the last one, which file rules can lead to, allows nothing. */
function indicesInRange({ db, table }: UnpackedPolicyDb): boolean {
  return table === undefined || db.dfa.tables.accept.every((index) => index < table.length);
}

function consistent(p: Permissions, names: number): boolean {
  const disjoint =
    (p.allow & p.deny) === 0 &&
    (p.subtree & ~p.allow) === 0 &&
    (p.cond & (p.allow | p.deny)) === 0 &&
    (p.kill & p.allow) === 0 &&
    (p.complain & (p.allow | p.deny)) === 0 &&
    (p.prompt & (p.allow | p.deny)) === 0 &&
    (p.complain & p.prompt) === 0 &&
    (p.hide & p.allow) === 0;
  const tableIndex = (p.xindex & (X.NAME | X.TABLE)) === X.TABLE ? p.xindex & X.INDEX_MASK : -1;
  return disjoint && tableIndex < names && (p.tag === 0 || p.tag < names) && (p.label === 0 || p.label < names);
}
