/** The supervisor stores labels of new files, as root: no user can make it write to a file that another call has made. */
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { onHost } from './host.ts';

const LABEL = 'system_u:object_r:shadow_t:s0';

/** Runs a script in a world with a policy. `foreign`, in a directory of the user, and `secret/later` belong to root. */
const attack = (text: string) =>
  onHost(`
    mkdir -m 700 secret; echo x > own/foreign; chmod 600 own/foreign; echo x > own/'#7 (deleted)'; chmod 644 own/'#7 (deleted)'
    cat > inside <<'END'
load_policy
label() { python3 -c 'import os, sys; print(os.getxattr(sys.argv[1], "security.selinux").decode())' "$1"; }
before=$(label own/foreign)
${text}
END
    export AS HOSTILE; $LSMFS run -- bash inside`);

it.each([
  ['a name that a rename takes', `$HOSTILE label_by_rename own/x own/foreign ${LABEL}`, 'own/foreign'],
  ['a name on which it is mounted', `$HOSTILE label_by_mount own/x /mnt/own/foreign ${LABEL}`, 'own/foreign'],
  [
    'a name that says it has none',
    `$HOSTILE label_of_unnamed own '/mnt/own/#7 (deleted)' ${LABEL}`,
    "'own/#7 (deleted)'",
  ],
])('not by %s', async (_title, text, victim) => {
  const result = await attack(`${text}; test "$(label ${victim})" = "$before" && echo unchanged`);
  expect(result.stdout).toBe('Too many open files\nunchanged\n');
  expect(result.leftovers).toSatisfy(isClean);
});

it('not by waiting for a name in a directory that the user may not search', async () => {
  const result = await attack(`
    exec 3> >($HOSTILE label_left_waiting secret/later ${LABEL} > said); until grep -q . said; do sleep 0.01; done; cat said
    echo x > secret/later; /bin/true; exec 3>&-; label secret/later | grep -c shadow_t`);
  expect(result.stdout).toBe('Permission denied\n0\n');
  expect(result.leftovers).toSatisfy(isClean);
});

it('new files of users get theirs', async () => {
  const result = await attack(`
    $AS /usr/bin/python3 -c 'import os
with open("/proc/self/attr/fscreate", "w") as f: f.write("${LABEL}")
open("own/a", "w"); os.mkdir("own/b"); os.symlink("x", "own/c"); os.mkfifo("own/d"); os.mkdir("own/e\\ne"); open("own/e\\ne/f", "w")'
    mv own/e* own/e; for f in a b c d e/f; do python3 -c 'import os; print(os.getxattr("own/'$f'", "security.selinux", follow_symlinks=False))'; done
    $AS /usr/bin/python3 -c 'import os
with open("/proc/self/attr/fscreate", "w") as f: f.write("${LABEL}")
fd = os.open("own", os.O_TMPFILE | os.O_RDWR, 0o600)
print(os.getxattr(fd, "security.selinux"))'`);
  expect(result.stdout).toBe(`b'${LABEL}\\x00'\n`.repeat(6));
  expect(result.leftovers).toSatisfy(isClean);
});

it('a descriptor of / shows nothing below directories that the user may not search', async () => {
  const result = await attack(`
    echo x > secret/there; chmod 755 secret/there; for f in there missing; do $HOSTILE oracle /mnt/secret/$f; done`);
  expect(result.stdout).toBe('Permission denied\n'.repeat(12));
  expect(result.leftovers).toSatisfy(isClean);
});
