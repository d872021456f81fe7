/** Whatever is written to AppArmor's files is answered with an errno or a count, and what is refused changes nothing. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWorld, type WorldTask } from '../library/index.ts';

const DATA = path.resolve(import.meta.dirname, '../../test/conformance/scenarios/data/aa');
const APPARMOR = '/sys/kernel/security/apparmor';
const profile = (name: string): Buffer => readFileSync(path.join(DATA, `${name}.bin`));

function worldWithPolicy(): WorldTask {
  const world = createWorld({ lsm: 'apparmor' });
  for (const name of ['simple', 'hatty', 'wide']) world.fs.writeFileSync(`${APPARMOR}/.load`, profile(name));
  return world.spawn();
}

/** @returns the code of the error; `undefined` when it was taken. */
function write({ fs }: WorldTask, file: string, data: Uint8Array): string | undefined {
  try {
    fs.writeFileSync(file, data);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return code;
  }
}

const profiles = ({ fs }: WorldTask): string => fs.readFileSync(`${APPARMOR}/profiles`, 'utf8');
const damaged = fc
  .tuple(fc.constantFrom('simple', 'hatty', 'par', 'comp.ns1'), fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 8 }))
  .map(([name, at, bytes]) => {
    const blob = Uint8Array.from(profile(name));
    blob.set(bytes.subarray(0, blob.length - (at % blob.length)), at % blob.length);
    return blob;
  });
const cut = fc
  .tuple(fc.constantFrom('simple', 'hatty', 'par'), fc.nat())
  .map(([name, length]) => Uint8Array.from(profile(name)).subarray(0, length % profile(name).length));

describe('policy files', () => {
  it('refuse damaged policy without changing anything', () => {
    const task = worldWithPolicy();
    fc.assert(
      fc.property(
        fc.constantFrom('.load', '.replace'),
        fc.oneof(damaged, cut, fc.uint8Array({ maxLength: 64 })),
        (file, data) => {
          const before = profiles(task);
          if (write(task, `${APPARMOR}/${file}`, data) !== undefined) expect(profiles(task)).toBe(before);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('remove what is named, or nothing', () => {
    const names = fc.oneof(
      fc.constantFrom('simple', 'simple\n', ':ns1:', ':', '::', 'hatty//h1', 'unconfined', ' wide', '\0', 'wide\0'),
      fc.uint8Array({ minLength: 1, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    );
    fc.assert(
      fc.property(names, (name) => {
        const task = worldWithPolicy();
        const before = profiles(task);
        const refused = write(task, `${APPARMOR}/.remove`, Buffer.from(name, 'latin1'));
        expect(profiles(task) === before).toBe(refused !== undefined);
      }),
      { numRuns: 60 },
    );
  });

  it('answer any question', () => {
    const task = worldWithPolicy();
    const verb = fc.constantFrom('label\0', 'profile\0', 'labelall\0', 'data\0', '');
    const name = fc.constantFrom('simple\0', 'wide//&simple\0', ':ns:x\0', '\0', '');
    fc.assert(
      fc.property(verb, name, fc.uint8Array({ maxLength: 64 }), (command, label, rest) => {
        const query = Buffer.concat([Buffer.from(command), Buffer.from(label), rest]);
        expect([undefined, 'EINVAL', 'ENOENT']).toContain(write(task, `${APPARMOR}/.access`, query));
      }),
    );
  });
});

describe('attr files', () => {
  it('take any text', () => {
    const verb = fc.constantFrom('changeprofile ', 'changehat 1^', 'permhat 0^', 'stack ', 'exec ', 'permprofile ', '');
    const name = fc.constantFrom('simple', 'wide//&', '&wide', ':ns1:', 'hatty//h1', 'h1', '');
    fc.assert(
      fc.property(
        fc.constantFrom('current', 'exec', 'apparmor/current'),
        verb,
        name,
        fc.uint8Array({ maxLength: 8 }),
        (file, command, target, rest) => {
          const task = worldWithPolicy();
          const place = `/proc/${task.tid}/attr`;
          const value = Buffer.concat([Buffer.from(command), Buffer.from(target), rest]);
          const before = task.fs.readFileSync(`${place}/current`, 'latin1');
          const refused = write(task, `${place}/${file}`, value);
          expect([undefined, 'EINVAL', 'ENOENT', 'EPERM', 'EACCES', 'ECHILD']).toContain(refused);
          if (refused !== undefined) expect(task.fs.readFileSync(`${place}/current`, 'latin1')).toBe(before);
        },
      ),
      { numRuns: 60 },
    );
  });
});
