/** The audit of the host does not answer, because an administrator watches a path whose filesystem does not: nobody waits for it. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { script, UNTIL, worldName } from '../world/program.ts';

const HOSTILE = path.resolve('test/security/hostile.py');
const WATCH = path.resolve('test/security/audit-watch.py');
const NAME = worldName('audit-control');

/** In the initial pid namespace: from others no rule can be added. Where none can be at all the world works as well. */
it('worlds start, work and end while the audit of the host does not answer', async () => {
  const result = await script(
    `${UNTIL} d=$(mktemp -d); mkdir $d/held; cd $d
    timeout -k 1 20 python3 ${HOSTILE} filesystem held fsname=x LOOKUP > mounted & server=$!
    until_true grep -q mounted mounted
    python3 ${WATCH} held/f & watch=$!
    until grep -q asked mounted || ! kill -0 $watch 2> /dev/null; do sleep 0.01; done
    begun=$(kill -0 $watch 2> /dev/null && echo waits)
    timeout -k 1 10 $LSMFS run --name=${NAME} -- sh -c 'load_policy; touch file && chcon -t etc_t file && ls -Z file | grep -c etc_t; lsmfs log | grep -c "is held"; true'
    echo $?; ended() { ! test -e /run/lsmfs/${NAME}; }; until_true ended
    { test "$begun" != waits || $LSMFS doctor | grep -q 'does not answer'; } && echo doctor says so
    test "$begun" = "$(kill -0 $watch 2> /dev/null && echo waits)" && echo nothing changed
    kill $server; wait $watch; umount -l held; rm -r $d`,
  );
  expect(result.stdout).toBe('1\n0\n0\ndoctor says so\nnothing changed\n');
  expect(result.leftovers).toSatisfy(isClean);
});
