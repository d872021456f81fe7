/** Links of procfs to files of processes are mediated while a user serves a filesystem, too. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { onHost } from './host.ts';

const POLICY = path.resolve('test/data/policies/mediation.33');

/** To a file that is open already: they open it anew. */
const LINKS = [
  '/proc/self/fd/3',
  '/proc/thread-self/fd/3',
  '/proc/./self/fd/3',
  '/dev/fd/3',
  '/dev/stdin',
  '/dev/../dev/stdin',
  '/proc/$BASHPID/fd/3', // its own, by number: cat takes the place of that shell
  '/proc/$outer/fd/3',
  '/proc/$outer/cwd/shadow',
  '/proc/self/cwd/shadow',
];

const SERVED = `$AS mkdir own/m; $HOSTILE filesystem own/m fsname=x > mounted & echo $! > server; disown; until_true grep -qs mounted mounted`;

it.each([
  ['nobody serves one', ''],
  ['a user serves one', SERVED],
  ['a user serves one in the world', '', `${SERVED}`],
])('%s', async (_title, before, within = '') => {
  const result = await onHost(`${before}
    cat > inside <<'END'
until_true() { until "$@"; do sleep 0.05; done; }
${within}
cat ${POLICY} > /sys/fs/selinux/load; echo root > shadow; setfattr -n security.selinux -v u:object_r:secret_t:s0 shadow
outer=$BASHPID; exec 3< shadow 2>&1
echo 1 > /sys/fs/selinux/enforce
as_web() ( printf u:r:web_t:s0 > /proc/self/attr/current; exec 0<&3; eval exec "$@" )
for name in ${LINKS.map((name) => `'${name}'`).join(' ')}; do as_web cat $name; done
echo 0 > /sys/fs/selinux/enforce
as_web getfattr --absolute-names --only-values -n security.selinux /proc/$outer/fd/3 | tr -d '\\0'; echo
$LSMFS tree | grep mediated
test -e server && kill -KILL $(cat server)
END
    export AS HOSTILE LSMFS; $LSMFS run --file-contexts=none --mediate=files,tasks -- bash inside`);
  const refused = LINKS.map((name) => `cat: ${name.replace(/\$\w+/, 'N')}: Permission denied`);
  const lines = result.stdout
    .replace(/(\/proc\/)[0-9]+/g, '$1N')
    .trim()
    .split('\n');
  expect([lines, result.stderr]).toEqual([[...refused, 'u:object_r:secret_t:s0', 'mediated: files, tasks'], '']);
  expect(result.leftovers).toSatisfy(isClean);
});
