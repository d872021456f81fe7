/**
 * Permissions packed into accept words (policy_compat.c), unpacked into entries of a permission table.
 */
import type { Dfa } from './dfa.ts';
import { MAY, NO_PERMISSIONS, X } from './permissions.ts';
import type { PermissionEntries } from './policy-db.ts';

const CHANGE_PROFILE = 0x80000000;
const ONEXEC = 0x40000000;
/** The last interface version whose policy rules do not use the exec bits. */
const V8 = 8;

/** What the four kinds of rights to a file are made of in the seven bits of old. */
function fileBits(old: number): number {
  let bits = old & (MAY.EXEC | MAY.WRITE | MAY.READ | MAY.APPEND);
  if ((old & MAY.READ) !== 0) bits |= MAY.GETATTR | MAY.OPEN;
  if ((old & MAY.WRITE) !== 0) {
    bits |= MAY.SETATTR | MAY.CREATE | MAY.DELETE | MAY.CHMOD | MAY.CHOWN | MAY.OPEN;
  }
  if ((old & 0x10) !== 0) bits |= MAY.LINK;
  if ((old & 0x20) !== 0) bits |= MAY.LOCK;
  if ((old & 0x40) !== 0) bits |= MAY.MMAP_EXEC;
  return bits;
}

/** @param set the 14 bits of an accept word that are about one kind of user. */
function transition(set: number): number {
  const index = (set >> 10) & 0xf;
  let x = 0;
  if ((set & 0x80) !== 0) x |= X.UNCONFINED;
  if ((set & 0x100) !== 0) x |= X.UNSAFE;
  if ((set & 0x200) !== 0) x |= X.INHERIT;
  if (index === 1) x |= X.UNCONFINED;
  else if (index === 2) x |= X.NAME;
  else if (index === 3) x |= X.NAME | X.CHILD;
  else if (index > 3) x |= X.TABLE | (index - 4);
  return x >>> 0;
}

function words(dfa: Dfa, state: number): readonly [number, number] | undefined {
  const word = dfa.tables.accept[state];
  return word === undefined ? undefined : [word, dfa.tables.accept2?.[state] ?? 0];
}

/** Pairs for file rules: owner, then others. */
export function fileEntries(dfa: Dfa): PermissionEntries {
  return {
    size: 2 * dfa.states,
    indexOf: (state) => 2 * state,
    at: (index) => {
      const pair = words(dfa, index >> 1);
      if (pair === undefined) return undefined;
      const shift = index % 2 === 0 ? 0 : 14;
      const [accept, accept2] = [pair[0] >>> shift, pair[1] >>> shift];
      let allow = fileBits(accept & 0x7f) | MAY.GETATTR;
      if ((pair[0] & CHANGE_PROFILE) !== 0) allow |= MAY.CHANGE_PROFILE;
      if ((pair[0] & ONEXEC) !== 0) allow |= MAY.ONEXEC;
      return {
        ...NO_PERMISSIONS,
        allow,
        audit: fileBits(accept2 & 0x7f),
        quiet: fileBits((accept2 >>> 7) & 0x7f),
        xindex: transition(accept & 0x3fff),
      };
    },
  };
}

/** Policy rules have no owners: the second set of bits extends the first. */
function extension(bits: number): number {
  return ((bits & 0x3) << 8) | ((bits & 0x1c) << 18) | ((bits & 0x60) << 19);
}

function execExtension(bits: number): number {
  return ((bits & 0x1) << 7) | ((bits & 0x7e) << 9);
}

export function policyEntries(dfa: Dfa, abi: number): PermissionEntries {
  return {
    size: dfa.states,
    indexOf: (state) => state,
    at: (index) => {
      const pair = words(dfa, index);
      if (pair === undefined) return undefined;
      if (index === 0) return NO_PERMISSIONS;
      const [accept, accept2] = pair;
      let allow = (accept & (0x7f | CHANGE_PROFILE)) | extension((accept >>> 14) & 0x7f);
      let quiet = ((accept2 >>> 7) & 0x7f) | extension((accept2 >>> 21) & 0x7f);
      if (abi <= V8) allow |= MAY.LOCK;
      else {
        allow |= execExtension((accept >>> 7) & 0x7f);
        quiet |= execExtension((accept >>> 21) & 0x7f);
      }
      return {
        ...NO_PERMISSIONS,
        allow: allow >>> 0,
        audit: (accept2 & 0x7f) | extension((accept2 >>> 14) & 0x7f),
        quiet,
      };
    },
  };
}

export function attachmentEntries(dfa: Dfa): PermissionEntries {
  return {
    size: dfa.states,
    indexOf: (state) => state,
    at: (index) => {
      const pair = words(dfa, index);
      if (pair === undefined) return undefined;
      return index === 0 ? NO_PERMISSIONS : { ...NO_PERMISSIONS, allow: (pair[0] & (0x7f | CHANGE_PROFILE)) >>> 0 };
    },
  };
}

/** Do all file transitions lead into the table of names? */
export function transitionsInRange(dfa: Dfa, names: number): boolean {
  const inRange = (set: number) => ((set >> 10) & 0xf) < 4 || ((set >> 10) & 0xf) - 4 < names;
  return dfa.tables.accept.every((word) => inRange(word & 0x3fff) && inRange((word >>> 14) & 0x3fff));
}
