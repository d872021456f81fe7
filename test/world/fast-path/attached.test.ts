/** A program that ran before is the profile's that its name now leads to, whatever calls are mediated. */
import { expect, it } from 'vitest';
import { isClean } from '../../support/box.ts';
import { script } from '../program.ts';

const LIMIT_MS = 60_000;

/** Two names of one program, of which a profile is attached to the second; a link that leads to the first, and then to the second. */
const INSIDE = `set -e; cd $(mktemp -d /var/tmp/lsmfs-attached.XXXXXX)
cp /bin/cat f; ln f secret; ln -s f way
echo "profile attached $PWD/secret { file, }" | apparmor_parser -qKr
for i in $(seq 200); do "$PWD/way" /proc/self/attr/current; done | sort -u
rm way; ln -s secret way; "$PWD/way" /proc/self/attr/current
rm -r "$PWD"`;

it.each(['', '--no-mediation', '--mediate=sockets'])(
  'run %s',
  async (option) => {
    const result = await script(`export LSMFS; $LSMFS run --lsm=apparmor ${option} -- bash -c "$INSIDE"`, {
      timeoutMs: LIMIT_MS,
      env: { INSIDE },
    });
    expect([result.stdout, result.stderr]).toEqual(['unconfined\nattached (enforce)\n', '']);
    expect(result.leftovers).toSatisfy(isClean);
  },
  LIMIT_MS,
);
