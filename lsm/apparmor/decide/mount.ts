/**
 * Mounting by rules: do_match_mnt(), profile_umount() and build_pivotroot() of security/apparmor/mount.c, Linux 6.12. A
 * rule is an automaton's way through mount point, source, type, flags and options, each ended by a NUL.
 */
import { E, type Errno, failed } from '../../../linux/errno.ts';
import { NO_STATE } from '../policy/dfa.ts';
import type { Label } from '../policy/label.ts';
import type { Profile } from '../policy/namespace.ts';
import { NO_PERMISSIONS, type Permissions } from '../policy/permissions.ts';
import type { PolicyDb } from '../policy/policy-db.ts';
import type { RecordWriter } from '../policy/records.ts';
import { DISCONNECTED_INFO, type NamedPath, nameFor } from './file.ts';
import { combine, type FileResult, reportedAs } from './file-audit.ts';

const CLASS_MOUNT = 7;
/** AA_MAY_MOUNT and its like. */
const MAY = { PIVOTROOT: 0x1, MOUNT: 0x2, UMOUNT: 0x4 } as const;
/** AA_MNT_CONT_MATCH, AA_AUDIT_DATA: the rule goes on with the options; they are recorded. */
const WITH_DATA = 0x40;

export type MountOperation = 'mount' | 'umount' | 'pivotroot';

export interface MountRequest {
  readonly operation: MountOperation;
  /** The mount point; of pivot_root(2) the new root. */
  readonly at: NamedPath;
  /** Of pivot_root(2): where the old root goes. */
  readonly source?: NamedPath | string | undefined;
  readonly type?: string | undefined;
  /** MS_* */
  readonly flags?: number | undefined;
  /** Options, if they are text. */
  readonly data?: string | undefined;
}

export interface MountRecord {
  readonly type: 'DENIED' | 'ALLOWED' | 'AUDIT' | 'KILLED';
  readonly operation: MountOperation;
  readonly profile: Profile;
  readonly info?: string | undefined;
  readonly error?: Errno | undefined;
  readonly name?: string | undefined;
  readonly fstype?: string | undefined;
  readonly source?: string | undefined;
  readonly flags?: number | undefined;
  readonly options?: string | undefined;
}

const REQUESTS: Readonly<Record<MountOperation, number>> = {
  mount: MAY.MOUNT,
  umount: MAY.UMOUNT,
  pivotroot: MAY.PIVOTROOT,
};

export function mountAccess(label: Label, request: MountRequest, sink: RecordWriter<MountRecord>): FileResult {
  const verdicts: FileResult[] = [];
  for (const profile of label.profiles) {
    if (profile.unconfined) continue;
    const verdict = profileAccess(profile, request, sink);
    verdicts.push(verdict);
    // The label after pivot_root(2) is built of what each profile becomes, up to the first one that refuses (fn_label_build()).
    if (request.operation === 'pivotroot' && verdict.error !== undefined) break;
  }
  return combine(verdicts);
}

interface Matched {
  readonly permissions: Permissions;
  /** What did not match. */
  readonly info?: string;
}

function profileAccess(profile: Profile, request: MountRequest, sink: RecordWriter<MountRecord>): FileResult {
  const { policy } = profile.rules;
  if (policy?.mediates(CLASS_MOUNT) !== true) return { kill: false };
  const { operation, at, source, type, flags, data } = request;
  const about = { operation, profile, fstype: type, flags: flags === 0 ? undefined : flags };
  const wanted = REQUESTS[operation];
  const tell = (matched: Matched, error: Errno | undefined, more: Partial<MountRecord> = {}): FileResult => {
    const { permissions, info } = matched;
    const heard = reportedAs(profile, permissions, wanted, error);
    if (heard.type !== undefined)
      sink({ ...about, ...more, type: heard.type, ...(info !== undefined && { info, error }) });
    return heard.result;
  };
  const name = nameFor(profile, at);
  if (failed(name)) return tell({ permissions: NO_PERMISSIONS, info: DISCONNECTED_INFO }, name);
  const from = source === undefined || typeof source === 'string' ? source : nameFor(profile, source);
  if (from !== undefined && failed(from))
    return tell({ permissions: NO_PERMISSIONS, info: DISCONNECTED_INFO }, from, { name });
  const match = { mount: matchMount, umount: matchUmount, pivotroot: matchPivot }[operation];
  const matched = match(policy, { name, source: from, type, flags, data });
  const options = (matched.permissions.audit & WITH_DATA) === 0 ? undefined : data;
  const refused = (wanted & ~matched.permissions.allow) !== 0;
  return tell(matched, refused ? E.EACCES : undefined, { name, source: from, options });
}

interface MatchedTexts {
  readonly name: string;
  readonly source?: string | undefined;
  readonly type?: string | undefined;
  readonly flags?: number | undefined;
  readonly data?: string | undefined;
}

function matchMount(policy: PolicyDb, { name, source, type, flags = 0, data }: MatchedTexts): Matched {
  const failure = (part: string): Matched => ({ permissions: NO_PERMISSIONS, info: `failed ${part}` });
  let state = ended(policy, policy.dfa.matchText(start(policy), name));
  if (state === NO_STATE) return failure('mntpnt match');
  state = ended(policy, policy.dfa.matchText(state, source ?? ''));
  if (state === NO_STATE) return failure('srcname match');
  state = ended(policy, policy.dfa.matchText(state, type ?? ''));
  if (state === NO_STATE) return failure('type match');
  for (let bit = 0; bit < 32; bit++) if ((flags & (1 << bit)) !== 0) state = policy.dfa.next(state, bit + 1);
  if (state === NO_STATE) return failure('flags match');
  let permissions = policy.permissions(state);
  if ((permissions.allow & MAY.MOUNT) !== 0) return { permissions };
  if (data !== undefined && (permissions.allow & WITH_DATA) !== 0) {
    state = ended(policy, state);
    if (state === NO_STATE) return failure('flags match');
    state = policy.dfa.matchText(state, data);
    if (state === NO_STATE) return failure('data match');
    permissions = policy.permissions(state);
    if ((permissions.allow & MAY.MOUNT) !== 0) return { permissions };
  }
  return { permissions, info: 'failed perms check' };
}

const matchUmount = (policy: PolicyDb, { name }: MatchedTexts): Matched => ({
  permissions: policy.permissions(policy.dfa.matchText(start(policy), name)),
});

const matchPivot = (policy: PolicyDb, { name, source = '' }: MatchedTexts): Matched => ({
  permissions: policy.permissions(
    policy.dfa.matchText(ended(policy, policy.dfa.matchText(start(policy), name)), source),
  ),
});

const start = (policy: PolicyDb): number => policy.dfa.next(policy.start, CLASS_MOUNT);
/** aa_dfa_null_transition() */
const ended = (policy: PolicyDb, state: number): number => policy.dfa.next(state, 0);
