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
    families: new Set(['files', 'tasks']),
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
  if (hook === 'ptraceAccess') return `${hook} ${about.target}`;
  if (hook === 'capable') return `${hook} ${about.capability}`;
  const file = 'file' in about ? about.file : 'directory' in about ? about.directory : undefined;
  const { inode } = file as FileFacts;
  return `${hook} ${inode.filesystem.type}:${inode.path.replace(/\d+/g, 'N')} ${inode.class}${inode.process === undefined ? '' : inode.process === TID ? ' own' : ` of ${inode.process}`}`;
}

const SEARCHES = ['inodePermission tmpfs:/d/f dir', 'inodePermission proc:/ dir'];
const OWN = 'inodePermission proc:/N dir own';
const OWN_THREAD = 'inodePermission proc:/N/task/N dir own';

it('the way to an entry of its own and the entry are asked about by what they are', () => {
  const { asked, grants } = caller();
  const through = (link: string) => [...SEARCHES, `inodeFollowLink proc:/${link} lnk_file`];
  expect(grants('/proc/self/attr/current')).toBe(true);
  expect(asked).toEqual([...through('self'), OWN, 'fileOpen proc:/N/attr/current file own']);
  expect(grants('/proc/thread-self/status')).toBe(true);
  expect(asked).toEqual([...through('thread-self'), OWN, OWN_THREAD, 'fileOpen proc:/N/task/N/status file own']);
  expect(grants(`/proc/${TID}/task/${TID}/stat`)).toBe(true);
  expect(asked).toEqual([...SEARCHES, OWN, OWN_THREAD, 'fileOpen proc:/N/task/N/stat file own']);
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

it('those of others, and of other threads, are asked about by theirs', () => {
  const { asked, grants } = caller();
  expect(grants('/proc/1/status')).toBe(true);
  expect(asked).toEqual([...SEARCHES, 'inodePermission proc:/N dir of 1', 'fileOpen proc:/N/status file of 1']);
  expect(grants('/proc/1/ctty')).toBe(true);
  expect(asked.at(-1)).toBe('inodeMkdir proc:/N dir of 1');
  expect(grants('/proc/1/task/1/stat')).toBe(true);
  expect(asked.at(-1)).toBe('fileOpen proc:/N/task/N/stat file of 1');
  expect(grants('/proc/self/fdinfo/2')).toBe(true);
  expect(asked.at(-1)).toBe('fileOpen proc:/N/fdinfo/N file own');
  expect(grants('/proc/1/fd')).toBe(true);
  expect(asked.at(-1)).toBe('fileOpen proc:/N/fd dir of 1');
});

it('a look into another is asked about, too', () => {
  const { asked, grants, host } = caller();
  expect(grants('/proc/self/maps')).toBe(true);
  expect(asked).not.toContain('ptraceAccess 1');
  expect(grants('/proc/1/maps')).toBe(true);
  expect(asked).toContain('fileOpen proc:/N/maps file of 1');
  expect(asked.at(-1)).toBe('ptraceAccess 1');
  host.refused = ({ hook }) => hook === 'ptraceAccess';
  expect(grants('/proc/1/maps')).toBe(false);
  expect(grants('/proc/1/status')).toBe(true);
});

const ELSEWHERE = ['/proc/self/task/1/stat', '/proc/self/exe', '/proc/self/fd/0', '/proc/4194305/status'];
const UNPLAIN = ['/proc/self/attr/../status', '/proc/self/attr/', '/proc//self/status', '/proc/cpuinfo', 'self/status'];

it.each([...ELSEWHERE, ...UNPLAIN, '/proc/self/cwd', '/proc/self/net/dev', '/proc/self/mounts/..'])(
  'nothing is known of %s',
  (path) => {
    const { grants } = caller();
    expect(grants(path)).toBe(false);
  },
);

it('who is asked about nothing is asked about looks into others alone', () => {
  const { asked, grants, host } = caller();
  host.exempt = true;
  expect(['/proc/1/status', '/proc/1/attr/current', '/proc/self/stat'].map((path) => grants(path))).toEqual([
    true,
    true,
    true,
  ]);
  expect(asked).toEqual([]);
  expect(['/proc/1/exe', '/proc/1/fd/0'].map((path) => grants(path))).toEqual([false, false]);
  host.refused = ({ hook }) => hook === 'ptraceAccess';
  expect(grants('/proc/1/environ')).toBe(false);
  expect(asked.at(-1)).toBe('ptraceAccess 1');
});

it.each([false, true])('the way through fdinfo is a look into the process, whoever goes it (exempt: %s)', (exempt) => {
  const { asked, grants, host } = caller();
  host.exempt = exempt;
  for (const path of ['/proc/1/fdinfo', '/proc/1/fdinfo/0', '/proc/1/fdinfo/1000000']) {
    host.refused = () => false;
    grants(path);
    expect(asked).toContain('ptraceAccess 1');
    host.refused = ({ hook }) => hook === 'ptraceAccess';
    expect(grants(path)).toBe(false);
  }
  expect(grants('/proc/self/fdinfo/0')).toBe(true);
});
