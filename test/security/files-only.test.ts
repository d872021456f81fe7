/** A world without a supervisor ends while a user serves a filesystem: helpers that look at processes then count for none of it. */
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { onHost } from './host.ts';

it('ends with its last process', async () => {
  const result = await onHost(`
    $AS mkdir own/m; $HOSTILE filesystem own/m fsname=x > mounted & server=$!; until_true grep -qs mounted mounted
    world=$($LSMFS run --no-seccomp -- sh -c 'cat /proc/self/attr/current | tr "\\0" " "; echo $LSMFS_WORLD' 2> said)
    echo "$world" | cut -d ' ' -f 1; grep -c 'no supervisor' said
    until_false() { for i in $(seq 300); do "$@" || return 0; sleep 0.05; done; echo "still there: $*"; }
    until_false test -e /run/lsmfs/\${world#* }; kill -KILL $server`);
  expect([result.stdout, result.stderr]).toEqual(['kernel\n1\n', '']);
  expect(result.leftovers).toSatisfy(isClean);
});
