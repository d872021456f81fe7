/** A shell in a world that mediates what is done to files. */
import path from 'node:path';
import { expect } from 'vitest';
import { isClean } from '../../support/box.ts';
import { script, worldName } from '../program.ts';

const POLICIES = path.resolve('test/data/policies');

/**
 * Shell functions: `load POLICY`, `label TYPE FILE`, `as TYPE COMMAND`, `records`: AVC records so far, without what
 * differs from run to run.
 */
const FUNCTIONS = `
load() { cat ${POLICIES}/$1 > /sys/fs/selinux/load; }
enforce() { echo $1 > /sys/fs/selinux/enforce; }
label() { setfattr -h -n security.selinux -v u:object_r:$1:s0 $2; }
as() ( printf u:r:$1:s0 > /proc/self/attr/current; shift; exec "$@" )
records() { $LSMFS log $WORLD | grep -a type=AVC | sed -E 's/.*(avc: )/\\1/; s/ pid=[0-9]+//; s/ ino=[0-9]+//; s/ scontext.*tcontext=u:(object_)?r:/ /; s/:s0 tclass=/ /; s/permissive=//'; }
`;

/** Lines that a shell in a world prints, errors among them, in a scratch directory on a tmpfs. */
export async function session(text: string, ...options: string[]): Promise<string[]> {
  const world = worldName('mediation');
  const inside = `exec 2>&1\n${FUNCTIONS}d=$(mktemp -d); mount -t tmpfs none $d; cd $d\n${text}\ncd /; umount $d; rmdir $d`;
  const result = await script(
    `WORLD=${world} $LSMFS run --name=${world} --file-contexts=none ${options.join(' ')} -- bash -c "$INSIDE"`,
    { env: { INSIDE: inside, LC_ALL: 'C', WORLD: world } },
  );
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  return result.stdout.trim().split('\n');
}
