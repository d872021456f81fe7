/** `--policy=FILE` of a file that has its store behind the policy, on a machine without /etc/selinux. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { lsmfs, script } from '../world/program.ts';

const LOGIN = 'unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023';
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-packed-'));
  const { status } = await lsmfs(['policy', 'build', '/etc/selinux/default', '-o', path.join(folder, 'packed')]);
  expect(status).toBe(0);
});

afterAll(() => rmSync(folder, { recursive: true }));

/** `$RUN` runs a command with the packed policy and a login's context. */
function withoutStores(text: string, inside = '') {
  const hidden = 'mount -t tmpfs none /etc/selinux; mount -t tmpfs none /var/lib/selinux';
  return script(
    `RUN="$LSMFS run --policy=packed --context=login" exec unshare -m --propagation private bash -c '${hidden}; '"$ALL"`,
    {
      cwd: folder,
      env: { ALL: `export LSMFS; ${text}`, INSIDE: inside },
    },
  );
}

it('programs find its contexts and its image, and the command is a login', async () => {
  const { stdout, stderr, leftovers } = await withoutStores(
    `$RUN -- bash -c "$INSIDE"; ls -A /etc/selinux`,
    `id -Z; matchpathcon -n /etc/shadow; sestatus | sed -n "s/^Loaded.*: *//p"; ls -Z /etc/shadow | cut -d " " -f 1
     mount -t tmpfs none /srv; mkdir /srv/www; chcon -t etc_t /srv/www; restorecon -nv /srv/www; load_policy && stat -c '%U %a' /etc/selinux /etc/selinux/default/seusers`,
  );
  expect(stderr).toBe('');
  expect(stdout.split('\n')).toEqual([
    LOGIN,
    'system_u:object_r:shadow_t:s0',
    'default',
    'system_u:object_r:shadow_t:s0',
    expect.stringMatching(/^Would relabel \/srv\/www from \S+:etc_t:s0 to \S+:httpd_sys_content_t:s0$/),
    'root 755',
    'root 644',
    '',
  ]);
  expect(leftovers).toSatisfy(isClean);
});

it('a world on standby shows its own, and leaves nothing', async () => {
  const { stdout, leftovers } = await withoutStores(
    `state=$(mktemp -d); export LSMFS_STATE_DIR=$state; name=$($LSMFS standby --policy=packed --context=login)
     $RUN -- sh -c "id -Z; matchpathcon -n /etc/shadow; $LSMFS ps" | grep -o -e "$name" -e '^[a-z]*_u:.*' | sed "s/$name/taken/"
     until rmdir $state 2> /dev/null || [ -z "$(ls $state)" ]; do sleep 0.05; done; echo gone; rm -rf $state`,
  );
  expect(stdout).toBe(`${LOGIN}\nsystem_u:object_r:shadow_t:s0\ntaken\ngone\n`);
  expect(leftovers).toSatisfy(isClean);
});

it('what is damaged is one cause and one remedy', async () => {
  const { stderr, status } = await withoutStores(
    `{ head -c -2000 packed; tail -c 19 packed; } > bad; exec $LSMFS run --policy=bad -- true`,
  );
  expect(status).toBe(125);
  expect(stderr).toMatch(
    /^lsmfs: What is packed behind the policy \S+\/bad is damaged\.\nlsmfs: Make it again: lsmfs policy build\.\n$/,
  );
});
