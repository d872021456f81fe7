import { expect, it } from 'vitest';
import { type AuditName, lookAgain, type NamedFile, nameText, type RulePlace } from './names.ts';

const FILE: NamedFile = { ino: 7, major: 8, minor: 17, mode: 0o100644, uid: 1, gid: 2, rdev: [0, 0] };
const NO_CAPABILITIES = 'cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0';

it('a name has its file, its label and the capabilities of the file', () => {
  const name: AuditName = { name: '/a b', type: 'NORMAL', file: FILE };
  expect(nameText(0, name, '/', 'l')).toBe(
    `item=0 name=2F612062 inode=7 dev=08:11 mode=0100644 ouid=1 ogid=2 rdev=00:00 obj=l nametype=NORMAL ${NO_CAPABILITIES}`,
  );
  // cap_net_raw=ep in revision 2
  const capability = '\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0';
  expect(nameText(1, { ...name, file: { ...FILE, capability } }, '/', undefined)).toContain(
    'cap_fp=0000000000002000 cap_fi=0 cap_fe=1 cap_fver=2 cap_frootid=0',
  );
});

it('of a directory only the way to it is shown, which may be the working directory', () => {
  const parent: AuditName = { name: 'd/x', length: 2, type: 'PARENT', file: FILE };
  expect(nameText(0, parent, '/w', undefined)).toMatch(/^item=0 name="d\/" inode=7 .* nametype=PARENT/);
  expect(nameText(0, { ...parent, name: 'x', length: 0 }, '/w', undefined)).toContain('name="/w" inode=7');
  expect(nameText(0, { type: 'NORMAL', file: FILE }, undefined, undefined)).toContain('name=(null) inode=7');
  expect(nameText(0, { name: 'n', type: 'UNKNOWN' }, '/', 'l')).toBe(
    `item=0 name="n" nametype=UNKNOWN ${NO_CAPABILITIES}`,
  );
});

it('a watched path leads to what was made there last', () => {
  const place: RulePlace = { parent: '8:17:1', file: undefined };
  const rules = [{ watch: '/d/x', place }];
  const entry = { directory: '8:17:1', name: 'x' };
  lookAgain(rules, [{ name: 'x', type: 'CREATE', entry, file: FILE }]);
  expect(place.file).toBe('8:17:7');
  lookAgain(rules, [{ name: 'y', type: 'DELETE', entry: { ...entry, name: 'y' }, file: FILE }]);
  expect(place.file).toBe('8:17:7');
  lookAgain(rules, [{ name: 'x', type: 'DELETE', entry, file: FILE }]);
  expect(place.file).toBeUndefined();
});
