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
import { TextNumbers } from '../../text-numbers.ts';
import type { FileStamp } from '../caller/file-stamp.ts';
import type { Callers, FastCaller } from './callers.ts';
import { IntTable } from './int-table.ts';
import { type Scratch, STAT } from './scratch.ts';

const OWN = '/proc/self/';
/** What names files alike: the whole path, or that of fdinfo. */
const ENTRY = /^\/proc\/self\/(?:fdinfo\/(?=\d+$)|[a-z_]+$)/;
const PROC = Buffer.from('proc\0');

export class OwnEntries {
  readonly #scratch: Scratch;
  readonly #callers: Callers;
  /** Subject, call, name, mount, mode, owner and group. */
  readonly #granted = new IntTable(10, 0, 9);
  readonly #names = new TextNumbers();
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

  /** What names files alike, if the path is that of such a file. */
  get name(): string | undefined {
    const { text } = this.#scratch;
    return text.startsWith(OWN) ? ENTRY.exec(text)?.[0] : undefined;
  }

  /** Is this call on the file granted? @param name as of {@link name}. */
  isGranted({ hasRoot, subject }: FastCaller, call: Int32Array, tid: Tid, name: string): boolean {
    const tgid = hasRoot ? this.#callers.tgidOf(tid) : undefined;
    if (tgid === undefined || !this.#look(tgid)) return false;
    const { stat } = this.#scratch;
    const { key } = this.#granted;
    key[0] = subject;
    key.set(call, 1);
    key[4] = this.#names.of(name);
    key[5] = stat[STAT.MOUNT] as number;
    key[6] = stat[STAT.MOUNT_HIGH] as number;
    key[7] = (stat[STAT.MODE] as number) & 0xffff;
    key[8] = stat[STAT.UID] as number;
    key[9] = stat[STAT.GID] as number;
    this.#isFound = true;
    return this.#granted.find() >= 0;
  }

  /** statx(2) of the file; `false` = there is none on this mount of procfs, or /proc is no directory in the kernel's caches. */
  #look(tgid: number): boolean {
    const scratch = this.#scratch;
    const proc = scratch.openName(
      this.#callers.rootFd,
      PROC,
      O_DIRECTORY | O_NOFOLLOW,
      RESOLVE_CACHED | RESOLVE_NO_SYMLINKS,
    );
    if (proc < 0) return false;
    const name = scratch.putName(`${tgid}/${scratch.text.slice(OWN.length)}`);
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
