/** The pure parts of launching. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KNOWN_MODULES } from '../../lsm/known-modules.ts';
import { EXIT_NOT_EXECUTABLE, EXIT_NOT_FOUND, exitStatusOf } from './become.ts';
import { withFilesystemTypes } from './filesystem-types.ts';
import { isInsideWorld } from './nested.ts';
import { hasSysAdmin } from './process-status.ts';

describe('/proc/filesystems', () => {
  const ofModules = KNOWN_MODULES.flatMap(({ filesystem }) => filesystem ?? []);
  /** Which Debian 13 has after this one. */
  const afterMqueue = ofModules.find(({ registeredAfter }) => registeredAfter[0] === 'mqueue')?.type ?? '';
  const host = 'nodev\tsysfs\nnodev\tsecurityfs\n\text4\n';
  it('has them where Debian 13 has them', () => {
    const lines = ['sysfs', 'devtmpfs', 'debugfs', 'tracefs', 'sockfs', 'bpf', 'fuse', 'mqueue', 'pstore'];
    const text = withFilesystemTypes(lines.map((type) => `nodev\t${type}\n`).join(''), [afterMqueue, 'securityfs']);
    expect(
      text
        .replace(/nodev\t|\n/g, ' ')
        .split(/ +/)
        .filter(Boolean),
    ).toEqual([
      'sysfs',
      'devtmpfs',
      'debugfs',
      'tracefs',
      'securityfs',
      'sockfs',
      'bpf',
      'fuse',
      'mqueue',
      afterMqueue,
      'pstore',
    ]);
  });
  it('gets the types it lacks, once, without a place at the end', () => {
    const text = withFilesystemTypes(host, ['securityfs', afterMqueue, 'ext4']);
    expect(text).toBe(`${host}nodev\t${afterMqueue}\n`);
    expect(withFilesystemTypes(text, ['securityfs', afterMqueue])).toBe(text);
  });
});

describe('requirements', () => {
  it('CAP_SYS_ADMIN is bit 21', () => {
    expect(hasSysAdmin('Name:\tx\nCapEff:\t0000000000200000\n')).toBe(true);
    expect(hasSysAdmin('Name:\tx\nCapEff:\tffffffffffdfffff\n')).toBe(false);
    fc.assert(fc.property(fc.string(), (text) => text.includes('CapEff') || !hasSysAdmin(text)));
  });
  it('a world shows in its mounts', () => {
    expect(isInsideWorld('40 35 0:44 / /sys/fs/toyfs rw - fuse.toyfs lsmfs:calm-fjord rw\n')).toBe(true);
    expect(isInsideWorld('40 35 0:44 / /lsmfs:x rw - ext4 /dev/vda rw\n')).toBe(false);
  });
});

describe('a failed exec', () => {
  it('ends as a shell would', () => {
    expect([2, 13, 8, 20].map(exitStatusOf)).toEqual([
      EXIT_NOT_FOUND,
      EXIT_NOT_EXECUTABLE,
      EXIT_NOT_EXECUTABLE,
      EXIT_NOT_EXECUTABLE,
    ]);
  });
});
