import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { tidOf } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { inodeFacts } from '../../../lsm/framework/testing/files.ts';
import { CallPlaces } from '../caller/call-places.ts';
import { CallerView } from '../caller/caller-view.ts';
import { Hazards } from '../caller/hazards.ts';
import type { WorkerContext } from '../context.ts';
import { Epoch } from '../protocol/epoch.ts';
import { foreseen, type NewPlace, wayOf } from './foreseen.ts';
import { KnownPaths } from './known-paths.ts';
import type { Subjects } from './subjects.ts';

const TID = tidOf(process.pid);
const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-foreseen-'));
writeFileSync(path.join(directory, 'there'), ''); // so that the kernel has the directory in its caches
afterAll(() => rmSync(directory, { recursive: true }));

function calling(name: string) {
  const view = new CallerView(new Hazards());
  const epoch = new Epoch();
  const subject = { number: 1, scope: undefined, noted: [], kept: [] };
  const subjects = { of: () => ({ ...subject, epoch: epoch.now }) } as unknown as Subjects;
  const places = new CallPlaces(view, { of: () => ({}) });
  const known = new KnownPaths(view, subjects, epoch, () => '');
  const host = { label: 'a' as string | undefined, exempt: false, plain: true, mode: 0o40755 };
  const asked: AccessCheck[][] = [];
  const mediator = {
    families: new Set(['files', 'capabilities']),
    known,
    isExempt: () => host.exempt,
    credentials: () => ({ fsuid: 1, fsgid: 1, groups: [], capabilities: -1n }),
    lookByLabel: (): FileFacts | undefined =>
      host.label === undefined
        ? undefined
        : { path: '', device: '8:1', mode: host.mode, inode: inodeFacts({ uid: 0, class: 'dir' }) },
    grants: (_tid: number, checks: readonly AccessCheck[]) => {
      asked.push([...checks]);
      return host.label === 'a';
    },
  };
  const context = {
    call: { tid: TID, low: () => 8, high: () => 0 },
    memory: { readString: () => path.join(directory, name) },
    files: { list: () => [] },
    mediator,
    places,
    view,
  } as unknown as WorkerContext;
  vi.spyOn(view, 'filesystemMagic').mockReturnValue(0xef53);
  const look = () => {
    const most = ({ directory }: NewPlace): AccessCheck[] => [
      { hook: 'inodePermission', about: { file: directory, mask: 3 } },
    ];
    return foreseen(context, { dirfd: AT_FDCWD, path: 0 }, most, () => host.plain);
  };
  const remember = (): void => {
    const way = look();
    const parent = places.find(TID, AT_FDCWD, path.join(directory, name))?.directory ?? -1;
    const whole = way === 'granted' ? undefined : wayOf(context, way, { parent });
    if (whole !== undefined) known.remember(whole.beginning, whole.found);
  };
  return { asked, epoch, host, look, remember, places };
}

it('nobody is asked about a name once the way is known, and all is granted for the label of the directory', () => {
  const { asked, epoch, host, look, remember, places } = calling('new');
  expect(look()).toMatchObject({ epoch: 0 });
  expect(asked).toEqual([]);
  remember();
  expect(look()).toBe('granted');
  expect(asked[0]?.map(({ about }) => ('mask' in about ? about.mask : undefined))).toEqual([1, 3]);
  host.label = 'b';
  expect(look()).not.toBe('granted');
  host.label = undefined;
  expect(look()).not.toBe('granted');
  host.label = 'a';
  epoch.moveNames();
  expect(look()).not.toBe('granted');
  places.forget();
});

it('a capability that searching the directory takes is asked about, too', () => {
  const { asked, host, look, remember, places } = calling('new');
  remember();
  host.mode = 0o40700;
  look();
  expect(asked.at(-1)?.map(({ hook }) => hook)).toEqual(['capable', 'inodePermission', 'inodePermission']);
  places.forget();
});

it('of whom nobody is asked about files, only the place counts', () => {
  const { asked, host, look, places } = calling('new');
  host.exempt = true;
  expect(look()).toBe('granted');
  expect(asked).toEqual([]);
  host.plain = false;
  expect(look()).toBeUndefined();
  places.forget();
  const nowhere = calling('none/new');
  nowhere.host.exempt = true;
  expect(nowhere.look()).toBeUndefined();
  nowhere.places.forget();
});
