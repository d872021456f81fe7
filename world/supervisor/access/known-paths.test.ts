import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD, O_NOFOLLOW, RESOLVE_IN_ROOT } from '../../../linux/fcntl.ts';
import { tidOf } from '../../../linux/ids.ts';
import { CallPlaces } from '../caller/call-places.ts';
import { CallerView } from '../caller/caller-view.ts';
import { Hazards } from '../caller/hazards.ts';
import type { PidNamespaces } from '../caller/pid-namespaces.ts';
import { Epoch } from '../protocol/epoch.ts';
import { KnownPaths } from './known-paths.ts';
import type { Subjects } from './subjects.ts';
import { PathWalk } from './walk.ts';

const TID = tidOf(process.pid);
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-known-'));
  mkdirSync(path.join(directory, 'd'));
  symlinkSync('d', path.join(directory, 'to-d'));
  symlinkSync('none', path.join(directory, 'dangling'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function made() {
  const view = new CallerView(new Hazards());
  const epoch = new Epoch();
  const subject = { number: 1, epoch: 0, scope: undefined, noted: [], kept: [] };
  const subjects = { of: () => ({ ...subject, epoch: epoch.now }) } as unknown as Subjects;
  return { view, epoch, known: new KnownPaths(view, subjects, epoch, () => '') };
}

const asked = (name: string) => ({ tid: TID, dirfd: AT_FDCWD, path: path.join(directory, name), follow: true });

/** Does this filesystem keep in mind that there is no such name? */
function isCached(view: CallerView, name: string): boolean {
  const start = view.openStart(TID, AT_FDCWD, true);
  const found = view.openCached(TID, start, path.join(directory, name), O_NOFOLLOW, RESOLVE_IN_ROOT);
  view.close(start);
  return found === -ERRNO.ENOENT;
}

function remembered(name: string, missing = name) {
  const host = made();
  const beginning = host.known.begin(asked(name), 'open');
  if (beginning === undefined) throw new Error('it cannot be cached');
  host.known.remember(beginning, { missing: path.join(directory, missing) });
  return { ...host, allows: () => host.known.allows(beginning, asked(name)) };
}

describe('a name that is not there', () => {
  it('is remembered until the epoch moves', () => {
    const { view, epoch, allows } = remembered('none');
    expect(allows()).toBe(isCached(view, 'none'));
    epoch.move();
    expect(allows()).toBe(false);
  });

  it('is no longer known when a file, or a link that leads nowhere, has the name', () => {
    const file = remembered('file');
    writeFileSync(path.join(directory, 'file'), '');
    expect(file.allows()).toBe(false);
    const link = remembered('link');
    symlinkSync('none', path.join(directory, 'link'));
    expect(link.allows()).toBe(false);
    const before = remembered('early/file', 'early');
    symlinkSync('none', path.join(directory, 'early'));
    expect(before.allows()).toBe(false);
  });
});

it('a file is known until its inode changes, or another one has the name', () => {
  const name = path.join(directory, 'known');
  const known = () => {
    const { view, known, ...host } = made();
    const fd = view.open(name, 0);
    const beginning = known.begin(asked('known'), 'open');
    let file: string | undefined;
    while (file === undefined) file = known.identity(fd); // until another file can not get the same
    view.close(fd);
    if (beginning === undefined) throw new Error('it cannot be cached');
    known.remember(beginning, { file });
    return { ...host, allows: () => known.allows(beginning, asked('known')) };
  };
  writeFileSync(name, '');
  const moved = known();
  expect(moved.allows()).toBe(true);
  moved.epoch.move();
  expect(moved.allows()).toBe(false);
  const changed = known();
  const time = () => statSync(name, { bigint: true }).ctimeNs;
  for (const before = time(); time() === before; ) chmodSync(name, 0o600); // the clock has ticks
  expect(changed.allows()).toBe(false);
  const replaced = known();
  expect(replaced.allows()).toBe(true);
  writeFileSync(path.join(directory, 'other'), '');
  renameSync(path.join(directory, 'other'), name);
  expect(replaced.allows()).toBe(false);
});

describe('the walk says up to where there is nothing', () => {
  const walked = (name: string) => {
    const { view } = made();
    const files = { look: () => undefined, list: () => [] };
    const found = PathWalk.run({ view, files, namespaces: {} as PidNamespaces }, asked(name));
    found.close();
    return { file: found.file, missing: found.missing?.slice(directory.length + 1) };
  };

  it('by the path of the caller', () => {
    expect(walked('none')).toEqual({ file: -ERRNO.ENOENT, missing: 'none' });
    expect(walked('d//none/more/yet')).toEqual({ file: -ERRNO.ENOENT, missing: 'd/none' });
    expect(walked('to-d/none/more')).toEqual({ file: -ERRNO.ENOENT, missing: 'to-d/none' });
    expect(walked('none/')).toEqual({ file: -ERRNO.ENOENT, missing: 'none' });
  });

  it('and nothing where the name is of a link', () => {
    expect(walked('dangling')).toEqual({ file: -ERRNO.ENOENT, missing: undefined });
    expect(walked('dangling/more')).toEqual({ file: -ERRNO.ENOENT, missing: undefined });
  });
});

describe('the way to a directory in which names are made', () => {
  function way(name: string) {
    const host = made();
    const places = new CallPlaces(host.view, { of: () => ({}) });
    const at = (path: string) => {
      const place = places.find(TID, AT_FDCWD, path);
      const beginning = place && host.known.wayTo(TID, place);
      if (place === undefined || beginning === undefined) throw new Error('it cannot be cached');
      return { place, beginning };
    };
    const { place, beginning } = at(path.join(directory, name, 'new'));
    const found = host.known.placeOf(place.directory);
    if (found !== undefined) host.known.remember(beginning, found);
    const leads = (path: string): boolean => {
      const { place, beginning } = at(path);
      const known = host.known.leads(beginning, place);
      places.forget();
      return known;
    };
    places.forget();
    return { ...host, leads };
  }

  it('is known for all names, whatever is made there, until labels or names are others', () => {
    const { epoch, leads } = way('d');
    writeFileSync(path.join(directory, 'd/one'), '');
    expect(leads(path.join(directory, 'd/two'))).toBe(true);
    expect(leads(`${directory}/d/./two`)).toBe(false); // another way, as far as is known
    epoch.moveNames();
    expect(leads(path.join(directory, 'd/two'))).toBe(false);
    const labels = way('d');
    labels.epoch.move();
    expect(labels.leads(path.join(directory, 'd/two'))).toBe(false);
  });

  it('is not known when it leads to another directory', () => {
    mkdirSync(path.join(directory, 'e'));
    const { leads } = way('e');
    renameSync(path.join(directory, 'e'), path.join(directory, 'f')); // by who works on the host
    mkdirSync(path.join(directory, 'e'));
    expect(leads(path.join(directory, 'e/two'))).toBe(false);
  });
});
