import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { O_PATH } from '../../../linux/fcntl.ts';
import { tidOf } from '../../../linux/ids.ts';
import { Hazards, isServed, isTrusted, mountsIn } from './hazards.ts';
import { OwnFiles } from './own-files.ts';

const ROOT = '25 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw';
const OURS = '80 25 0:55 / /sys/fs/toyfs rw - fuse.toyfs lsmfs rw,user_id=0';
const THEIRS = '82 25 0:61 / /mnt/a\\040b rw shared:3 master:4 - fuse.ext4 lsmfs:x rw,user_id=1000,group_id=0';
const AUTO = '83 25 0:7 / /net rw - autofs systemd-1 rw';

describe('filesystems with a server in user space', () => {
  it('are told from others by what the kernel says of them', () => {
    const { listed, waiting, plain } = mountsIn(`${[ROOT, OURS, THEIRS, AUTO].join('\n')}\n`, isServed);
    expect([...listed]).toEqual(['254:0', '0:55', '0:61', '0:7']);
    expect([...waiting]).toEqual(['0:55', '0:61', '0:7']);
    expect([...plain]).toEqual(['254:0']);
    expect(mountsIn('nonsense - fuse', isServed)).toEqual({
      listed: new Set(),
      waiting: new Set(),
      plain: new Set(),
    });
  });

  it('are trusted when root has mounted them, or we have', () => {
    expect(isTrusted('rw,user_id=0,group_id=0')).toBe(true);
    expect(isTrusted('rw')).toBe(true);
    expect(isTrusted('rw,user_id=4294967294')).toBe(false);
  });
});

describe('a question', () => {
  const hazards = new Hazards();

  it('about a filesystem that we have mounted ourselves does not wait', () => {
    const line = readFileSync('/proc/self/mountinfo', 'latin1')
      .split('\n')
      .find((text) => text.includes(' /proc ') && text.includes(' - proc '));
    expect(hazards.waits(tidOf(process.pid), line?.split(' ')[2] ?? '')).toBe(false);
  });

  it('about one that nobody knows may, and so may any of a thread that is gone', () => {
    expect(hazards.waits(tidOf(process.pid), '0:1048575')).toBe(true);
    expect(hazards.waits(tidOf(0x7fffffff), '0:1048575')).toBe(true);
  });

  it('about a mount that was found on a plain filesystem does not read the list again', () => {
    const { mount, device } = mountOf('/proc');
    const tid = tidOf(process.pid);
    const asked = new Hazards();
    expect(asked.waits(tid, device, () => mount)).toBe(false);
    asked.forget();
    // Nothing is known of that thread; the mount is all that there is to go by.
    const gone = tidOf(0x7fffffff);
    expect(asked.waits(gone, '0:1048575', () => mount)).toBe(mount === undefined);
    expect(asked.waits(gone, '0:1048575', () => (mount ?? 0n) + 1n)).toBe(true);
    expect(asked.waits(gone, '0:1048575')).toBe(true);
  });

  it('about a mount that the list lacks is not remembered by the number of the device', () => {
    const { device } = mountOf('/proc');
    const asked = new Hazards();
    const another = 0x7fff_ffff_ffffn;
    expect(asked.waits(tidOf(process.pid), device, () => another)).toBe(false);
    expect(asked.waits(tidOf(0x7fffffff), '0:1048575', () => another)).toBe(true);
  });
});

/** A mount by its 64-bit number, which kernels before 6.8 do not tell, and its device. */
function mountOf(place: string): { readonly mount: bigint | undefined; readonly device: string } {
  const files = new OwnFiles();
  const fd = files.open(place, O_PATH);
  const { mount, major, minor } = files.identity(fd) ?? { mount: undefined, major: 0, minor: 0 };
  files.close(fd);
  return { mount, device: `${major}:${minor}` };
}
