/**
 * Recognises paths of /proc/<pid>/attr, and of the few other files that have a stand-in. Works on the text alone; no lookups.
 *
 * Two steps: patterns that reject nearly every path in a fraction of a microsecond, and a split of the remaining ones into `head`
 * (a directory to be resolved by the kernel, in the caller's view) and `tail` (names below it that procfs defines).
 */

import { KNOWN_MODULES } from '../../../lsm/known-modules.ts';

/** Parts of paths that lead to what has a stand-in, or make a terminal. */
const PARTS: readonly string[] = [
  '(?:^|/)attr(?:/|$)',
  '(?:^|/)fd/',
  'kmsg',
  'mount',
  'mtab',
  'ptmx',
  'keys',
  'loginuid',
  'sessionid',
  'audit_',
];
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
/** A relative path may begin in a directory of procfs: it is one of these names, a descriptor's number, or the directory itself. */
const IN_PROCFS = new RegExp(`^(?:\\./+)*(?:\\.?$|\\d+$|(?:${NAMES.join('|')})(?:/|$))`);

/**
 * May a path lead to an attr directory, or to a file that has a stand-in (stand-ins/stand-in.ts), or make a terminal? False positives are
 * fine, they only cost time.
 */
export type MayBeOurs = (path: string) => boolean;

/** @param more further names that have a stand-in. */
export function mayBeOurs(more: readonly string[] = []): MayBeOurs {
  const parts = new RegExp([...PARTS, ...more.map((name) => name.replace(/\W/g, '\\$&'))].join('|'));
  return (path) => parts.test(path) || (path !== '' && !path.startsWith('/') && IN_PROCFS.test(path));
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
