import { expect, it } from 'vitest';
import { CAP } from '../../../linux/capability.ts';
import { MAY_EXEC, MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import { type Tid, tidOf } from '../../../linux/ids.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { InodeClass } from '../../../lsm/framework/files/inode.ts';
import { overrideChecks, type PermissionHost } from './permission-checks.ts';

const both = (1n << BigInt(CAP.DAC_OVERRIDE)) | (1n << BigInt(CAP.DAC_READ_SEARCH));

/** Capabilities that root is asked about for a file of user 1000 and group 5. */
function asked(
  mode: number,
  mask: number,
  { of = 'file' as InodeClass, capabilities = both, names = [''], path = '/f', process = tidOf(0) } = {},
) {
  const inode = {
    class: of,
    filesystem: { type: 'tmpfs', id: 'tmpfs' },
    path,
    ino: 1,
    uid: 1000,
    gid: 5,
    xattrs: {},
    ...(process !== 0 && { process }),
  };
  const file: FileFacts = { path: '/f', device: '0:30', mode, inode };
  const host = {
    view: {
      credentials: () => ({ fsuid: 0, fsgid: 0, groups: [7], capabilities }),
      status: (tid: Tid) => ({ tgid: tid === 9 ? 9 : 7 }),
    },
    files: { list: () => names },
  } as unknown as PermissionHost;
  const checks = overrideChecks(host, tidOf(7), file, 3, mask);
  return checks.map(({ about, refusal }) => (refusal === 'EACCES' ? about : { ...about, refusal }));
}

it('a capability is asked about only where the permission bits do not do', () => {
  expect(asked(0o644, MAY_READ)).toEqual([]);
  expect(asked(0o604, MAY_READ)).toEqual([]);
  expect(asked(0o640, MAY_READ)).toEqual([{ capability: CAP.DAC_READ_SEARCH, otherwise: CAP.DAC_OVERRIDE }]);
  expect(asked(0o644, MAY_READ | MAY_WRITE)).toEqual([{ capability: CAP.DAC_OVERRIDE }]);
});

it('directories are searched by either, and written to by one', () => {
  expect(asked(0o700, MAY_EXEC, { of: 'dir' })).toEqual([
    { capability: CAP.DAC_READ_SEARCH, otherwise: CAP.DAC_OVERRIDE },
  ]);
  expect(asked(0o755, MAY_WRITE | MAY_EXEC, { of: 'dir' })).toEqual([{ capability: CAP.DAC_OVERRIDE }]);
});

it('what the task does not hold, and what a list may allow, is not asked about', () => {
  expect(asked(0o600, MAY_READ, { capabilities: 0n })).toEqual([]);
  expect(asked(0o600, MAY_READ, { capabilities: 1n << BigInt(CAP.DAC_OVERRIDE) })).toEqual([
    { capability: CAP.DAC_OVERRIDE },
  ]);
  expect(asked(0o600, MAY_READ, { names: ['system.posix_acl_access'] })).toEqual([]);
});

it('the descriptors of oneself are granted whatever the modules say', () => {
  const search = { capability: CAP.DAC_READ_SEARCH, otherwise: CAP.DAC_OVERRIDE };
  const of = (path: string, process: number) => asked(0o500, MAY_EXEC, { of: 'dir', path, process: tidOf(process) });
  expect(of('/7/fd', 7)).toEqual([{ ...search, refusal: 'ignored' }]);
  expect(of('/7/task/8/fd', 8)).toEqual([{ ...search, refusal: 'ignored' }]);
  expect(of('/7/fdinfo', 7)).toEqual([search]);
  expect(of('/9/fd', 9)).toEqual([search]);
});
