/**
 * Permission to change the attributes of a node, and side effects of a change.
 *
 * The rules of setattr_prepare() and chown_common() (fs/attr.c, fs/open.c): they depend on the node's owner and the caller only, so one
 * place serves every tree.
 */

import { CAP } from '../../linux/capability.ts';
import { E, type Errno } from '../../linux/errno.ts';
import { MAY_WRITE } from '../../linux/fs.ts';
import { S_IFDIR, S_IFMT, S_ISGID, S_ISUID, S_IXGRP } from '../../linux/stat.ts';
import { type Caller, capableOver } from './caller.ts';
import type { AttributeChange, Attributes } from './node.ts';
import { modeAllows } from './permission.ts';

function inGroup(caller: Caller, gid: number): boolean {
  return caller.gid === gid || caller.groups.includes(gid);
}

function isOwnerOrCapable(owner: Attributes, caller: Caller): boolean {
  return caller.uid === owner.uid || capableOver(caller, CAP.FOWNER, { uid: owner.uid });
}

/** The errno of a change the caller may not make. */
export function changeRefused(now: Attributes, change: AttributeChange, caller: Caller): Errno | undefined {
  const owner = caller.uid === now.uid;
  const mayChown = capableOver(caller, CAP.CHOWN, now);
  if (change.uid !== undefined && !(owner && change.uid === now.uid) && !mayChown) return E.EPERM;
  if (change.gid !== undefined && !mayChown) {
    const own = change.gid === now.gid || inGroup(caller, change.gid);
    if (!owner || !own) return E.EPERM;
  }
  if (change.mode !== undefined && !isOwnerOrCapable(now, caller)) return E.EPERM;
  if ((change.atime !== undefined || change.mtime !== undefined) && !isOwnerOrCapable(now, caller)) {
    if (change.timesAreNow !== true) return E.EPERM;
    if (!modeAllows(now, MAY_WRITE, caller)) return E.EACCES;
  }
  return undefined;
}

/** The change as it takes effect: set-id bits that a chown, a truncation or a chmod by a stranger to the group drops. */
export function effectiveChange(now: Attributes, change: AttributeChange, caller: Caller): AttributeChange {
  let mode = change.mode;
  const chown = change.uid !== undefined || change.gid !== undefined;
  if (chown && (now.mode & S_IFMT) !== S_IFDIR) {
    const before = mode ?? now.mode;
    const sgid = (before & S_IXGRP) !== 0 || !keepsSetgid(change.gid ?? now.gid, now, caller) ? S_ISGID : 0;
    const after = before & ~(S_ISUID | sgid);
    if (mode !== undefined || after !== before) mode = after;
  } else if (mode !== undefined && !keepsSetgid(change.gid ?? now.gid, now, caller)) {
    mode &= ~S_ISGID;
  }
  if (change.size !== undefined && !capableOver(caller, CAP.FSETID, now)) {
    const before = mode ?? now.mode;
    const after = before & ~(S_ISUID | ((before & S_IXGRP) !== 0 ? S_ISGID : 0));
    if (after !== before) mode = after;
  }
  return mode === change.mode || mode === undefined ? change : { ...change, mode };
}

function keepsSetgid(gid: number, owner: Attributes, caller: Caller): boolean {
  return inGroup(caller, gid) || capableOver(caller, CAP.FSETID, owner);
}
