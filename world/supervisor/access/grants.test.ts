import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Tid, tidOf } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { LabelScope } from '../../../lsm/framework/access/access-scope.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { InodeFacts } from '../../../lsm/framework/files/inode.ts';
import { Grants, type Judged } from './grants.ts';

const LABEL = 'security.toy';
const TID = tidOf(7);
const OTHER = tidOf(8);
const SCOPE: LabelScope = { attributes: [LABEL], uniform: ['tmpfs'], byDefault: [], named: ['special'], rules: [] };

function file(path: string, more: Partial<InodeFacts> = {}): FileFacts {
  const filesystem = { type: 'ext4', id: 'vda' };
  const inode: InodeFacts = { class: 'file', filesystem, path, ino: path.length, uid: 0, gid: 0, xattrs: {}, ...more };
  return { path, device: '8:1', mode: 0o100644, inode };
}

const labelled = (path: string, label: string, more: Partial<InodeFacts> = {}): FileFacts =>
  file(path, { xattrs: { [LABEL]: label, 'security.other': path }, ...more });
const judged = (more: Partial<Judged> = {}): Judged => ({
  number: 1,
  scope: SCOPE,
  kept: [],
  noted: [],
  epoch: 5,
  ...more,
});
/** Tasks that are known as objects: two with one label, and one with another. */
const [KNOWN, LIKE_IT, UNLIKE] = [tidOf(9), tidOf(10), tidOf(11)];
const NUMBERS: ReadonlyMap<Tid, number> = new Map([
  [KNOWN, 3],
  [LIKE_IT, 3],
  [UNLIKE, 4],
]);
const ofKnown = (tid: Tid): number | undefined => NUMBERS.get(tid);
const OBJECTS = { of: ofKnown, since: ofKnown };
const DEFAULTS = { of: () => undefined };
const STATES = { of: () => undefined, ofNew: () => undefined };

/** Is the second one known when the first one was granted? @param tid of who asks then. */
function covers(granted: AccessCheck, asked: AccessCheck, more: Partial<Judged> = {}, tid = TID): boolean {
  const grants = new Grants(OBJECTS, DEFAULTS, STATES);
  grants.add(judged(more), TID, [granted]);
  return grants.has(judged(more), tid, asked);
}
const reads = (of: FileFacts, mask = 4): AccessCheck => ({ hook: 'inodePermission', about: { file: of, mask } });

it('files with a label differ by it, by class and filesystem', () => {
  const one = reads(labelled('/a', 'x'));
  expect(covers(one, one)).toBe(true);
  expect(covers(one, reads(labelled('/other', 'x', { uid: 7 })))).toBe(true);
  expect(covers(one, reads(labelled('/a', 'y')))).toBe(false);
  expect(covers(one, reads(labelled('/a', 'x', { class: 'dir' })))).toBe(false);
  expect(covers(one, reads({ ...labelled('/a', 'x'), device: '8:2' }))).toBe(false);
  expect(covers(one, reads(labelled('/a', 'x'), 2))).toBe(false);
  expect(covers(one, { ...one, refusal: 'ignored' })).toBe(false);
  expect(covers(one, { ...one, hook: 'inodeGetattr' } as AccessCheck)).toBe(false);
});

it('files without one differ by their paths, but where these do not count, except the root', () => {
  expect(covers(reads(file('/a')), reads(file('/a')))).toBe(true);
  expect(covers(reads(file('/a')), reads(file('/b')))).toBe(false);
  const inMemory = { filesystem: { type: 'tmpfs', id: 'tmpfs' } };
  expect(covers(reads(file('/a', inMemory)), reads(file('/b', inMemory)))).toBe(true);
  expect(covers(reads(file('/a', inMemory)), reads(file('/', inMemory)))).toBe(false);
  expect(covers(reads(file('/a')), reads(file('/b')), { scope: { ...SCOPE, uniform: 'all' } })).toBe(true);
  // Where paths decide, a stored label may not count.
  const sysfs = { filesystem: { type: 'sysfs', id: 'sysfs' } };
  expect(covers(reads(labelled('/a', 'x', sysfs)), reads(labelled('/b', 'x', sysfs)))).toBe(false);
});

it('an attribute that is not there is none of another file', () => {
  const scope: LabelScope = { ...SCOPE, attributes: [LABEL, 'security.second'], uniform: 'all' };
  const one = reads(file('/a', { xattrs: { [LABEL]: 'x' } }));
  const other = reads(file('/a', { xattrs: { 'security.second': 'x' } }));
  expect(covers(one, one, { scope })).toBe(true);
  expect(covers(one, other, { scope })).toBe(false);
  expect(covers(one, reads(labelled('/a', 'x', { xattrs: { [LABEL]: 'x', 'security.second': 'y' } })), { scope })).toBe(
    false,
  );
});

it('files differ by their numbers where the daemon keeps labels of some', () => {
  const terminal = (ino: number): AccessCheck => reads(file('/t', { filesystem: { type: 'tmpfs', id: 'tmpfs' }, ino }));
  expect(covers(terminal(3), terminal(4))).toBe(true);
  expect(covers(terminal(3), terminal(4), { kept: ['8:1'] })).toBe(false);
  expect(covers(terminal(3), terminal(3), { kept: ['8:1'] })).toBe(true);
  expect(covers(terminal(3), terminal(4), { kept: ['8:2'] })).toBe(true);
});

it('the daemon comes to keep labels of a device: what was known of one of its files is not used', () => {
  const grants = new Grants(OBJECTS, DEFAULTS, STATES);
  const check = reads(file('/t', { filesystem: { type: 'tmpfs', id: 'tmpfs' } }));
  grants.add(judged(), TID, [check]);
  expect(grants.has(judged({ kept: ['8:1'] }), TID, check)).toBe(false);
  expect(grants.has(judged(), TID, check)).toBe(true);
});

it('what the subject has opened itself is cached; what others may have opened is not', () => {
  const lock = (descriptor: number): AccessCheck => ({
    hook: 'fileLock',
    about: { file: labelled('/a', 'x'), flags: 2, exclusive: true, descriptor: { descriptor, identity: '30 7 2' } },
  });
  expect(covers(lock(3), lock(3))).toBe(true);
  expect(covers(lock(3), lock(5), { noted: ['4 30 7 2'] })).toBe(true);
  expect(covers(lock(3), lock(3), { noted: ['3 30 7 2'] })).toBe(false);
  expect(covers(lock(5), lock(3), { noted: ['3 30 7 2'] })).toBe(false);
  expect(covers(lock(3), lock(5), { noted: ['3 30 8 2'] })).toBe(true);
});

it('new files differ by names that count', () => {
  const makes = (name: string): AccessCheck => ({
    hook: 'inodeCreate',
    about: { directory: labelled('/d', 'x', { class: 'dir' }), made: { class: 'file', name } },
  });
  expect(covers(makes('a'), makes('b'))).toBe(true);
  expect(covers(makes('a'), makes('special'))).toBe(false);
  expect(covers(makes('special'), makes('a'))).toBe(false);
});

it('two files of one check do not change places', () => {
  const rename = (from: string, to: string): AccessCheck =>
    ({ hook: 'inodeRename', about: { directory: labelled('/a', from), newDirectory: labelled('/a', to) } }) as never;
  expect(covers(rename('x', 'y'), rename('x', 'y'))).toBe(true);
  expect(covers(rename('x', 'y'), rename('y', 'x'))).toBe(false);
  expect(covers(rename('x', 'y'), rename('x', 'x'))).toBe(false);
});

it('entries of /proc of the task itself differ by class alone', () => {
  const entry = (path: string, more: Partial<InodeFacts> = {}): AccessCheck =>
    reads(file(path, { filesystem: { type: 'proc', id: 'proc' }, process: TID, ...more }));
  const own = entry('/7/attr/current');
  const others = [entry('/7/status'), entry('/7/task/7/attr/toy/exec')];
  expect(others.map((other) => covers(own, other))).toEqual([true, true]);
  expect(covers(own, entry('/7', { class: 'dir' }))).toBe(false);
  const uncached = [entry('/8/status', { process: OTHER }), entry('/7/net'), entry('/7/fd/3')];
  expect(uncached.map((one) => covers(one, one))).toEqual([false, false, false]);
  expect(covers(own, own, { kept: ['8:1'] })).toBe(false);
  expect(covers(own, own, {}, OTHER)).toBe(false);
});

it('what depends on a process or a socket is not cached', () => {
  const same = (check: AccessCheck): boolean => covers(check, check);
  expect(same(reads(labelled('/1/maps', 'x', { process: tidOf(1) })))).toBe(false);
  expect(same(reads(labelled('socket:[1]', 'x', { socket: { family: 1, type: 1, protocol: 0 } })))).toBe(false);
  expect(same({ hook: 'taskKill', about: { target: tidOf(1), signal: 9 } })).toBe(false);
});

it('a pipe that is taken for one of who asks is known by its number, those of others are not known', () => {
  const ioctl = (number: number, process: Tid, more: Partial<InodeFacts> = {}): AccessCheck => {
    const filesystem = { type: 'pipefs', id: 'pipefs' };
    const inode = { filesystem, class: 'fifo_file', ino: number, process, ...more } as const;
    return { hook: 'fileIoctl', about: { file: file(`pipe:[${number}]`, inode), flags: 1, command: 5 } };
  };
  expect(covers(ioctl(1, TID), ioctl(1, TID))).toBe(true);
  expect(covers(ioctl(1, TID), ioctl(1, OTHER), {}, OTHER)).toBe(true);
  // Somebody else may have made it, whom the main thread knows.
  for (const uniform of ['all', ['pipefs'], []] as const)
    expect(covers(ioctl(1, TID), ioctl(2, TID), { scope: { ...SCOPE, uniform } })).toBe(false);
  expect(covers(ioctl(1, TID), ioctl(1, OTHER))).toBe(false);
  expect(covers(ioctl(1, OTHER), ioctl(1, OTHER))).toBe(false);
  const ofProc = { filesystem: { type: 'proc', id: 'proc' } };
  expect(covers(ioctl(1, TID, ofProc), ioctl(1, TID, ofProc))).toBe(false);
  // The same facts, as somebody else asks.
  const one = ioctl(1, TID);
  expect(covers(one, one, {}, OTHER)).toBe(false);
});

it('limits are those of the task itself', () => {
  const limit = (target: Tid, value = 8n, resource = 3): AccessCheck => ({
    hook: 'taskSetrlimit',
    about: { target, resource, hard: true, limit: value },
  });
  expect(covers(limit(TID), limit(TID))).toBe(true);
  expect(covers(limit(TID), limit(OTHER), {}, OTHER)).toBe(true);
  expect(covers(limit(TID), limit(TID), {}, OTHER)).toBe(false);
  expect(covers(limit(OTHER), limit(OTHER))).toBe(false);
  expect(covers(limit(TID), limit(TID, 9n))).toBe(false);
  expect(covers(limit(TID), limit(TID, 8n, 4))).toBe(false);
});

const entryOf = (process: Tid, path = `/${process}/status`): AccessCheck =>
  reads(file(path, { filesystem: { type: 'proc', id: 'proc' }, process }));
const looks = (target: Tid, mode = 1): AccessCheck => ({ hook: 'ptraceAccess', about: { target, mode } });

it('tasks and their files differ by what they are known as', () => {
  for (const about of [(tid: Tid) => entryOf(tid), (tid: Tid) => entryOf(tid, `/${tid}/fdinfo/3`), looks]) {
    expect(covers(about(KNOWN), about(LIKE_IT))).toBe(true);
    expect(covers(about(KNOWN), about(LIKE_IT), {}, OTHER)).toBe(true);
    expect(covers(about(KNOWN), about(UNLIKE))).toBe(false);
    expect(covers(about(KNOWN), about(OTHER))).toBe(false);
    expect(covers(about(TID), about(KNOWN))).toBe(false);
    expect(covers(about(KNOWN), about(TID))).toBe(false);
  }
  expect(covers(entryOf(KNOWN), entryOf(LIKE_IT), { kept: ['8:1'] })).toBe(false);
  for (const name of ['net', 'fd/3', 'map_files/1-2', 'ns/mnt']) {
    const one = entryOf(KNOWN, `/9/${name}`);
    expect(covers(one, one)).toBe(false);
  }
});

it('attaching is not cached, nor what is not known since before it was asked about', () => {
  expect(covers(looks(KNOWN, 1 | 8), looks(KNOWN, 1 | 8))).toBe(true);
  expect(covers(looks(KNOWN, 2), looks(KNOWN, 2))).toBe(false);
  const grants = new Grants({ of: ofKnown, since: () => undefined }, DEFAULTS, STATES);
  grants.add(judged(), TID, [looks(KNOWN), entryOf(KNOWN)]);
  expect([looks(KNOWN), entryOf(KNOWN)].map((check) => grants.has(judged(), TID, check))).toEqual([false, false]);
});

it('of whom nobody is asked about files, tasks are cached alone', () => {
  const exempt = { scope: 'nothing' } as const;
  expect(covers(looks(KNOWN), looks(LIKE_IT), exempt)).toBe(true);
  expect(covers(looks(KNOWN), looks(UNLIKE), exempt)).toBe(false);
  const one = reads(labelled('/a', 'x'));
  expect(covers(one, one, exempt)).toBe(false);
  expect(covers(entryOf(KNOWN), entryOf(KNOWN), exempt)).toBe(false);
});

it('what was granted holds for the subject until the epoch moves', () => {
  const grants = new Grants(OBJECTS, DEFAULTS, STATES);
  const [a, b] = [reads(labelled('/a', 'x')), reads(labelled('/a', 'y'))];
  grants.add(judged(), TID, [a]);
  expect(grants.has(judged(), TID, a)).toBe(true);
  expect(grants.has(judged(), TID, b)).toBe(false);
  expect(grants.has(judged({ number: 2 }), TID, a)).toBe(false);
  expect(grants.has(judged({ epoch: 6 }), TID, a)).toBe(false);
  grants.add(judged({ epoch: 6 }), TID, [b]);
  expect(grants.has(judged({ epoch: 6 }), TID, a)).toBe(false);
  expect(grants.has(judged({ epoch: 6 }), TID, b)).toBe(true);
  expect(grants.has(judged(), TID, a)).toBe(false);
});

it('what may not be cached takes no room for ever', () => {
  const grants = new Grants(OBJECTS, DEFAULTS, STATES);
  const [kept, left] = [reads(labelled('/a', 'x')), reads(labelled('/1/maps', 'x', { process: OTHER }))];
  grants.add(judged(), TID, [kept]);
  for (let i = 0; i < 16_383; i++) grants.add(judged(), TID, [left]);
  expect(grants.has(judged(), TID, kept)).toBe(true);
  grants.add(judged(), TID, [left]);
  expect(grants.has(judged(), TID, kept)).toBe(false);
});

/** What a check depends on, as a text: what was the key before the parts were looked up one by one. */
function textOf({ hook, refusal, about }: AccessCheck): string {
  const parts = Object.entries(about).map(([name, value]: [string, unknown]) => {
    if (typeof value !== 'object' || value === null || !('inode' in value)) return `${name}=${JSON.stringify(value)}`;
    const { inode, device } = value as FileFacts;
    return `${name}=${inode.class} ${device} ${inode.filesystem.type} ${inode.xattrs[LABEL] ?? inode.path}`;
  });
  return `${hook} ${refusal} ${parts.join(' ')}`;
}

it('of random checks those are known that depend on the same as one that was granted', () => {
  const label = fc.constantFrom('x', 'y', undefined);
  const anyFile = fc
    .tuple(label, fc.constantFrom('/a', '/b'), fc.constantFrom('file', 'dir'), fc.constantFrom('8:1', '8:2'))
    .map(([value, path, type, device]): FileFacts => {
      const facts = file(path, {
        class: type as InodeFacts['class'],
        xattrs: value === undefined ? {} : { [LABEL]: value },
      });
      return { ...facts, device };
    });
  const anyCheck = fc
    .tuple(fc.constantFrom('inodePermission', 'fileOpen'), anyFile, fc.option(anyFile), fc.nat(2), fc.boolean())
    .map(([hook, one, second, mask, ignored]) => {
      const about = { file: one, ...(second && { directory: second }), mask };
      return { hook, about, ...(ignored && { refusal: 'ignored' }) } as unknown as AccessCheck;
    });
  fc.assert(
    fc.property(
      fc.array(anyCheck, { maxLength: 30 }),
      fc.array(anyCheck, { minLength: 1, maxLength: 30 }),
      (granted, asked) => {
        const grants = new Grants(OBJECTS, DEFAULTS, STATES);
        grants.add(judged(), TID, []);
        const texts = new Set(granted.map(textOf));
        for (const check of granted) grants.add(judged(), TID, [check]);
        for (const check of [...asked, ...granted])
          expect(grants.has(judged(), TID, check)).toBe(texts.has(textOf(check)));
      },
    ),
  );
});
