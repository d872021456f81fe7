import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import { idHere, idMapIn, OwnIdMaps } from './id-map.ts';
import { OwnFiles } from './own-files.ts';

const view = (isOurs: boolean, map: string | undefined): Parameters<typeof idHere>[0] => ({
  isInOurUserNamespace: () => isOurs,
  ownIdMap: () => idMapIn((isOurs && map) || ''),
  readFile: () => (isOurs ? undefined : map),
});
const caller = tidOf(7);

it('leaves ids of our namespace as they are, and knows those that mean nothing in it', () => {
  const user = view(true, '      1000       1000          1\n');
  expect(idHere(user, caller, 'uid', 1000)).toBe(1000);
  expect(idHere(user, caller, 'uid', 0)).toBeUndefined();
  expect(idHere(view(true, '         0          0 4294967295\n'), caller, 'gid', 65534)).toBe(65534);
});

it('says what ids of another namespace are in ours', () => {
  const container = view(false, '         0       1000          1\n         1     300000      65536\n');
  expect(idHere(container, caller, 'uid', 0)).toBe(1000);
  expect(idHere(container, caller, 'gid', 33)).toBe(300032);
  expect(idHere(container, caller, 'gid', 65537)).toBeUndefined();
});

it('knows nothing of who has ended', () => {
  expect(idHere(view(false, undefined), caller, 'uid', 0)).toBeUndefined();
});

it('has the map of our own namespace', () => {
  const files = new OwnFiles();
  for (const kind of ['uid', 'gid', 'uid'] as const)
    expect(files.ownIdMap(kind)).toEqual(idMapIn(readFileSync(`/proc/self/${kind}_map`, 'latin1')));
});

it('asks again for a map that could not be read', () => {
  const maps = new OwnIdMaps();
  const asked: string[] = [];
  const read = (text: string | undefined) => (path: string) => {
    asked.push(path);
    return text;
  };
  expect(maps.of('gid', read(undefined))).toEqual([]);
  expect(maps.of('gid', read(' 5 6 7\n'))).toEqual([[5, 6, 7]]);
  expect(maps.of('gid', read(undefined))).toEqual([[5, 6, 7]]);
  expect(asked).toEqual(['/proc/thread-self/gid_map', '/proc/thread-self/gid_map']);
});
