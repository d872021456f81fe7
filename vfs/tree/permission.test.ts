import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CAP } from '../../linux/capability.ts';
import { E } from '../../linux/errno.ts';
import { StaticDirectory, TextFile } from '../pseudo/index.ts';
import { USER } from '../user/testing.ts';
import type { Caller } from './caller.ts';
import type { AttributeChange } from './node.ts';
import { changeRefused, effectiveChange } from './ownership.ts';
import { checkAccess, modeAllows } from './permission.ts';

function file(mode: number, uid = 0, gid = 0) {
  return new TextFile({ ino: 1, mode, uid, gid }, () => '').attributes(USER);
}
function directory(mode: number) {
  return new StaticDirectory({ ino: 1, mode }).attributes(USER);
}
function withCapability(capability: number, who: Caller = USER): Caller {
  return { ...who, capabilities: 1n << BigInt(capability) };
}

describe('mode bits', () => {
  it('only the first matching class counts', () => {
    expect(modeAllows(file(0o077, 1000), 4, USER)).toBe(false);
    expect(modeAllows(file(0o707, 0, 1000), 4, USER)).toBe(false);
    expect(modeAllows(file(0o707, 0, 50), 4, { ...USER, groups: [50] })).toBe(false);
    expect(modeAllows(file(0o004), 4, USER)).toBe(true);
  });

  it('CAP_DAC_OVERRIDE does all but execute what nobody can', () => {
    const who = withCapability(CAP.DAC_OVERRIDE);
    expect(modeAllows(file(0), 6, who)).toBe(true);
    expect(modeAllows(file(0o666), 1, who)).toBe(false);
    expect(modeAllows(file(0o010), 1, who)).toBe(true);
    expect(modeAllows(directory(0), 7, who)).toBe(true);
  });

  it('CAP_DAC_READ_SEARCH reads files and searches directories', () => {
    const who = withCapability(CAP.DAC_READ_SEARCH);
    expect(modeAllows(file(0), 4, who)).toBe(true);
    expect(modeAllows(file(0o111, 1000), 5, who)).toBe(false);
    expect(modeAllows(directory(0), 5, who)).toBe(true);
    expect(modeAllows(directory(0), 2, who)).toBe(false);
  });

  it('without capabilities is exactly the bits of one class', () => {
    fc.assert(
      fc.property(
        fc.nat(0o777),
        fc.nat(7),
        fc.constantFrom(1000, 1),
        fc.constantFrom(1000, 1),
        (mode, mask, uid, gid) => {
          const shift = uid === 1000 ? 6 : gid === 1000 ? 3 : 0;
          expect(modeAllows(file(mode, uid, gid), mask, USER)).toBe(((mode >> shift) & mask) === mask);
        },
      ),
    );
  });

  it("comes before the node's own check", () => {
    const node = new TextFile({ ino: 1, mode: 0o600, permission: () => E.EPERM }, () => '');
    expect(checkAccess(node, 4, USER)).toBe(E.EACCES);
    expect(checkAccess(node, 4, withCapability(CAP.DAC_OVERRIDE))).toBe(E.EPERM);
  });
});

describe('ownership', () => {
  const own = file(0o644, 1000, 1000);
  const foreign = file(0o646, 1, 1);
  const cases: [string, typeof own, AttributeChange, Caller, string | undefined][] = [
    ['owner chmod', own, { mode: 0o600 }, USER, undefined],
    ['foreign chmod', foreign, { mode: 0o600 }, USER, 'EPERM'],
    ['foreign chmod with CAP_FOWNER', foreign, { mode: 0o600 }, withCapability(CAP.FOWNER), undefined],
    ['owner gives away', own, { uid: 5 }, USER, 'EPERM'],
    ['owner keeps uid', own, { uid: 1000 }, USER, undefined],
    ['CAP_CHOWN gives away', foreign, { uid: 5, gid: 6 }, withCapability(CAP.CHOWN), undefined],
    ['owner to own group', own, { gid: 50 }, { ...USER, groups: [50] }, undefined],
    ['owner to foreign group', own, { gid: 50 }, USER, 'EPERM'],
    ['stranger to own group', foreign, { gid: 1000 }, USER, 'EPERM'],
    ['explicit times by a writer', foreign, { mtime: 1n }, USER, 'EPERM'],
    ['present times by a writer', foreign, { mtime: 1n, timesAreNow: true }, USER, undefined],
    ['present times without write', file(0o644), { mtime: 1n, timesAreNow: true }, USER, 'EACCES'],
  ];
  it.each(cases)('%s', (_what, now, change, who, errno) => {
    expect(changeRefused(now, change, who)?.code).toBe(errno);
  });

  it('chown drops set-id bits of files, not of directories', () => {
    const root = withCapability(CAP.FSETID);
    expect(effectiveChange(file(0o6755), { uid: 5 }, root).mode).toBe(0o100755);
    expect(effectiveChange(file(0o2745), { uid: 5 }, root).mode).toBeUndefined();
    expect(effectiveChange(directory(0o6755), { uid: 5 }, root)).toEqual({ uid: 5 });
  });

  it('truncation drops set-id bits, but not for CAP_FSETID', () => {
    expect(effectiveChange(file(0o6777, 1000, 1000), { size: 0 }, USER).mode).toBe(0o100777);
    expect(effectiveChange(file(0o2745, 1000, 1000), { size: 0 }, USER).mode).toBeUndefined();
    expect(effectiveChange(file(0o6777), { size: 0 }, withCapability(CAP.FSETID))).toEqual({ size: 0 });
  });

  it('chmod by a stranger to the group drops set-gid', () => {
    expect(effectiveChange(file(0o755, 1000, 5), { mode: 0o2755 }, USER).mode).toBe(0o755);
    expect(effectiveChange(file(0o755, 1000, 1000), { mode: 0o2755 }, USER).mode).toBe(0o2755);
  });
});
