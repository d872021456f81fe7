import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { O_RDONLY, O_RDWR } from '../../../linux/fcntl.ts';
import { tgidOf } from '../../../linux/ids.ts';
import type { OpenFile } from '../../framework/access/file-access.ts';
import { createWorld } from '../../library/index.ts';

const POLICY = Uint8Array.from(
  readFileSync(new URL('../../../test/conformance/scenarios/data/aa/mediate.bin', import.meta.url)),
);
const SCRATCH = '/run/oracle-scratch';

function open(name: string, descriptor: number, flags: number): OpenFile {
  const path = `${SCRATCH}/${name}`;
  const filesystem = { type: 'tmpfs', id: 'tmpfs' };
  const inode = { class: 'file', filesystem, path, ino: descriptor, uid: 0, gid: 0, xattrs: {} } as const;
  const identity = `30 ${descriptor} ${flags}`;
  return { file: { path, device: '0:30', mode: 0o100644, inode }, flags, descriptor: { descriptor, identity } };
}

/** A task of the profile `exe` executes a program with two open files: numbers that are closed, those refused, records. */
function executed(program: string, opener = 'exe') {
  const world = createWorld({ lsm: 'apparmor' });
  world.spawn().fs.writeFileSync('/sys/kernel/security/apparmor/.load', POLICY);
  const task = world.spawn();
  const inherited = [open('data', 20, O_RDONLY), open('d-ok', 21, O_RDWR)];
  const become = (profile: string) => task.fs.writeFileSync('/proc/self/attr/current', `changeprofile ${profile}`);
  if (opener !== 'exe') {
    const noted = inherited.flatMap(({ descriptor }) => descriptor ?? []);
    world.stack.apply({ kind: 'descriptors', tid: task.tid, open: noted });
  }
  become('exe');
  const path = `${SCRATCH}/${program}`;
  const how = { filename: path, deleted: false, disconnected: false, nosuid: false, interpreters: [] };
  const file = { path, call: { ...how, noNewPrivs: false, fsuid: 0, inherited } };
  const before = world.audit.length;
  const closed = world.stack.files.closedAtExec(file, task.caller).map(({ descriptor }) => descriptor);
  const silent = world.audit.length === before;
  world.stack.apply({ kind: 'exec', tid: tgidOf(task.tid), file });
  const running = world.stack.tasks.find(task.tid);
  const refused = running && world.stack.openFiles.takeRefused(running);
  return {
    closed,
    silent,
    refused: refused?.descriptors.map(({ descriptor }) => descriptor),
    records: world.audit
      .slice(before)
      .map(({ body }) =>
        /operation="(\w+)".*profile="([^"]+)" name="([^"]+)".*comm="([^"]+)"/.exec(body)?.slice(1).join(' '),
      ),
  };
}

it('what the next profile may not have is closed, and recorded when its program runs', () => {
  expect(executed('x-px')).toEqual({
    closed: [21],
    silent: true,
    refused: [21],
    records: [`file_inherit tgt ${SCRATCH}/d-ok x-px`, 'open tgt apparmor/.null x-px'],
  });
});

it('each profile of a stack is asked, and about the null device once', () => {
  expect(executed('x-st')).toEqual({
    closed: [20, 21],
    silent: true,
    refused: [20, 21],
    records: [
      `file_inherit kido ${SCRATCH}/data x-st`,
      'open kido apparmor/.null x-st',
      'open tgt apparmor/.null x-st',
      `file_inherit kido ${SCRATCH}/d-ok x-st`,
      `file_inherit tgt ${SCRATCH}/d-ok x-st`,
    ],
  });
});

it('a program of the same profile, or of none, has all; so has any of what nobody confined has opened', () => {
  const everything = { closed: [], silent: true, refused: [], records: [] };
  expect(executed('x-rix')).toEqual(everything);
  expect(executed('x-ux')).toEqual(everything);
  expect(executed('x-px', 'nobody')).toEqual(everything);
});
