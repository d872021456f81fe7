import { describe, expect, it } from 'vitest';
import { mayAccess, parseRights } from './caller-rights.ts';

const status = (uid: number, gid: number, groups: string, capabilities: string) =>
  parseRights(
    `Name:\tx\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\nGid:\t${gid}\t${gid}\t${gid}\t${gid}\nGroups:\t${groups} \nCapEff:\t${capabilities.padStart(16, '0')}\n`,
  );

describe('rights of a caller', () => {
  const root = status(0, 0, '', '000001ffffffffff');
  const user = status(1000, 100, '7 8', '0000000000000000');
  const file = (mode: number, uid: number, gid: number) => ({ mode: 0o100000 | mode, inode: { uid, gid } });

  it('are those of the owner, of a group or of others, and of no second', () => {
    expect(mayAccess(user, file(0o400, 1000, 0), 4)).toBe(true);
    expect(mayAccess(user, file(0o044, 1000, 100), 4)).toBe(false);
    expect(mayAccess(user, file(0o040, 0, 8), 4)).toBe(true);
    expect(mayAccess(user, file(0o604, 0, 100), 4)).toBe(false);
    expect(mayAccess(user, file(0o604, 0, 0), 4)).toBe(true);
    expect(mayAccess(user, file(0o604, 0, 0), 6)).toBe(false);
  });

  it('have no limit with capabilities, but for execution', () => {
    expect(mayAccess(root, file(0, 5, 5), 6)).toBe(true);
    expect(mayAccess(root, file(0o644, 5, 5), 1)).toBe(false);
    expect(mayAccess(root, file(0o001, 5, 5), 1)).toBe(true);
    expect(mayAccess(status(1, 1, '', '0000000000000004'), file(0, 5, 5), 4)).toBe(true);
    expect(mayAccess(status(1, 1, '', '0000000000000004'), file(0, 5, 5), 2)).toBe(false);
  });
});
