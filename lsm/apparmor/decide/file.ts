/**
 * Access to a file by its path: aa_path_perm() of security/apparmor/file.c, path names as path.c makes them.
 *
 * All confined profiles of a label are asked, and all must allow. A file that is mounted nowhere has no path from the
 * root: it is refused unless the profile says to take its path within its filesystem for one (attach_disconnected).
 */
import { E, failed, type Result } from '../../../linux/errno.ts';
import type { Label } from '../policy/label.ts';
import type { Profile } from '../policy/namespace.ts';
import { NO_PERMISSIONS } from '../policy/permissions.ts';
import type { FileOperation, FileRecord, RecordWriter } from '../policy/records.ts';
import type { ProfileRules } from '../policy/rules.ts';
import { auditFile, combine, type FileResult } from './file-audit.ts';

export interface NamedPath {
  /** From the root; where `disconnected`, from the root of its own filesystem. */
  readonly path: string;
  readonly disconnected: boolean;
  readonly directory: boolean;
}

export interface FileSubject extends NamedPath {
  /** Owner of the file. */
  readonly ouid: number;
  readonly fsuid: number;
}

export interface FileRequest {
  readonly operation: FileOperation;
  /** Bits of MAY. */
  readonly request: number;
}

/** Of a profile: connect disconnected paths; take the paths that deleted files had. */
export const PATH = { CONNECT: 0x4, ANY_DELETED: 0x30000 } as const;

export const DISCONNECTED_INFO = 'Failed name lookup - disconnected path';
export const DELETED_INFO = 'Failed name lookup - deleted entry';

export function fileAccess(
  label: Label,
  file: FileSubject,
  access: FileRequest,
  audit: RecordWriter<FileRecord>,
): FileResult {
  const confined = label.profiles.filter((profile) => !profile.unconfined);
  return combine(confined.map((profile) => profileAccess(profile, file, access, audit)));
}

/** An open file that is used. */
export interface Revalidation {
  /** Of who uses it. */
  readonly label: Label;
  /** Of those it was allowed to. */
  readonly opener: Label;
  /** What it was allowed, bits of MAY. */
  readonly allowed: number;
}

/**
 * aa_file_perm() and __file_path_perm(). @returns `undefined`: nobody is asked.
 */
export function revalidatedAccess(
  { label, opener, allowed }: Revalidation,
  file: FileSubject,
  access: FileRequest,
  audit: RecordWriter<FileRecord>,
): FileResult | undefined {
  const denied = access.request & ~allowed;
  if (label.unconfined || opener.unconfined || (denied === 0 && opener.includes(label))) return undefined;
  const ask = (profiles: readonly Profile[]): FileResult =>
    combine(
      profiles.filter((profile) => !profile.unconfined).map((profile) => profileAccess(profile, file, access, audit)),
    );
  const [users, openers] = [label.profiles, opener.profiles];
  const first = ask(users.filter((profile) => !openers.includes(profile)));
  if (denied === 0 || first.error !== undefined) return first;
  const others = label.equals(opener) ? users : openers.filter((profile) => !users.includes(profile));
  return combine([first, ask(others)]);
}

function profileAccess(
  profile: Profile,
  file: FileSubject,
  { operation, request }: FileRequest,
  audit: RecordWriter<FileRecord>,
): FileResult {
  const owners = { fsuid: file.fsuid, ouid: file.ouid };
  const name = nameFor(profile, file);
  if (failed(name)) {
    const info = DISCONNECTED_INFO;
    const shown = file.path.replace(/^\//, '');
    const { kill } = auditFile(profile, { operation, request, owners, name: shown, info, error: name }, audit);
    // Without a path there is nothing to go on with, whatever the mode.
    return { error: name, kill };
  }
  const rules = profile.rules.file;
  const permissions = rules?.filePermissions(rules.dfa.matchText(rules.fileStart, name), file.fsuid === file.ouid);
  const allowed = permissions?.allow ?? 0;
  const error = (request & ~allowed) === 0 ? undefined : E.EACCES;
  return auditFile(
    profile,
    { operation, request, owners, name, error, permissions: permissions ?? NO_PERMISSIONS },
    audit,
  );
}

/** The name that rules are about, with a slash at the end for directories. */
export function nameFor({ rules }: Profile, { path, disconnected, directory }: NamedPath): Result<string> {
  const connected = disconnected ? connectPath(rules, path) : path;
  return directory && !failed(connected) && connected !== '/' ? `${connected}/` : connected;
}

/** The path of a file that is mounted nowhere, or EACCES (disconnect in path.c). */
export function connectPath({ pathFlags, disconnected }: ProfileRules, path: string): Result<string> {
  if ((pathFlags & PATH.CONNECT) === 0) return E.EACCES;
  return `${disconnected ?? ''}${path.startsWith('/') ? '' : '/'}${path}`;
}
