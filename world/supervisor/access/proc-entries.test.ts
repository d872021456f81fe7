import { expect, it } from 'vitest';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { tidOf } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { inodeFacts } from '../../../lsm/framework/testing/files.ts';
import { CallerView } from '../caller/caller-view.ts';
import { Hazards } from '../caller/hazards.ts';
import { PidNamespaces } from '../caller/pid-namespaces.ts';
import type { WorkerContext } from '../context.ts';
import { KnownProcs } from './known-procs.ts';
import { grantsProcEntry } from './proc-entries.ts';

const TID = tidOf(process.pid);

/** What this process, as a caller, is known to be granted of files in the real /proc. */
function caller() {
  const view = new CallerView(new Hazards());
  const host = { exempt: false, refused: (_check: AccessCheck) => false };
  const asked: string[] = [];
  const root = { path: '', device: '8:1', mode: 0o40755, inode: inodeFacts({ uid: 0, class: 'dir' }) };
  const look = (fd: number): FileFacts => {
    const path = view.readlinkAt(AT_FDCWD, `/proc/self/fd/${fd}`) ?? '';
    const isLink = view.identity(fd)?.link === true;
    const filesystem = { type: 'proc', id: 'proc' };
    const inode = inodeFacts({
      class: isLink ? 'lnk_file' : 'dir',
      filesystem,
      path: path.replace('/proc', '') || '/',
    });
    return { path, device: '0:5', mode: 0o40555, inode };
  };
  const mediator = {
    families: new Set(['files']),
    isExempt: () => host.exempt,
    procs: new KnownProcs(),
    look,
    lookByLabel: () => root,
    grants: (_tid: number, checks: readonly AccessCheck[]) => {
      for (const check of checks) asked.push(textOf(check));
      return !checks.some(host.refused);
    },
  };
  const context = {
    call: { tid: TID },
    mediator,
    namespaces: new PidNamespaces(view, process.pid),
    view,
  } as unknown as WorkerContext;
  const grants = (path: string, known = true): boolean => {
    view.forget();
    asked.length = 0;
    const existing = (file: FileFacts): AccessCheck[] => [{ hook: 'fileOpen', about: { file, flags: 0 } }];
    const missing = ({ directory, name }: { directory: FileFacts; name: string }): AccessCheck[] => [
      { hook: 'inodeMkdir', about: { directory, made: { class: 'dir', name } } },
    ];
    return grantsProcEntry(context, path, known ? { existing, missing } : { existing: undefined, missing: undefined });
  };
  return { asked, grants, host };
}

function textOf({ hook, about }: AccessCheck): string {
  const file = 'file' in about ? about.file : 'directory' in about ? about.directory : undefined;
  const { inode } = file as FileFacts;
  return `${hook} ${inode.filesystem.type}:${inode.path.replace(/\d+/g, 'N')} ${inode.class}${inode.process === TID ? ' own' : ''}`;
}

const SEARCHES = ['inodePermission tmpfs:/d/f dir', 'inodePermission proc:/ dir'];
const OWN = 'inodePermission proc:/N dir own';

it('the way to an entry of its own and the entry are asked about by what they are', () => {
  const { asked, grants } = caller();
  const through = (link: string) => [...SEARCHES, `inodeFollowLink proc:/${link} lnk_file`];
  expect(grants('/proc/self/attr/current')).toBe(true);
  expect(asked).toEqual([...through('self'), OWN, 'fileOpen proc:/N/attr/current file own']);
  expect(grants('/proc/thread-self/status')).toBe(true);
  expect(asked).toEqual([
    ...through('thread-self'),
    'inodePermission proc:/N/task/N dir own',
    'fileOpen proc:/N/task/N/status file own',
  ]);
  expect(grants(`/proc/${TID}/task/${TID}/stat`)).toBe(true);
  expect(asked).toEqual([...SEARCHES, OWN, 'fileOpen proc:/N/task/N/stat file own']);
  expect(grants('/proc/self/attr')).toBe(true);
  expect(grants('/proc/self/attr/nothing')).toBe(true);
  expect(asked.at(-1)).toBe('inodeMkdir proc:/N/attr dir own');
});

it('each of the checks can be one that is not granted', () => {
  const { asked, grants, host } = caller();
  grants('/proc/self/status');
  for (const text of [...asked]) {
    host.refused = (check) => textOf(check) === text;
    expect(grants('/proc/self/status')).toBe(false);
  }
  host.refused = () => false;
  expect(grants('/proc/self/status', false)).toBe(false);
});

const ELSEWHERE = [
  '/proc/1/status',
  `/proc/self/task/1/stat`,
  '/proc/self/exe',
  '/proc/self/fd/0',
  '/proc/self/environ',
];
const UNPLAIN = ['/proc/self/attr/../status', '/proc/self/attr/', '/proc//self/status', '/proc/cpuinfo', 'self/status'];

it.each([...ELSEWHERE, ...UNPLAIN, '/proc/self/cwd', '/proc/self/net/dev', '/proc/self/mounts/..'])(
  'nothing is known of %s',
  (path) => {
    const { grants } = caller();
    expect(grants(path)).toBe(false);
  },
);

it('who is asked about nothing may open what is no look into others', () => {
  const { asked, grants, host } = caller();
  host.exempt = true;
  expect(['/proc/1/status', '/proc/1/attr/current', '/proc/self/stat'].map((path) => grants(path))).toEqual([
    true,
    true,
    true,
  ]);
  expect(['/proc/1/environ', '/proc/1/exe', '/proc/1/maps', '/proc/1/fd/0'].map((path) => grants(path))).toEqual([
    ...[false, false, false, false],
  ]);
  expect(asked).toEqual([]);
});
