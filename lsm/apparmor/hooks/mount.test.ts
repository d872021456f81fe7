import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MS_BIND, MS_NOSUID, MS_PRIVATE, MS_RDONLY, MS_REC } from '../../../linux/mount.ts';
import type { AccessCheck } from '../../framework/access/access.ts';
import type { FileFacts } from '../../framework/files/file-facts.ts';
import { createWorld } from '../../library/index.ts';

const POLICY = Uint8Array.from(
  readFileSync(new URL('../../../test/conformance/scenarios/data/aa/mediate.bin', import.meta.url)),
);

function directory(path: string, attached = true): FileFacts {
  const filesystem = { type: 'tmpfs', id: 'tmpfs' };
  const inode = { class: 'dir', filesystem, path, ino: 7, uid: 0, gid: 0, xattrs: {} } as const;
  return { path, device: '0:30', mode: 0o040755, inode: { ...inode, ...(attached && { entry: path }) } };
}

/** A task of that profile. @returns the errno and the records, without what is the same in all of them. */
function asked(profile: string) {
  const world = createWorld({ lsm: 'apparmor' });
  world.spawn().fs.writeFileSync('/sys/kernel/security/apparmor/.load', POLICY);
  const task = world.spawn();
  task.fs.writeFileSync('/proc/self/attr/current', `changeprofile ${profile}`);
  return (check: AccessCheck) => {
    const before = world.audit.length;
    const refused = world.stack.access.decide([check], task.caller).refused?.code;
    const records = world.audit
      .slice(before)
      .map(({ body }) => body.replace(/^apparmor=|class=\S+ | pid=.*? comm=".*?"/g, ''));
    return [refused, ...records];
  };
}

const at = directory('/m/a');

describe('mounts under AppArmor', () => {
  it('are refused with what of the rule did not match', () => {
    const ask = asked('nocaps');
    const mount = { at, source: 'tm', type: 'tmpfs', flags: MS_RDONLY | MS_NOSUID };
    expect(ask({ hook: 'sbMount', about: mount })).toEqual([
      'EACCES',
      '"DENIED" operation="mount" info="failed mntpnt match" error=-13 profile="nocaps" name="/m/a/" fstype="tmpfs" srcname="tm" flags="ro, nosuid"',
    ]);
    expect(
      ask({ hook: 'sbMount', about: { at, source: directory('/src'), flags: MS_BIND | MS_REC | MS_RDONLY } }),
    ).toEqual([
      'EACCES',
      '"DENIED" operation="mount" info="failed mntpnt match" error=-13 profile="nocaps" name="/m/a/" srcname="/src/" flags="rw, rbind"',
    ]);
    expect(ask({ hook: 'sbMount', about: { at, flags: MS_PRIVATE | MS_REC } })[1]).toContain('flags="rw, rprivate"');
    expect(ask({ hook: 'sbUmount', about: { root: at } })).toEqual([
      'EACCES',
      '"DENIED" operation="umount" profile="nocaps" name="/m/a/"',
    ]);
    expect(ask({ hook: 'sbPivotroot', about: { newRoot: at, putOld: directory('/m/a/old') } })).toEqual([
      'EACCES',
      '"DENIED" operation="pivotroot" profile="nocaps" name="/m/a/" srcname="/m/a/old/"',
    ]);
  });

  it('fail without a record where the kernel does not find what is mounted, unless the task is unconfined', () => {
    const missing: AccessCheck = { hook: 'sbMount', about: { at, flags: MS_BIND, fails: 'ENOENT' } };
    const unknown: AccessCheck = { hook: 'sbMount', about: { at, type: 'none', flags: 0, fails: 'ENODEV' } };
    expect([missing, unknown].map(asked('nocaps'))).toEqual([['ENOENT'], ['ENODEV']]);
    expect([missing, unknown].map(asked('unconfined'))).toEqual([[undefined], [undefined]]);
  });

  it('that are attached nowhere have no source, and no name', () => {
    const ask = asked('nocaps');
    expect(ask({ hook: 'moveMount', about: { to: at } })[1]).toMatch(/name="\/m\/a\/" flags="rw, move"$/);
    expect(ask({ hook: 'moveMount', about: { to: directory('/lost', false) } })[1]).toContain(
      'info="Failed name lookup - disconnected path" error=-13',
    );
  });

  it('ask all profiles of a stack, pivot_root(2) those up to the first that refuses', () => {
    const ask = asked('nocaps//&sig');
    const profiles = (check: AccessCheck) => ask(check).map((text) => text?.replace(/.* profile="(\w+)".*/, '$1'));
    expect(profiles({ hook: 'sbUmount', about: { root: at } })).toEqual(['EACCES', 'nocaps', 'sig']);
    const pivot = { newRoot: at, putOld: directory('/m/a/old') };
    expect(profiles({ hook: 'sbPivotroot', about: pivot })).toEqual(['EACCES', 'nocaps']);
  });

  it('go on in complain mode, with a record', () => {
    expect(asked('mntc')({ hook: 'sbUmount', about: { root: at } })).toEqual([
      undefined,
      '"ALLOWED" operation="umount" profile="mntc" name="/m/a/"',
    ]);
  });
});
