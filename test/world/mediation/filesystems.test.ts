/** Filesystems themselves, as SELinux decides about them: who asks how full they are, and who mounts one. */
import { expect, it } from 'vitest';
import { session } from './file-session.ts';

it('are asked about as such by statfs(2) and by who mounts one', async () => {
  const lines = await session(
    `load mediation.33; mkdir m; enforce 1
     as web_t stat -f -c %T . > /dev/null || echo $?; as admin_t stat -f -c %T .
     as web_t mount -t tmpfs none m > /dev/null 2>&1 || echo $?; as admin_t mount -t tmpfs none m && umount m && echo mounted; records`,
    '--mediate=files,mounts',
  );
  const denied = (permission: string, comm: string) =>
    `avc:  denied  { ${permission} } for  comm="${comm}" name="/" dev="tmpfs" disk_t filesystem 0`;
  // mount(8) may try again.
  expect([...new Set(lines.filter((line) => !line.startsWith('stat: ')))]).toEqual([
    '1',
    'tmpfs',
    '32',
    'mounted',
    denied('getattr', 'stat'),
    denied('mount', 'mount'),
  ]);
});
