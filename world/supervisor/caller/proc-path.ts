/**
 * Recognises paths of /proc/<pid>/attr, and of the few other files that have a stand-in. Works on the text alone; no lookups.
 *
 * Two steps: a scan of the raw bytes that rejects nearly every path in a fraction of a microsecond, and a split of the remaining ones into
 * `head` (a directory to be resolved by the kernel, in the caller's view) and `tail` (names below it that procfs defines).
 */

import { latin1 } from '../../../host/memory/remote-memory.ts';
import { KNOWN_MODULES } from '../../../lsm/known-modules.ts';

/**
 * `attr`, `kmsg`, `moun`, `mtab`, `ptmx`, `keys`, `/fd/`, and of `loginuid`, `sessionid` and `audit_...` the middle, as
 * big-endian words.
 */
const ATTR = 0x61747472;
const KMSG = 0x6b6d7367;
const MOUN = 0x6d6f756e;
const MTAB = 0x6d746162;
const PTMX = 0x70746d78;
const KEYS = 0x6b657973;
const FD = 0x2f66642f;
const INUI = 0x696e7569;
const ONID = 0x6f6e6964;
const DIT_ = 0x6469745f;
const NUL = 0;
const SLASH = 0x2f;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/** Names in an attr directory, for programs that open them relative to such a working directory. */
const NAMES: readonly string[] = [
  'current',
  'prev',
  'exec',
  'fscreate',
  'keycreate',
  'sockcreate',
  ...KNOWN_MODULES.filter(({ attrDirectory, addedAttrDirectory }) => attrDirectory ?? addedAttrDirectory).map(
    ({ name }) => name,
  ),
  'display',
  'display_lsm',
  'interface_lsm',
  'context',
];
const NAMED: ReadonlySet<string> = new Set(NAMES);
const FIRST_WORDS: ReadonlySet<number> = new Set(NAMES.map((name) => firstWord(name)));
const NONE: ReadonlySet<number> = new Set();

/** The first four characters of a name, as a big-endian word. */
export function firstWord(name: string): number {
  let value = 0;
  for (let i = 0; i < 4; i++) value = (value << 8) | name.charCodeAt(i);
  return value | 0;
}

/**
 * May the path in `bytes` lead to an attr directory, or to a file that has a stand-in (stand-ins/stand-in.ts), or make a
 * terminal? `count` bytes are readable. False positives are fine, they only cost time. An unterminated path counts as
 * "maybe": there is more of it than was read.
 * @param more words (firstWord) of further names.
 */
export function mayBeOurs(bytes: Uint8Array, count: number, more = NONE): boolean {
  // A relative path may begin in a directory of procfs.
  let window = SLASH;
  let i = 0;
  for (; i < count; i++) {
    const byte = bytes[i] as number;
    if (byte === NUL) break;
    window = (window << 8) | byte;
    if (window === ATTR && isWhole(bytes, i - 3, i + 1, count)) return true;
    if (window === MOUN || window === KMSG || window === MTAB || window === PTMX || window === FD) return true;
    if (window === KEYS || window === INUI || window === ONID || window === DIT_ || (more.size > 0 && more.has(window)))
      return true;
  }
  if (i === count) return true;
  if (bytes[0] === SLASH || i === 0) return false;
  const name = nameStart(bytes, i);
  if (name === i || (name === i - 1 && bytes[name] === DOT)) return true;
  return (
    isNumber(bytes, name, i) || (i - name >= 4 && FIRST_WORDS.has(wordAt(bytes, name)) && isOfAttr(bytes, name, i))
  );
}

/** Is it a whole name of the path? */
function isWhole(bytes: Uint8Array, start: number, end: number, count: number): boolean {
  const begins = start === 0 || bytes[start - 1] === SLASH;
  return begins && (end >= count || bytes[end] === SLASH || bytes[end] === NUL);
}

function isOfAttr(bytes: Uint8Array, start: number, end: number): boolean {
  const slash = bytes.indexOf(SLASH, start);
  return NAMED.has(latin1(bytes.subarray(start), (slash < 0 || slash > end ? end : slash) - start));
}

/** Where the first name of a relative path begins that is not `.`. */
function nameStart(bytes: Uint8Array, end: number): number {
  let at = 0;
  while (at + 1 < end && bytes[at] === DOT && bytes[at + 1] === SLASH) {
    at += 2;
    while (at < end && bytes[at] === SLASH) at++;
  }
  return at;
}

const wordAt = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) << 24) |
  ((bytes[at + 1] as number) << 16) |
  ((bytes[at + 2] as number) << 8) |
  (bytes[at + 3] as number);

/** Is it, as the name of a descriptor, a decimal number? */
function isNumber(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte < ZERO || byte > NINE) return false;
  }
  return true;
}

export interface SplitPath {
  readonly absolute: boolean;
  /** To be resolved by the kernel; '' = the root or the start directory itself. */
  readonly head: string;
  /** Components below it, without `.` and empty ones. */
  readonly tail: readonly string[];
}

/** The link to a descriptor. */
const DESCRIPTOR = /(?:^|\/)fd\/(?:0|[1-9][0-9]*)$|^(?:0|[1-9][0-9]*)$/;

/** May it be `/proc/self/fd/3`, `/dev/fd/3` or the like, or `3` in such a directory? */
export function isDescriptorLink(path: string): boolean {
  return DESCRIPTOR.test(path);
}

const ID = /^(?:self|thread-self|[1-9][0-9]*)$/;
const NUMBER = /^[1-9][0-9]*$/;

/**
 * Cuts a path in front of what names a process: `/proc` + `self/attr/current`, '' + `123/task/124/attr`, '' + `current`.
 * @returns `undefined` for paths that cannot be in an attr directory.
 */
export function splitAttrPath(path: string): SplitPath | undefined {
  const absolute = path.startsWith('/');
  const components = withoutDetours(path.split('/').filter((component) => component !== '' && component !== '.'));
  const attr = components.lastIndexOf('attr');
  let cut = 0;
  if (attr >= 0) {
    cut = attr;
    if (cut >= 1 && ID.test(components[cut - 1] as string)) cut--;
    if (cut < attr && NUMBER.test(components[cut] as string) && components[cut - 1] === 'task') {
      cut--;
      if (cut >= 1 && ID.test(components[cut - 1] as string)) cut--;
    }
  } else if (absolute) return undefined;
  const tail = components.slice(cut);
  // Nothing below attr is a symbolic link, so `..` there can be cancelled by text; one that leaves it is not for us.
  const resolved = cancelDotDot(tail);
  if (resolved === undefined || resolved.length > LONGEST_TAIL) return undefined;
  return { absolute, head: components.slice(0, cut).join('/'), tail: resolved };
}

/** `self/attr/..` is reduced to `self` by text: if the kernel resolved it for us, `self` would be this process. */
function withoutDetours(components: readonly string[]): string[] {
  const out: string[] = [];
  for (const component of components) {
    if (component === '..' && out.at(-1) === 'attr' && ID.test(out.at(-2) ?? '')) out.pop();
    else out.push(component);
  }
  return out;
}

/** self/task/1/attr/module/name */
const LONGEST_TAIL = 6;

function cancelDotDot(components: readonly string[]): string[] | undefined {
  const out: string[] = [];
  for (const component of components) {
    if (component !== '..') out.push(component);
    else if (out.pop() === undefined) return undefined;
  }
  return out;
}

export interface AttrPath {
  /** `self`, `thread-self` or a number in the pid namespace of the procfs. */
  readonly process: string;
  /** Number below `task`. */
  readonly thread: string | undefined;
  /** Names below `attr`, at most a module directory and a file. */
  readonly rest: readonly string[];
}

/** @param components of a path relative to the root of a procfs. */
export function parseAttrPath(components: readonly string[]): AttrPath | undefined {
  const [process, second, third, fourth] = components;
  if (process === undefined || !ID.test(process)) return undefined;
  if (second === 'attr') return { process, thread: undefined, rest: components.slice(2) };
  if (process === 'thread-self' || second !== 'task' || third === undefined || !NUMBER.test(third)) return undefined;
  return fourth === 'attr' ? { process, thread: third, rest: components.slice(4) } : undefined;
}

/** The last part of where a descriptor on a procfs points, as components relative to that procfs' root. `link`: its /proc/self/fd text. */
export function procComponents(link: string): readonly string[] {
  const match = /(?:^|\/)((?:[1-9][0-9]*)(?:\/task(?:\/[1-9][0-9]*)?)?(?:\/attr(?:\/[a-z]+)?|\/fd)?)$/.exec(link);
  return match?.[1]?.split('/') ?? [];
}
