/** A shell in a world with AppArmor, and a profile for what it runs. */
import { expect } from 'vitest';
import { isClean } from '../../support/box.ts';
import { script, worldName } from '../program.ts';

/** Programs and what they need to start; `more`: rules about the scratch directory `@`. */
export const profile = (more: string, flags = ''): string => `profile web ${flags} {
  /{usr/,}{bin,sbin,lib,lib64}/** mrix,
  /etc/** r,
  /dev/** rw,
  /proc/** r,
  / r,
  ${more}
}`;

/** Lines that a shell in a world prints, errors among them, without what differs from run to run. `as COMMAND` runs under the profile. */
export async function session(rules: string, text: string, families = 'files'): Promise<string[]> {
  const world = worldName('mediation-aa');
  const inside = `exec 2>&1; d=$(mktemp -d); mount -t tmpfs none $d; cd $d; echo "$PROFILE" | sed "s,@,$d,g" | apparmor_parser -qKr
    as() { aa-exec -p web -- "$@"; }
    records() {
      $LSMFS log $WORLD | grep -a -E 'apparmor="(DENIED|ALLOWED|AUDIT)"' | sed -E "s,.*(apparmor=),\\1,; s, pid=[0-9]+,,; s,$d,@,g"
    }
    ${text}
    cd /; umount $d; rmdir $d`;
  const result = await script(
    `WORLD=${world} $LSMFS run --lsm=apparmor --mediate=${families} --name=${world} -- bash -c "$INSIDE"`,
    { env: { INSIDE: inside, LC_ALL: 'C', WORLD: world, PROFILE: rules } },
  );
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  return result.stdout.trim().split('\n');
}

export const record = (operation: string, name: string, comm: string, mask: string, type = 'DENIED', denied = mask) =>
  `apparmor="${type}" operation="${operation}" class="file" profile="web" name="${name}" comm="${comm}" ` +
  `requested_mask="${mask}" denied_mask="${denied}" fsuid=0 ouid=0`;
