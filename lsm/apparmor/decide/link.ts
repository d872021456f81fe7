/**
 * A further name for a file: profile_path_link() of security/apparmor/file.c. The new name must be allowed as a link,
 * together with the file it is a link to, and as a rule must not give more than the file's old name gives.
 */
import { E } from '../../../linux/errno.ts';
import type { Label } from '../policy/label.ts';
import type { Profile } from '../policy/namespace.ts';
import { MAY, NO_PERMISSIONS, type Permissions, X } from '../policy/permissions.ts';
import type { FileRecord, RecordWriter } from '../policy/records.ts';
import { DELETED_INFO, PATH } from './file.ts';
import { auditFile, combine, type FileResult } from './file-audit.ts';

/** AA_LINK_SUBSET: the bit of locks in the pair's entry. */
const SUBSET = MAY.LOCK;
/** AA_AUDIT_FILE_MASK */
const AUDITED =
  MAY.EXEC |
  MAY.WRITE |
  MAY.READ |
  MAY.APPEND |
  MAY.CREATE |
  MAY.DELETE |
  MAY.GETATTR |
  MAY.SETATTR |
  MAY.LOCK |
  MAY.MMAP_EXEC |
  MAY.LINK;

interface Owners {
  readonly fsuid: number;
  readonly ouid: number;
}

/** The file that gets another name. */
export interface LinkTarget {
  readonly path: string;
  /** It has no name any more, or none yet. */
  readonly deleted: boolean;
}

export function linkAccess(
  label: Label,
  name: string,
  target: LinkTarget,
  owners: Owners,
  audit: RecordWriter<FileRecord>,
): FileResult {
  const confined = label.profiles.filter((profile) => !profile.unconfined);
  return combine(confined.map((profile) => profileLink(profile, name, target, owners, audit)));
}

function profileLink(
  profile: Profile,
  name: string,
  { path: target, deleted }: LinkTarget,
  owners: Owners,
  audit: RecordWriter<FileRecord>,
): FileResult {
  if (deleted && (profile.rules.pathFlags & PATH.ANY_DELETED) === 0) {
    // Told by who looks for the name, and by who asked for it.
    const failure = { operation: 'link', request: MAY.LINK, owners, error: E.ENOENT } as const;
    return combine([
      auditFile(profile, { ...failure, name: target, info: DELETED_INFO }, audit),
      auditFile(profile, { ...failure, name, target }, audit),
    ]);
  }
  const { request, permissions, info, refused } = judge(profile, name, target, owners.fsuid === owners.ouid);
  const error = refused ? E.EACCES : undefined;
  return auditFile(profile, { operation: 'link', request, owners, name, target, info, error, permissions }, audit);
}

interface Judgement {
  readonly request: number;
  readonly permissions: Permissions;
  readonly info?: string;
  readonly refused: boolean;
}

function judge({ rules: { file } }: Profile, name: string, target: string, owner: boolean): Judgement {
  if (file === undefined) return { request: MAY.LINK, permissions: NO_PERMISSIONS, refused: true };
  const state = file.dfa.matchText(file.fileStart, name);
  const named = file.filePermissions(state, owner);
  if ((named.allow & MAY.LINK) === 0) return { request: MAY.LINK, permissions: named, refused: true };
  const pair = file.filePermissions(file.dfa.matchText(file.dfa.next(state, 0), target), owner);
  if ((pair.allow & MAY.LINK) === 0)
    return { request: MAY.LINK, permissions: pair, info: 'target restricted', refused: true };
  const { audit, quiet } = pair;
  const link = { ...named, audit, quiet };
  if ((pair.allow & SUBSET) === 0) return { request: MAY.LINK, permissions: link, refused: false };
  const old = file.filePermissions(file.dfa.matchText(file.fileStart, target), owner);
  const allow = (link.allow & (old.allow | MAY.LINK)) >>> 0;
  const request = ((link.allow & ~MAY.LINK) | (AUDITED & (allow & ~old.allow))) >>> 0;
  const permissions = { ...link, allow };
  if ((request & ~allow) !== 0) return { request, permissions, refused: true };
  if ((allow & MAY.EXEC) !== 0 && !isSubset(link.xindex, old.xindex)) {
    const info = 'link not subset of target';
    const without = { ...permissions, allow: allow & ~MAY.EXEC };
    return { request: request | MAY.EXEC, permissions: without, info, refused: true };
  }
  return { request, permissions, refused: false };
}

/** xindex_is_subset(): the same transition, which scrubs the environment at least as much. */
function isSubset(link: number, target: number): boolean {
  if ((link & ~X.UNSAFE) !== (target & ~X.UNSAFE)) return false;
  return (link & X.UNSAFE) === 0 || (target & X.UNSAFE) !== 0;
}
