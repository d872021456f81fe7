/** A state directory that is full, or becomes read-only under a world that runs: what is missing is told, and nothing of a world stays. */
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { script, UNTIL } from './program.ts';

/** In mounts of our own, with the state directory on a disk of its own: `/run/disk/lsmfs`. */
const apart = (options: string, text: string) =>
  script(
    `export TEXT='${UNTIL}${text}' LSMFS_STATE_DIR=/run/disk/lsmfs
     exec unshare -m --propagation private bash -c 'mount -t tmpfs none /run; mkdir /run/disk; mount -t tmpfs -o ${options} none /run/disk; eval "$TEXT"'`,
  );

it.each([0, 1, 2, 3])('%i pages are free', async (pages) => {
  const result = await apart(
    'size=256k',
    `head -c $((4096 * (64 - ${pages}))) /dev/zero > /run/disk/filler
     $LSMFS run --name=w -- cat /sys/fs/selinux/enforce; echo " $?"; gone() { [ ! -e /run/disk/lsmfs/w ]; }; until_true gone; ls /run/disk/lsmfs`,
  );
  if (result.stdout.startsWith(' 125')) {
    expect(result.stderr).toMatch(
      /^lsmfs: Cannot (write|make) \/run\/disk\/lsmfs\S*: ENOSPC\.\nlsmfs: Make room there, .*\n$/,
    );
    expect(result.stdout).toBe(' 125\n');
  } else {
    expect([result.stdout, result.stderr]).toEqual(['0 0\n', '']);
  }
  expect(result.leftovers).toSatisfy(isClean);
});

it('becomes read-only: the world goes on and ends, and the next command that may write cleans', async () => {
  const result = await apart(
    'size=1m',
    `$LSMFS run --name=w --log-file=/run/log -- sh -c "mount -o remount,ro /run/disk && load_policy; getenforce; exit 3"; echo $?
     states() { $LSMFS ps --json | jq -c "map(.state)"; }; dead() { states 2>/dev/null | grep -q dead; }; until_true dead; states
     $LSMFS run --name=v -- true; echo $?
     mount -o remount,rw /run/disk; states; ls /run/disk/lsmfs`,
  );
  expect(result.stdout).toBe('Permissive\n3\n["dead"]\n125\n[]\n');
  expect(result.stderr).toBe(
    [
      'lsmfs: Cannot make /run/disk/lsmfs/v: EROFS.',
      'lsmfs: Name a directory that you may write to: export LSMFS_STATE_DIR=DIRECTORY',
      'lsmfs: removed what is left of world w, whose server died',
      '',
    ].join('\n'),
  );
  expect(result.leftovers).toSatisfy(isClean);
});
