/** Disks that were never labelled are taken to be labelled by file_contexts, without being touched. */
import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { script } from '../world/program.ts';

const DEBIAN = '/etc/selinux/default/policy';
const policy = `${DEBIAN}/${existsSync(DEBIAN) ? readdirSync(DEBIAN).sort().at(-1) : ''}`;

/** Runs a shell script in a world, in a fresh folder on a disk, `$D`. `before` and `after` run outside. */
async function onDisk(text: string, { options = '', before = ':', after = ':' } = {}): Promise<string[]> {
  const world = `$LSMFS run --lsm=selinux --policy=${policy} ${options} -- sh -c "$TEXT"`;
  const result = await script(
    `export LSMFS D=$(mktemp -d /var/tmp/lsmfs-XXXXXX); cd $D; { ${before}; ${world}; ${after}; } 2>&1; cd /; rm -r $D`,
    { env: { TEXT: text } },
  );
  expect(result.leftovers).toSatisfy(isClean);
  return result.stdout.split('\n').slice(0, -1);
}

describe('files without a stored label', () => {
  it('have the one that file_contexts give their path, also when others ask, and nothing is written', async () => {
    expect(
      await onDisk(
        'stat -c %C /etc/passwd /etc/shadow /usr/bin/bash /usr/sbin/setfiles; matchpathcon -V /etc/shadow; restorecon -nv /etc/shadow; setpriv --reuid 2000001000 --clear-groups stat -c %C /etc/passwd',
        { after: 'getfattr --absolute-names -m security.selinux -d /etc/passwd /etc/shadow' },
      ),
    ).toEqual([
      'system_u:object_r:etc_t:s0',
      'system_u:object_r:shadow_t:s0',
      'system_u:object_r:shell_exec_t:s0',
      'system_u:object_r:setfiles_exec_t:s0',
      '/etc/shadow verified.',
      'system_u:object_r:etc_t:s0',
    ]);
  });

  it('are executed by it: transitions, and refusals when enforcing', async () => {
    const before =
      'cp /usr/bin/id program; cp /usr/bin/id data; printf "%s/program -- system_u:object_r:setfiles_exec_t:s0\\n%s/data -- system_u:object_r:shadow_t:s0\\n" $D $D > contexts';
    expect(
      await onDisk(
        'stat -c %C program data contexts; ./program -Z; runcon -t sshd_t ./data -Z; echo 1 > /sys/fs/selinux/enforce; ./program -Z; runcon -t sshd_t ./data -Z 2>&1 | grep -o denied',
        // The libraries have no label then, with which enforcing a kernel would not let them be mapped.
        { before, options: '--file-contexts=contexts --no-mediation' },
      ),
    ).toEqual([
      'system_u:object_r:setfiles_exec_t:s0',
      'system_u:object_r:shadow_t:s0',
      'system_u:object_r:unlabeled_t:s0',
      'system_u:system_r:setfiles_t:s0',
      'system_u:system_r:sshd_t:s0',
      'system_u:system_r:setfiles_t:s0',
      'denied',
    ]);
  });

  it('are decided about by it, whichever was asked about before', async () => {
    const before = `for i in 1 2 3; do echo e$i > e$i; echo s$i > s$i; done; cp /etc/selinux/default/contexts/files/file_contexts contexts
      printf '%s/e.* -- system_u:object_r:etc_t:s0\\n%s/s.* -- system_u:object_r:shadow_t:s0\\n%s/s3 <<none>>\\n' $D $D $D >> contexts`;
    const reads = 'for f in e1 e2 s1 e1 s2 e3 s3 s1; do (read x < $f && echo $x) 2>/dev/null || echo no $f; done';
    expect(
      await onDisk(`runcon -t sshd_t sh -c 'echo 1 > /sys/fs/selinux/enforce; ${reads}'`, {
        before,
        options: '--file-contexts=contexts',
      }),
    ).toEqual(['e1', 'e2', 'no s1', 'e1', 'no s2', 'e3', 's3', 'no s1']);
  });

  it('are unlabeled when nobody says what they are, and enforcing starts their programs all the same', async () => {
    expect(
      await onDisk('stat -c %C /etc/passwd; echo 1 > /sys/fs/selinux/enforce; stat -c %C /etc/passwd', {
        options: '--file-contexts=none',
      }),
    ).toEqual(['system_u:object_r:unlabeled_t:s0', 'system_u:object_r:unlabeled_t:s0']);
  });

  it('make what is created beside them be labelled as on a labelled disk', async () => {
    const before = 'mkdir d; printf "%s/d(/.*)? system_u:object_r:etc_t:s0\\n" $D > contexts';
    expect(
      await onDisk(
        'touch d/same; runcon -t unconfined_t -r unconfined_r -u unconfined_u touch d/other; stat -c %C d/same d/other',
        {
          before,
          options: '--file-contexts=contexts',
          after: 'getfattr --absolute-names -m security.selinux -d d/same d/other',
        },
      ),
    ).toEqual(['system_u:object_r:etc_t:s0', 'system_u:object_r:etc_t:s0']);
  });

  it('a file that is no file_contexts starts no world', async () => {
    const lines = await onDisk('echo started', { options: '--file-contexts=/etc/passwd', after: 'echo $?' });
    expect(lines).toEqual([
      'lsmfs: /etc/passwd is not a file_contexts file: see line 1.',
      'lsmfs: Check --file-contexts.',
      '125',
    ]);
  });
});
