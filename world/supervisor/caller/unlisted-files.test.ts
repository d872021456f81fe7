import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import { PIPEFS_MAGIC } from '../../../linux/magic.ts';
import { S_IFIFO } from '../../../linux/stat.ts';
import { DeviceTable } from '../protocol/devices.ts';
import { FileInspector } from './file-inspector.ts';
import { PidNamespaces } from './pid-namespaces.ts';
import { directory, file, ImaginedFiles, ImaginedThread } from './testing/imagined-files.ts';
import { ImaginedHazards, ImaginedView } from './testing/imagined-view.ts';
import { ImaginedXattrs } from './testing/imagined-xattrs.ts';

const TID = tidOf(100);
const ROOT = { device: '8:1', id: 1, magic: 0xef53 };
const PIPES = { device: '0:9', id: 9, magic: PIPEFS_MAGIC };

it('a file that was removed, and one of the kernel, is in no directory', () => {
  const files = new ImaginedFiles(directory({}, { mount: ROOT }), new ImaginedThread());
  files.mountInfos.set(TID, '1 0 8:1 / / rw - ext4 /dev/sda1 rw\n');
  const view = new ImaginedView(files, new ImaginedHazards());
  const inspector = new FileInspector(
    view,
    new DeviceTable(),
    new PidNamespaces(view, 42),
    [],
    [],
    new ImaginedXattrs(files),
  );
  const unlisted = (fd: number): boolean | undefined => inspector.look(fd, TID)?.inode.unlisted;
  expect(unlisted(files.openNameless(file('', { links: 1 }), ROOT, '/etc/there'))).toBeUndefined();
  expect(unlisted(files.openNameless(file('', { links: 0 }), ROOT, '/etc/gone (deleted)'))).toBe(true);
  expect(unlisted(files.openNameless(file('', { mode: S_IFIFO, links: 1 }), PIPES, 'pipe:[7]'))).toBe(true);
});
