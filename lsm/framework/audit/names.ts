/**
 * The files that a system call names, and their records: struct audit_names, audit_log_name() of kernel/auditsc.c in
 * Linux 6.12. Texts are latin-1.
 */
import type { FileFacts } from '../files/file-facts.ts';
import { capabilityText, untrusted } from './audit-text.ts';

/** `major:minor:inode` of a file. */
export type FileKey = string;

export interface NamedFile {
  readonly ino: number;
  readonly major: number;
  readonly minor: number;
  /** `st_mode` */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Numbers of the device that it is. */
  readonly rdev: readonly [major: number, minor: number];
  /** The file and the directories that it is in, innermost first; only where rules are about directories. */
  readonly above?: readonly FileKey[];
  /** Its attribute security.capability. */
  readonly capability?: string;
  /** What its label is found by; absent = that is not known. */
  readonly facts?: FileFacts;
}

/** A name as it stands in the directory where it is looked up. */
export interface DirectoryEntry {
  readonly directory: FileKey;
  readonly name: string;
}

/** Where a rule about a file looks. */
export interface RulePlace {
  /** Directory of the last name. */
  readonly parent: FileKey | undefined;
  /** The file; absent = it did not exist when it was looked at last. */
  file: FileKey | undefined;
}

export interface AuditName {
  /** As the caller gave it; absent = the file was given by a descriptor. */
  readonly name?: string;
  /** How much of it is shown; absent = all. */
  readonly length?: number;
  readonly type: 'NORMAL' | 'PARENT' | 'CREATE' | 'DELETE' | 'UNKNOWN';
  /** It counts, and rules see it, but it has no record. */
  readonly hidden?: true;
  /** Absent = it was not found. */
  readonly file?: NamedFile;
  readonly entry?: DirectoryEntry;
}

/** struct vfs_ns_cap_data: u32 magic; twice u32 permitted, inheritable; u32 rootid in revision 3. */
const REVISION_SHIFT = 24;
const EFFECTIVE = 1;
const WORD = 32n;

export function keyOfFile({ major, minor, ino }: Pick<NamedFile, 'major' | 'minor' | 'ino'>): FileKey {
  return `${major}:${minor}:${ino}`;
}

/** @param pwd path of the working directory. @param label of the file; absent = no module labels it. */
export function nameText(item: number, one: AuditName, pwd: string | undefined, label: string | undefined): string {
  const { file, type } = one;
  const found = file === undefined ? '' : fileText(file);
  const obj = file === undefined || label === undefined ? '' : ` obj=${label}`;
  return `item=${item} name=${shownName(one, pwd)}${found}${obj} nametype=${type}${fileCapabilityText(file?.capability)}`;
}

function shownName({ name, length }: AuditName, pwd: string | undefined): string {
  if (name === undefined) return '(null)';
  if (length === undefined) return untrusted(name);
  if (length > 0) return untrusted(name.slice(0, length));
  return pwd === undefined ? '(null)' : untrusted(pwd);
}

function fileText({ ino, major, minor, mode, uid, gid, rdev }: NamedFile): string {
  const [special, specialMinor] = rdev;
  return (
    ` inode=${ino} dev=${pair(major, minor)} mode=0${mode.toString(8)}` +
    ` ouid=${uid} ogid=${gid} rdev=${pair(special, specialMinor)}`
  );
}

function pair(major: number, minor: number): string {
  return [major, minor].map((number) => number.toString(16).padStart(2, '0')).join(':');
}

/** The attribute security.capability: get_vfs_caps_from_disk(). */
export interface FileCapabilities {
  readonly permitted: bigint;
  readonly inheritable: bigint;
  readonly effective: 0 | 1;
  readonly revision: number;
  readonly rootid: number;
}

const NONE: FileCapabilities = { permitted: 0n, inheritable: 0n, effective: 0, revision: 0, rootid: 0 };

/** @param attribute latin-1; absent = it has none. */
export function fileCapabilities(attribute: string | undefined): FileCapabilities {
  if (attribute === undefined || attribute.length < 12) return NONE;
  const bytes = Buffer.from(attribute, 'latin1');
  const word = (index: number): number => (bytes.length >= 4 * index + 4 ? bytes.readUInt32LE(4 * index) : 0);
  const set = (index: number): bigint => BigInt(word(index)) | (BigInt(word(index + 2)) << WORD);
  const magic = word(0);
  return {
    permitted: set(1),
    inheritable: set(2),
    effective: (magic & EFFECTIVE) === 0 ? 0 : 1,
    revision: magic >>> REVISION_SHIFT,
    rootid: word(5),
  };
}

/** audit_log_fcaps() */
function fileCapabilityText(attribute: string | undefined): string {
  const { permitted, inheritable, effective, revision, rootid } = fileCapabilities(attribute);
  const sets = capabilityText('cap_fp', permitted) + capabilityText('cap_fi', inheritable);
  return `${sets} cap_fe=${effective} cap_fver=${revision.toString(16)} cap_frootid=${rootid}`;
}

/** What a call has made or removed at a watched path: audit_update_watch() of kernel/audit_watch.c. */
export function lookAgain(
  rules: readonly { readonly watch?: string; readonly place?: RulePlace }[],
  names: readonly AuditName[],
): void {
  for (const { watch, place } of rules) {
    if (watch === undefined || place?.parent === undefined) continue;
    const last = watch.slice(watch.lastIndexOf('/') + 1);
    for (const { entry, file, type } of names) {
      if (entry?.directory !== place.parent || entry.name !== last) continue;
      if (type === 'DELETE') place.file = undefined;
      else if (file !== undefined) place.file = keyOfFile(file);
    }
  }
}
