/**
 * Files of a caller's own entry in procfs (`/proc/self/status`, `/proc/self/fdinfo/3`), which daemons read again and again.
 *
 * Model: such a file has the label of its task (security_task_to_inode()), so a grant holds for the name, mode and owner of the file, the
 * call and the subject, on the same mount of procfs. All files of fdinfo share one grant. The supervisor looks the entry up by the
 * number of the caller's process, because `self` would be the supervisor's own. It crosses no mount below /proc, which could be served by a
 * process that does not answer.
 */
import {
  AT_EMPTY_PATH,
  O_DIRECTORY,
  O_NOFOLLOW,
  RESOLVE_CACHED,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
} from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { FileStamp } from '../caller/file-stamp.ts';
import type { Callers, FastCaller } from './callers.ts';
import { IntTable } from './int-table.ts';
import { type Scratch, STAT } from './scratch.ts';
import { Texts } from './texts.ts';

const OWN = Buffer.from('/proc/self/');
const FDINFO = Buffer.from('fdinfo/');
const PROC = Buffer.from('proc\0');
const [A, Z, UNDERSCORE] = [0x61, 0x7a, 0x5f];
const [ZERO, NINE] = [0x30, 0x39];
/** The path names no such file. */
export const NO_ENTRY = -1;

export class OwnEntries {
  readonly #scratch: Scratch;
  readonly #callers: Callers;
  /** Subject, call, name, mount, mode, owner and group. */
  readonly #granted = new IntTable(10, 0, 9);
  readonly #names = new Texts(8, 1 << 12);
  /** The key is that of the current call. */
  #isFound = false;

  constructor(scratch: Scratch, callers: Callers) {
    this.#scratch = scratch;
    this.#callers = callers;
  }

  /** A call begins. */
  begin(): void {
    this.#isFound = false;
  }

  forget(): void {
    this.#granted.clear();
    this.#names.clear();
  }

  /** @returns the length of what names files alike, or {@link NO_ENTRY}. */
  nameEnd(end: number): number {
    const { path } = this.#scratch;
    if (end <= OWN.length || !startsWith(path, 0, OWN)) return NO_ENTRY;
    const digits = OWN.length + FDINFO.length;
    if (end > digits && startsWith(path, OWN.length, FDINFO))
      return isAll(path, digits, end, isDigit) ? digits : NO_ENTRY;
    return isAll(path, OWN.length, end, isWordCharacter) ? end : NO_ENTRY;
  }

  /** Is this call on the file granted? @param nameEnd as of {@link nameEnd}. */
  isGranted({ hasRoot, subject }: FastCaller, call: Int32Array, tid: Tid, nameEnd: number, end: number): boolean {
    const name = this.#names.make(this.#scratch.path, 0, nameEnd);
    const tgid = hasRoot && name !== 0 ? this.#callers.tgidOf(tid) : undefined;
    if (tgid === undefined || !this.#look(tgid, end)) return false;
    const { stat } = this.#scratch;
    const { key } = this.#granted;
    key[0] = subject;
    key.set(call, 1);
    key[4] = name;
    key[5] = stat[STAT.MOUNT] as number;
    key[6] = stat[STAT.MOUNT_HIGH] as number;
    key[7] = (stat[STAT.MODE] as number) & 0xffff;
    key[8] = stat[STAT.UID] as number;
    key[9] = stat[STAT.GID] as number;
    this.#isFound = true;
    return this.#granted.find() >= 0;
  }

  /** statx(2) of the file; `false` = there is none on this mount of procfs, or /proc is no directory in the kernel's caches. */
  #look(tgid: number, end: number): boolean {
    const scratch = this.#scratch;
    const proc = scratch.openName(
      this.#callers.rootFd,
      PROC,
      O_DIRECTORY | O_NOFOLLOW,
      RESOLVE_CACHED | RESOLVE_NO_SYMLINKS,
    );
    if (proc < 0) return false;
    const name = scratch.putName(`${tgid}/${scratch.path.toString('latin1', OWN.length, end)}`);
    const file = scratch.open(proc, name, O_NOFOLLOW, RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
    scratch.close(proc);
    if (file < 0) return false;
    const isThere = scratch.statAt(file, scratch.empty, AT_EMPTY_PATH);
    scratch.close(file);
    return isThere;
  }

  /** The handlers found everything granted that can be asked about the file that the call is about. */
  granted({ gid, isMountUnique, mode, mount, uid }: FileStamp): void {
    const { key } = this.#granted;
    const isSame = this.#isFound && isMountUnique && mode === key[7] && (uid | 0) === key[8] && (gid | 0) === key[9];
    if (isSame && BigInt.asIntN(32, mount) === BigInt(key[5] as number) && Number(mount >> 32n) === key[6])
      this.#granted.make();
  }
}

function startsWith(path: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (path[at + i] !== text[i]) return false;
  return true;
}

function isAll(path: Uint8Array, start: number, end: number, is: (byte: number) => boolean): boolean {
  for (let at = start; at < end; at++) if (!is(path[at] as number)) return false;
  return start < end;
}

const isDigit = (byte: number): boolean => byte >= ZERO && byte <= NINE;
const isWordCharacter = (byte: number): boolean => (byte >= A && byte <= Z) || byte === UNDERSCORE;
