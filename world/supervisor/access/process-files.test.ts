import { expect, it } from 'vitest';
import { type Tid, tidOf } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { WorkerContext } from '../context.ts';
import { fdinfoChecks } from './fdinfo-checks.ts';
import { lookChecks } from './process-files.ts';

function entry(path: string): FileFacts {
  const inode = { class: 'file', filesystem: { type: 'proc', id: 'proc' }, path, ino: 1, uid: 0, gid: 0 } as const;
  return { path: `/proc${path}`, device: '0:5', mode: 0o100444, inode: { ...inode, xattrs: {}, process: tidOf(8) } };
}

const IDS = 'Uid:\t5 5 5 5\nGid:\t5 5 5 5\nCapEff:\t0000000000080000\n';

/** Hooks, modes and refusals that task 7 is asked about for a file of task 8. */
function asked(path: string, when: 'open' | 'read' | 'readlink', status = 'VmSize:\t4 kB\n', families = ['tasks']) {
  const view = viewOf(status);
  const context = { call: { tid: tidOf(7) }, mediator: { families: new Set(families) }, view };
  return shown(lookChecks(context as unknown as WorkerContext, entry(path), when));
}

const viewOf = (status: string) => ({
  readStatus: (tid: Tid) => `Tgid:\t${tid}\n${IDS}${status}`,
  readlinkAt: () => 'user:[1]',
});

const shown = (checks: readonly AccessCheck[]): string[] =>
  checks.flatMap((check) =>
    check.hook === 'ptraceAccess' ? [`${check.about.target} ${check.about.mode} ${check.refusal}`] : [],
  );

it('files of /proc ask when the kernel does', () => {
  expect(asked('/8/environ', 'open')).toEqual(['8 1 EACCES']);
  expect(asked('/8/task/8/mem', 'open')).toEqual(['8 2 EACCES']);
  expect(asked('/8/stat', 'open')).toEqual([]);
  expect(asked('/8/stat', 'read')).toEqual(['8 5 ignored']);
  expect(asked('/8/wchan', 'read')).toEqual(['8 1 ignored']);
  expect(asked('/8/syscall', 'read')).toEqual(['8 2 EPERM']);
  expect(asked('/8/ns/mnt', 'readlink')).toEqual(['8 1 EACCES']);
  expect(asked('/8/status', 'open')).toEqual([]);
});

it('nobody is asked about the memory of who has none, or where tasks are not mediated', () => {
  expect(asked('/8/maps', 'open', '')).toEqual([]);
  expect(asked('/8/io', 'read', '')).toEqual(['8 1 EACCES']);
  expect(asked('/8/maps', 'open', 'VmSize:\t4 kB\n', ['files'])).toEqual([]);
});

it('fdinfo and the files in it ask before their permission bits count', () => {
  const ofFdinfo = (path: string) => shown(fdinfoChecks(viewOf('') as unknown as CallerView, tidOf(7), entry(path)));
  expect(ofFdinfo('/8/fdinfo')).toEqual(['8 1 EACCES']);
  expect(ofFdinfo('/8/task/8/fdinfo/3')).toEqual(['8 1 EACCES']);
  expect(ofFdinfo('/8/fd')).toEqual([]);
  expect(ofFdinfo('/8/stat')).toEqual([]);
});
