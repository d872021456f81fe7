/**
 * Permissions: what a rule set says about one request, as sets of bits, and how the sets of several profiles combine.
 *
 * Bits are those of security/apparmor/include/perms.h, which `.access` returns unchanged. All words are unsigned 32 bit numbers.
 */
import type { ProfileMode } from './mode.ts';

export const MAY = {
  EXEC: 0x1,
  WRITE: 0x2,
  READ: 0x4,
  APPEND: 0x8,
  CREATE: 0x10,
  DELETE: 0x20,
  OPEN: 0x40,
  RENAME: 0x80,
  SETATTR: 0x100,
  GETATTR: 0x200,
  SETCRED: 0x400,
  GETCRED: 0x800,
  CHMOD: 0x1000,
  CHOWN: 0x2000,
  CHGRP: 0x4000,
  LOCK: 0x8000,
  MMAP_EXEC: 0x10000,
  LINK: 0x40000,
  CONTINUE: 0x08000000,
  STACK: 0x10000000,
  ONEXEC: 0x20000000,
  CHANGE_PROFILE: 0x40000000,
  CHANGE_HAT: 0x80000000,
} as const;

/** Exec transition of a file rule: flags, and in the low 24 bits an index into the transition table. */
export const X = {
  INDEX_MASK: 0x00ffffff,
  NAME: 0x04000000,
  TABLE: 0x08000000,
  UNSAFE: 0x10000000,
  CHILD: 0x20000000,
  INHERIT: 0x40000000,
  UNCONFINED: 0x80000000,
} as const;

export interface Permissions {
  readonly allow: number;
  readonly deny: number;
  readonly subtree: number;
  readonly cond: number;
  readonly kill: number;
  readonly complain: number;
  readonly prompt: number;
  readonly audit: number;
  readonly quiet: number;
  readonly hide: number;
  readonly xindex: number;
  readonly tag: number;
  readonly label: number;
}

/** Letters of file permissions, in the order in which records show them; some stand for one of the others. */
const FILE_LETTERS: readonly (readonly [mask: number, letter: string])[] = [
  [MAY.EXEC, 'x'],
  [MAY.WRITE | MAY.SETATTR | MAY.CHMOD | MAY.CHOWN, 'w'],
  [MAY.READ | MAY.GETATTR, 'r'],
  [MAY.APPEND, 'a'],
  [MAY.CREATE, 'c'],
  [MAY.DELETE, 'd'],
  [MAY.LOCK, 'k'],
  [MAY.MMAP_EXEC, 'm'],
  [MAY.LINK, 'l'],
];

/** File permissions as records show them (aa_perm_mask_to_str() with aa_file_perm_chrs); `''` when there are none. */
export function fileMaskText(mask: number): string {
  return FILE_LETTERS.flatMap(([bits, letter]) => ((mask & bits) === 0 ? [] : [letter])).join('');
}

const ALL = 0xffffffff;

export const NO_PERMISSIONS: Permissions = Object.freeze({
  allow: 0,
  deny: 0,
  subtree: 0,
  cond: 0,
  kill: 0,
  complain: 0,
  prompt: 0,
  audit: 0,
  quiet: 0,
  hide: 0,
  xindex: 0,
  tag: 0,
  label: 0,
});

/** Everything allowed, nothing audited: an unconfined profile, and the start of an accumulation. */
export const ALL_PERMISSIONS: Permissions = Object.freeze({ ...NO_PERMISSIONS, allow: ALL, quiet: ALL, hide: ALL });

/** What the mode of a profile makes of the permissions its rules give. */
export function applyMode(permissions: Permissions, mode: ProfileMode, auditAll: boolean): Permissions {
  const audited = auditAll ? { ...permissions, audit: ALL, quiet: 0 } : permissions;
  if (mode === 'kill') return { ...audited, kill: ALL };
  if (mode === 'complain') return { ...audited, complain: ALL };
  if (mode === 'user') return { ...audited, prompt: ALL };
  return audited;
}

/** Permissions of a label: what all of its profiles allow. */
export function accumulate(sum: Permissions, added: Permissions): Permissions {
  return {
    ...sum,
    deny: (sum.deny | added.deny) >>> 0,
    allow: (sum.allow & added.allow & ~added.deny) >>> 0,
    audit: (sum.audit | (added.audit & added.allow)) >>> 0,
    quiet: (sum.quiet & added.quiet & ~added.allow) >>> 0,
    hide: (sum.hide & added.hide & ~added.allow) >>> 0,
    kill: (sum.kill | (added.kill & ~added.allow)) >>> 0,
    complain: (sum.complain | (added.complain & ~added.allow & ~added.deny)) >>> 0,
    prompt: (sum.prompt | (added.prompt & ~added.allow & ~added.deny)) >>> 0,
  };
}
