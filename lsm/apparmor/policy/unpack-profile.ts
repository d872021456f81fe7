/**
 * One profile of the stream, element by element in their order (unpack_profile in policy_unpack.c).
 *
 * `info` texts are those of the kernel's audit records; where it has no text of its own for an element, the one set last stands.
 */

import { RLIM_NLIMITS } from '../../../linux/process.ts';
import { attachmentEntries, fileEntries, policyEntries } from './accept-words.ts';
import type { ProfileMode } from './mode.ts';
import { PROFILE_MODES } from './mode.ts';
import { splitQualifiedName, trimEnd } from './names.ts';
import { need, PolicyRejected, reject } from './reject.ts';
import type { CapabilityRules, ProfileRules, Secmark } from './rules.ts';
import type { PolicyStream } from './stream.ts';
import { type UnpackedPolicyDb, unpackPolicyDb, withClassFileStart } from './unpack-policy-db.ts';

const FORCE_COMPLAIN = 0x800;
export const ABI_MASK = 0x3ff;

const FLAG_HAT = 1;
const PATH_MEDIATE_DELETED = 0x20000;

export interface UnpackedProfile {
  readonly hname: string;
  /** Namespace in front of the name. */
  readonly ns: string | undefined;
  readonly mode: ProfileMode;
  readonly rules: ProfileRules;
  /** The rule sets as they came, for the checks that need all of them. */
  readonly parts: RuleSets;
}

export interface RuleSets {
  readonly xmatch: UnpackedPolicyDb | undefined;
  readonly policy: UnpackedPolicyDb | undefined;
  readonly file: UnpackedPolicyDb | undefined;
}

export interface ProfileName {
  /** As audit records name it. */
  hname: string;
  ns: string | undefined;
}

/** @param seen receives the name as soon as it is read, for the record of a refusal. */
export function unpackProfile(stream: PolicyStream, version: number, seen: (name: string) => void): UnpackedProfile {
  const { hname, ns } = unpackName(stream, seen);
  const rename = stream.string('rename');
  const attach = stream.string('attach');
  const xmatch = unpackXmatch(stream);
  const xmatchLength = xmatch === undefined ? 0 : need(stream.u32(), 'missing xmatch len');
  const disconnected = stream.string('disconnected');
  const { isHat, mode, auditAll } = unpackFlags(stream, version);
  const pathFlags = stream.u32('path_flags') ?? PATH_MEDIATE_DELETED;
  const capabilities = unpackCapabilities(stream);
  const xattrs = unpackXattrs(stream);
  const rlimits = unpackRlimits(stream);
  const secmark = unpackSecmark(stream);
  const policy = unpackPolicyRules(stream, version);
  const file = unpackPolicyDb(stream, { transitions: true, entriesOf: fileEntries });
  const data = unpackData(stream);
  need(stream.structEnd(), 'failed to unpack end of profile');
  return {
    hname,
    ns,
    mode,
    parts: { xmatch, policy, file },
    rules: {
      isHat,
      auditAll,
      pathFlags,
      ...(rename === undefined ? {} : { rename }),
      ...(attach === undefined ? {} : { attach }),
      ...(disconnected === undefined ? {} : { disconnected }),
      ...(xmatch === undefined ? {} : { xmatch: xmatch.db }),
      xmatchLength,
      xattrs,
      capabilities,
      rlimits,
      secmark,
      ...(policy === undefined ? {} : { policy: policy.db }),
      // A profile without file rules has its paths matched against the policy rules, where no path is found.
      ...fileRules(file ?? policy),
      data,
    },
  };
}

function fileRules(set: UnpackedPolicyDb | undefined): Pick<ProfileRules, 'file'> {
  return set === undefined ? {} : { file: set.db };
}

function unpackName(stream: PolicyStream, seen: (name: string) => void): ProfileName {
  const info = 'failed to unpack profile';
  need(stream.struct('profile'), info);
  const text = need(stream.string(), info);
  seen(text);
  if (text === '') reject(info);
  const { ns, name } = splitQualifiedName(text);
  if (ns === undefined) {
    // Without namespace the text is the name, spaces in front included.
    const hname = trimEnd(text);
    seen(hname);
    return { hname, ns };
  }
  if (name === undefined) return reject('empty profile name');
  const hname = trimEnd(name);
  seen(hname);
  return { hname, ns };
}

function unpackXmatch(stream: PolicyStream): UnpackedPolicyDb | undefined {
  try {
    return unpackPolicyDb(stream, { entriesOf: attachmentEntries });
  } catch (rejection) {
    if (rejection instanceof PolicyRejected) return reject('bad xmatch');
    throw rejection;
  }
}

function unpackFlags(
  stream: PolicyStream,
  version: number,
): { readonly isHat: boolean; readonly mode: ProfileMode; readonly auditAll: boolean } {
  need(stream.struct('flags'), 'profile missing flags');
  const info = 'failed to unpack profile flags';
  const flags = need(stream.u32(), info);
  const modeNumber = need(stream.u32(), info);
  const mode = (version & FORCE_COMPLAIN) !== 0 ? 'complain' : need(PROFILE_MODES[modeNumber], info);
  const auditAll = need(stream.u32(), info) !== 0;
  need(stream.structEnd(), info);
  return { isHat: (flags & FLAG_HAT) !== 0, mode, auditAll };
}

function unpackCapabilities(stream: PolicyStream): CapabilityRules {
  let info = 'failed to unpack profile capabilities';
  const words = (count: number) => Array.from({ length: count }, () => BigInt(need(stream.u32(), info)));
  const low = words(4);
  let high: bigint[] = [];
  info = 'failed to unpack upper profile capabilities';
  if (stream.struct('caps64')) {
    high = words(4);
    need(stream.structEnd(), info);
  }
  let extended: bigint[] = [];
  info = EXTENDED_CAPABILITIES;
  if (stream.struct('capsx')) {
    extended = words(2);
    need(stream.structEnd(), info);
  }
  const set = (index: number) => (low[index] ?? 0n) | ((high[index] ?? 0n) << 32n);
  return { allow: set(0), audit: set(1), quiet: set(2), extended: (extended[0] ?? 0n) | ((extended[1] ?? 0n) << 32n) };
}

const EXTENDED_CAPABILITIES = 'failed to unpack extended profile capabilities';

function unpackXattrs(stream: PolicyStream): string[] {
  const info = 'failed to unpack profile xattrs';
  return optionalStruct(stream, 'xattrs', info, () => elements(stream, info, () => need(stream.string(), info))) ?? [];
}

function unpackRlimits(stream: PolicyStream): ReadonlyMap<number, bigint> {
  const info = 'failed to unpack profile rlimits';
  const limits = optionalStruct(stream, 'rlimits', info, () => {
    const mask = need(stream.u32(), info);
    const values = elements(stream, info, () => need(stream.u64(), info), RLIM_NLIMITS);
    return new Map([...values.entries()].filter(([resource]) => ((mask >>> resource) & 1) === 1));
  });
  return limits ?? new Map();
}

function unpackSecmark(stream: PolicyStream): Secmark[] {
  const info = 'failed to unpack profile secmark rules';
  return (
    optionalStruct(stream, 'secmark', info, () =>
      elements(stream, info, () => ({
        audit: need(stream.u8(), info) !== 0,
        deny: need(stream.u8(), info) !== 0,
        label: need(stream.string(), info),
      })),
    ) ?? []
  );
}

function unpackPolicyRules(stream: PolicyStream, version: number): UnpackedPolicyDb | undefined {
  if (!stream.struct('policydb')) return undefined;
  const abi = version & ABI_MASK;
  const set = unpackPolicyDb(stream, { required: true, entriesOf: (dfa) => policyEntries(dfa, abi) });
  need(stream.structEnd(), 'failed to unpack policydb');
  return set && { db: withClassFileStart(set.db), table: set.table };
}

function unpackData(stream: PolicyStream): ReadonlyMap<string, Uint8Array> {
  const data = new Map<string, Uint8Array>();
  if (!stream.struct('data')) return data;
  for (;;) {
    const key = stream.string();
    if (key === undefined) break;
    data.set(key, Uint8Array.from(stream.blob() ?? []));
  }
  need(stream.structEnd(), 'failed to unpack end of key, value data table');
  return data;
}

/** A struct that may be missing; when its content is refused, the stream is left before it. */
function optionalStruct<T>(stream: PolicyStream, name: string, info: string, read: () => T): T | undefined {
  const start = stream.position;
  if (!stream.struct(name)) return undefined;
  try {
    const value = read();
    need(stream.structEnd(), info);
    return value;
  } catch (rejection) {
    stream.position = start;
    throw rejection;
  }
}

function elements<T>(stream: PolicyStream, info: string, read: () => T, most = 0xffff): T[] {
  const count = need(stream.array(), info);
  if (count > most) reject(info);
  const values: T[] = [];
  for (let i = 0; i < count; i++) values.push(read());
  need(stream.arrayEnd(), info);
  return values;
}
