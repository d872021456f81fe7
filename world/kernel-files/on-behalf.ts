/**
 * Names on behalf of a caller: `<thread>,<tree>,...` means the file as that thread sees it.
 *
 * Model: the supervisor answers a system call of a thread, the caller, with a descriptor of a file that the daemon
 * serves. The supervisor thread opens that file itself, so the FUSE request has its id. Therefore the name contains the
 * caller's id, and the daemon checks the mode against the caller and opens with the caller's credentials. Only threads of
 * the daemon's process may use such names.
 *
 * - `<caller>,fd,<descriptor>,<kind>`: the stand-in of the file behind a descriptor of the thread that looks the name up
 * - `<caller>,sys,<name>,...`: a path below /proc/sys
 * - `<caller>,proc,<name>,...`: a path below the /proc of our pid namespace, in the directory {@link ATTR_ON_BEHALF}
 *
 * Threads are numbers of our pid namespace. A path is one name, because each name that is looked up costs a round trip.
 * In components of paths, which callers choose, `,` is written `%2C` and `%` is `%25`.
 *
 * An open descriptor needs no name: the ioctl FORWARD_WRITE of fuse/protocol/forwarded-write.ts has the caller's id in
 * its argument.
 */
import { type Tid, tidOf } from '../../linux/ids.ts';

/** In the root of the tree of attr files: where names below /proc are looked up. */
export const ATTR_ON_BEHALF = 'by';

/** Kinds of stand-ins. */
export type StandInKind = (typeof STAND_IN_KINDS)[number];
const STAND_IN_KINDS = [
  'kmsg',
  'proc-kmsg',
  'mounts',
  'mountinfo',
  'mountstats',
  'loginuid',
  'sessionid',
  'audit-containerid',
  'audit-capcontainerid',
  'keys',
] as const;

/** The stand-in of the file behind `descriptor` of the thread that looks the name up. */
export interface StandInName {
  readonly tree: 'fd';
  readonly descriptor: number;
  readonly kind: StandInKind;
}

/** `path`: below /proc/sys, or below /proc; at least one component. */
export interface PathName {
  readonly tree: 'sys' | 'proc';
  readonly path: readonly string[];
}

export type NameOnBehalf = StandInName | PathName;

/** @param caller thread, by its number in our pid namespace. @returns one name, without a slash. */
export function nameOnBehalf(caller: Tid, named: NameOnBehalf): string {
  const rest = named.tree === 'fd' ? [named.descriptor, named.kind] : named.path.map(escaped);
  return [caller, named.tree, ...rest].join(',');
}

/** @returns `undefined` for other names. */
export function parseNameOnBehalf(name: string): { readonly caller: Tid; readonly named: NameOnBehalf } | undefined {
  const [id = '', tree, ...rest] = name.split(',');
  if (!THREAD.test(id)) return undefined;
  const named = tree === 'fd' ? standIn(rest) : tree === 'sys' || tree === 'proc' ? pathIn(tree, rest) : undefined;
  return named && { caller: tidOf(Number(id)), named };
}

const THREAD = /^[1-9][0-9]{0,9}$/;
const DESCRIPTOR = /^(?:0|[1-9][0-9]{0,9})$/;
const COMPONENT = /^(?:[^%/]|%2C|%25)+$/;

function standIn([descriptor = '', name, ...more]: readonly string[]): StandInName | undefined {
  const kind = STAND_IN_KINDS.find((known) => known === name);
  if (!DESCRIPTOR.test(descriptor) || kind === undefined || more.length > 0) return undefined;
  return { tree: 'fd', descriptor: Number(descriptor), kind };
}

function pathIn(tree: PathName['tree'], path: readonly string[]): PathName | undefined {
  if (path.length === 0 || !path.every((component) => COMPONENT.test(component))) return undefined;
  return { tree, path: path.map(unescaped) };
}

const escaped = (component: string): string => component.replaceAll('%', '%25').replaceAll(',', '%2C');
const unescaped = (component: string): string => component.replaceAll('%2C', ',').replaceAll('%25', '%');
