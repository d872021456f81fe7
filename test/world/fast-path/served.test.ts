/** The fast path waits for no filesystem that is served by a process. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { isClean } from '../../support/box.ts';
import { script } from '../program.ts';

const HOSTILE = path.resolve('test/security/hostile.py');
const LIMIT_MS = 60_000;

/** A directory that does not answer lies over what procfs shows of a process, which opens a file of it twice. */
const INSIDE = `cd $(mktemp -d /dev/shm/lsmfs-served.XXXXXX); mkdir m; load_policy
/usr/bin/python3 ${HOSTILE} filesystem m allow_other LOOKUP > mounted & server=$!
until grep -qs mounted mounted; do sleep 0.01; done
/usr/bin/python3 ${HOSTILE} entry m mounted > said & caller=$!
until grep -qs calling said; do sleep 0.01; done
for i in 1 2 3 4 5 6 7 8; do touch file && chcon -t etc_t file && ls -Z file | grep -q etc_t && /bin/true; done && echo others work
for thread in /proc/$caller/task/*; do cat $thread/syscall; done | grep -c '^[0-9]'
$LSMFS log | grep 'a thread is held'
exec 2> killed # bash tells there who was killed, at a time of its choice
kill -KILL $server $caller; wait; umount -l m; rm -r $PWD`;

it(
  'nor for one that lies over an entry of procfs',
  async () => {
    const result = await script('export LSMFS; $LSMFS run --lsm=selinux -- bash -c "$INSIDE"', {
      timeoutMs: LIMIT_MS,
      env: { INSIDE },
    });
    expect([result.stdout, result.stderr]).toEqual(['others work\n2\n', '']);
    expect(result.leftovers).toSatisfy(isClean);
  },
  LIMIT_MS,
);
