import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { FileFacts } from '../../framework/files/file-facts.ts';
import { createWorld } from '../../library/index.ts';

const POLICY = Uint8Array.from(
  readFileSync(new URL('../../../test/conformance/scenarios/data/aa/mediate.bin', import.meta.url)),
);

function file(name: string, uid: number, objectClass: 'dir' | 'file' = 'file'): FileFacts {
  const path = `/run/oracle-scratch/f/${name}`;
  const filesystem = { type: 'tmpfs', id: 'tmpfs' };
  const inode = { class: objectClass, filesystem, path, ino: name.length, uid, gid: 0, xattrs: {} } as const;
  return { path, device: '0:30', mode: objectClass === 'dir' ? 0o40755 : 0o100644, inode };
}

it('both files of an exchange are judged by the owner of the first one', () => {
  const world = createWorld({ lsm: 'apparmor' });
  world.spawn().fs.writeFileSync('/sys/kernel/security/apparmor/.load', POLICY);
  const task = world.spawn();
  task.fs.writeFileSync('/proc/self/attr/current', 'changeprofile filer');
  const directory = file('', 0, 'dir');
  const exchange = (first: FileFacts, second: FileFacts, newName: string) => {
    const about = { file: first, directory, newDirectory: directory, newName, exchanged: second };
    const refused = world.stack.access.decide([{ hook: 'pathRename', about } as never], task.caller).refused?.code;
    const record = /operation="(\w+)".* name="\S*\/(\S+)".* ouid=(\d+)/.exec(world.audit.at(-1)?.body ?? '');
    return [refused, ...(record ?? []).slice(1)].join(' ');
  };
  expect(exchange(file('none', 7), file('other', 1000), 'other')).toBe('EACCES rename_src other 7');
  expect(exchange(file('own', 7), file('none', 0), 'none')).toBe('EACCES rename_src none 7');
});
