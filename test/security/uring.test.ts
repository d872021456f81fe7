/**
 * What io_uring(7) does passes every filter: it gets the answers of the host, with the rights that its user has there,
 * and changes nothing of others.
 */
import path from 'node:path';
import { expect, it } from 'vitest';
import { UnauditedStat } from '../../host/files/unaudited-stat.ts';
import { isClean } from '../support/box.ts';
import { onHost } from './host.ts';

const SOURCE = path.resolve('test/security/uring.c');
/** Closed to everybody in most containers. */
const URING = new UnauditedStat().ask(-100, '/', true, 0) === 0;

it.runIf(URING)('gets no other answers in a world than outside, and labels nothing', async () => {
  const result = await onHost(`
    gcc -O1 -o uring ${SOURCE}
    echo own > own/file; chown 2000001000:2000001000 own/file; echo secret > foreign; chmod 600 foreign; echo public > public
    label() { for file in own/file foreign public; do setfattr -n security.selinux -v 'system_u:object_r:etc_t:s0\\000' $file; done; }
    ask() { $AS ./uring /proc/self/attr/current own/file foreign public > $1; }
    export -f ask; export AS
    label; ask outside
    label; $LSMFS run -- bash -c 'load_policy; ask inside; stat -c %C foreign public'
    diff outside inside && grep -A 10 -x 'read: public' inside`);
  expect(result.stdout).toBe(`system_u:object_r:etc_t:s0
system_u:object_r:etc_t:s0
read: public

label: system_u:object_r:etc_t:s0
set: Operation not permitted
mkdir: Permission denied
`);
  expect(result.leftovers).toSatisfy(isClean);
});
