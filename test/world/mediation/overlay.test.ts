/** Overlays that were mounted in a world: the caller is asked about what is shown, who mounted it about the layers. */
import { expect, it } from 'vitest';
import { session } from './file-session.ts';

const MADE = `load mediation.33; mkdir lower upper work merged; for f in page secret noted; do echo $f > lower/$f; label $f\\_t lower/$f; done
mkdir lower/closed; label closed_t lower/closed`;
const LAYERS = 'lowerdir=lower,upperdir=upper,workdir=work';

it.each([
  ['the mount API', `mount -t overlay none -o 'context="u:object_r:page_t:s0",${LAYERS}' merged`],
  [
    'mount(2)',
    `python3 -c 'import ctypes; ctypes.CDLL(None).mount(b"none", b"merged", b"overlay", 0, b"context=u:object_r:page_t:s0,${LAYERS}")'`,
  ],
])('layers are read and written as who mounted them by %s may', async (_name, mount) => {
  const lines = await session(
    `${MADE}; as web_t ${mount}; before=$(records | wc -l); enforce 1; cd merged
     as admin_t cat page secret noted; as admin_t ls closed; as admin_t sh -c 'echo more >> secret'
     as admin_t sh -c 'echo more >> noted && echo again >> noted && cat noted'; as admin_t chmod 600 secret page
     cd ..; records | tail -n +$((before + 1)) | grep -v granted | uniq; umount merged`,
    '--mediate=files,stat',
  );
  const denied = (permission: string, comm: string, file: string) =>
    `avc:  denied  { ${permission} } for  comm="${comm}" ${file} 0`;
  expect(lines).toEqual([
    'page',
    'cat: secret: Permission denied',
    'noted',
    "ls: cannot access 'closed': Permission denied",
    'sh: 1: cannot create secret: Permission denied',
    'noted',
    'more',
    'again',
    "chmod: cannot access 'secret': Permission denied",
    denied('read', 'cat', 'name="secret" dev="tmpfs" secret_t file'),
    denied('getattr', 'ls', 'path="/closed" dev="tmpfs" closed_t dir'),
    denied('read', 'sh', 'name="secret" dev="tmpfs" secret_t file'),
    denied('getattr', 'chmod', 'path="/secret" dev="tmpfs" secret_t file'),
  ]);
});
