/** The directory that a relative path started from last is held open: not when it is unmounted. */
import { expect, it } from 'vitest';
import { isClean } from '../../support/box.ts';
import { script } from '../program.ts';

const INSIDE = `
place=$(mktemp -d /dev/shm/lsmfs-start-XXXXXX)
mount -t tmpfs tmpfs "$place"
touch "$place/file"
for _ in 1 2 3 4; do (cd "$place" && cat file); done
umount "$place" && rmdir "$place" && echo unmounted
`;

it('a directory where paths started is unmounted', async () => {
  const result = await script('$LSMFS run --lsm=selinux -- bash -c "load_policy; $INSIDE"', { env: { INSIDE } });
  expect([result.stdout, result.stderr]).toEqual(['unmounted\n', '']);
  expect(result.leftovers).toSatisfy(isClean);
});
