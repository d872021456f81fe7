/** SELinux namespaces: the sequence of the talk as it is typed, and what must hold when there are many, deep, busy or abandoned ones. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type BoxResult, isClean } from '../support/box.ts';
import { lsmfs, script, stepsOf, UNTIL, worldName } from './program.ts';
import { TYPED } from './typed.ts';

const CLIENT = path.resolve('test/world/namespaces-client.py');
const KERNEL = 'system_u:system_r:kernel_t:s0';
const UNCONFINED = 'unconfined_u:unconfined_r:unconfined_t:s0:c0.c1023';

/** Shell: an empty directory whose files have no label but that of the filesystem, whatever the machine's disk is; and its end. */
const FRESH_DISK = 'disk=$(mktemp -d); mount -t tmpfs disk $disk; cd $disk';
const NO_DISK = 'cd /; umount $disk; rmdir $disk';

/** What the steps of a part of the client gave. */
async function steps(part: string, ...more: string[]): Promise<Map<string, unknown>> {
  const result = await lsmfs(['run', ...more, '--', 'sh', '-c', `python3 ${CLIENT} ${part}`], { timeoutMs: 100_000 });
  return stepsOf(result);
}

/** A transcript: commands of the inner shell after `$`, of the host's after `host$`, and what they must print. */
async function transcript(profile: string, text: string): Promise<void> {
  const lines = text.split('\n').map((line) => line.trim());
  const commands = lines.filter((line) => /^(?:host)?\$ /.test(line));
  const calls = commands.map((line) => {
    const [, kind, command = ''] = /^(host)?\$ (.*)$/.exec(line) ?? [];
    return `echo '${line.replaceAll("'", `'\\''`)}'; ${kind ?? 'type'} '${command.replaceAll("'", `'\\''`)}'`;
  });
  const name = worldName('typed');
  const result: BoxResult = await script(`${TYPED} world ${name} --profile=${profile}\n${calls.join('\n')}\nleave`);
  expect(result.stdout.trim().split('\n')).toEqual(lines.filter((line) => line !== ''));
  expect(result.leftovers).toSatisfy(isClean);
}

describe('the sequence of the talk', () => {
  it.each(['talk', '2018', '2025'])('behaves at each step as it is written, in profile %s', async (profile) => {
    await transcript(
      profile,
      `
      host$ load_policy
      $ echo 1 > /sys/fs/selinux/unshare
      $ id -Z
      kernel
      $ echo $(cat /sys/fs/selinux/unshare) $(getenforce) $(ls -d /sys/fs/selinux/class/file)
      1 Permissive /sys/fs/selinux/class/file
      $ setenforce 1
      setenforce:  security_setenforce() failed:  Operation not permitted
      status 2
      host$ cat /sys/fs/selinux/unshare; id -Z
      0${KERNEL}
      $ unshare -m -n
      $ umount /sys/fs/selinux
      $ mount -t selinuxfs none /sys/fs/selinux
      $ id -Z
      kernel
      $ echo $(cat /sys/fs/selinux/unshare /sys/fs/selinux/mls) $(getenforce) $(ls /sys/fs/selinux/class /sys/fs/selinux/booleans | wc -w)
      10 Permissive 2
      $ echo $(cat /sys/fs/selinux/policyvers) $(cat /sys/fs/selinux/policy_capabilities/* | tr -d 0)
      33
      $ load_policy
      $ id -Z
      ${KERNEL}
      $ echo $(cat /sys/fs/selinux/mls) $(ls -d /sys/fs/selinux/class/file)
      1 /sys/fs/selinux/class/file
      $ echo $$ > /tmp/$LSMFS_WORLD
      $ runcon ${UNCONFINED} /bin/bash
      $ id -Z
      ${UNCONFINED}
      $ echo $$ > /tmp/$LSMFS_WORLD.runcon
      $ setenforce 1
      $ test $$ = $(cat /tmp/$LSMFS_WORLD.runcon)
      $ getenforce
      Enforcing
      $ ps -o label= -p $(cat /tmp/$LSMFS_WORLD)
      ${KERNEL}
      $ ps -o label= -p $PPID
      ${KERNEL}
      host$ getenforce; cat /sys/fs/selinux/unshare; ps -o label= -p $(cat /tmp/$LSMFS_WORLD.runcon)
      Permissive
      0${KERNEL}
      host$ rm /tmp/$LSMFS_WORLD*
      `,
    );
  });

  it('runs below an enforcing host, which sees one context, and shows the host as unlabeled', async () => {
    await transcript(
      'talk',
      `
      host$ load_policy
      $ runcon unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023 bash
      host$ setenforce 1
      $ echo $$ > /tmp/$LSMFS_WORLD
      $ echo 1 > /sys/fs/selinux/unshare
      $ unshare -m -n
      $ umount /sys/fs/selinux
      $ mount -t selinuxfs none /sys/fs/selinux
      $ load_policy
      $ getenforce
      Permissive
      $ runcon ${UNCONFINED} /bin/bash
      host$ getenforce; ps -o label= -p $(cat /tmp/$LSMFS_WORLD)
      Enforcing
      unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023
      $ ps -o label= -p 1; cat /proc/1/attr/exec
      system_u:object_r:unlabeled_t:s0
      host$ rm /tmp/$LSMFS_WORLD
      `,
    );
  });
});

describe('SELinux namespaces', () => {
  it.each(['mount(8)', 'mount(2)', 'fsopen'])(
    'go to depth 8 with %s, each with its own policy and mode',
    async (way) => {
      const found = await steps(`deep 8 '${way}'`);
      expect(found.get('entered')).toEqual(Array(8).fill(null));
      // The fourth and every second one are enforcing, as seen from the innermost outwards.
      expect(found.get('modes')).toEqual(['0', '1', '0', '1', '0', '1', '0', '1', '0']);
      expect(found.get('labels')).toEqual(Array(9).fill(KERNEL));
    },
  );

  it('are 200 at once in one world, and leave nothing there', async () => {
    const found = await steps('many 200');
    expect(Object.fromEntries(found)).toEqual({
      failed: [],
      written: 100,
      enforcing: 100,
      initial: '0',
      superblocks: 200,
      'free for more': 'ENOMEM',
      left: [0, 0],
      'free again': null,
    });
  });

  it('are limited in number and depth', async () => {
    expect(Object.fromEntries(await steps('limits'))).toEqual({
      defaults: ['65535', '32'],
      'three at most': [null, null, 'ENOMEM'],
      'lowered below what there is': [null, 'ENOMEM'],
      'after one has ended': null,
      'depth of one': [null, 'ENOMEM'],
      'limits inside': ['EPERM', 'EPERM'],
      'no effect': [null, '0'],
      'not a wish': ['ENOMEM', '0'],
    });
  });

  it('are made by a system call, too, and by a thread for itself', async () => {
    expect(Object.fromEntries(await steps('calls'))).toEqual({
      'unshared, before': 0,
      'unshared, after': [0, 1, 'kernel'],
      'with a policy': 0,
      'too deep': 'ENOSPC',
      'thread and process': ['1', '0'],
    });
  });

  it('stay readable while they are mounted, and end with the last mount', async () => {
    expect(Object.fromEntries(await steps('abandoned'))).toEqual({
      'mounted again on the same place': 'EBUSY',
      'unmounted while in use': 'EBUSY',
      'seen by another': ['1', 'EPERM', '0'],
      'holder killed': '1',
      'still written': 'EPERM',
      'counts still': 'ENOMEM',
      'after the last mount': null,
      left: [0, 0],
    });
  });
});

describe('a permissive namespace on an enforcing host', () => {
  /**
   * In the host's user_t, which may relabel neither file, and may change attributes of its home's files only. Neither may it unshare and
   * mount, which is done before the host enforces.
   */
  const relabel = (profile: string): Promise<BoxResult> =>
    script(
      `${FRESH_DISK}; cat > inside <<'END'
        echo 1 > /sys/fs/selinux/unshare; exec unshare -m bash -c 'umount /sys/fs/selinux && mount -t selinuxfs none /sys/fs/selinux && load_policy
          . ./until; : > there; until_true test -e enforcing
          for f in etc home; do chcon -t bin_t $f 2> /dev/null; echo $? $(getenforce) $(stat -c %C $f); done'
END
      cat > until <<'END'
${UNTIL}
END
      cat > host <<'END'
        . ./until; load_policy; touch etc home; chcon -t etc_t etc; chcon -t user_home_t home
        runcon user_u:user_r:user_t:s0 bash inside &
        until_true test -e there; setenforce 1; : > enforcing; wait; setenforce 0; lsmfs log | grep -v 'process tracking by' |
          sed -n 's/.*\\(denied  { [sr].*}\\).* permissive=0$/\\1/p; /lsmfs: /p'
END
      mkdir bin; printf '#!/bin/sh\nexec %s "$@"\n' "$LSMFS" > bin/lsmfs; chmod +x bin/lsmfs
      PATH=$PWD/bin:$PATH $LSMFS run --profile=${profile} -- bash host 2>&1; ${NO_DISK}`,
    );

  it('is bounded by it, where the profile says so', async () => {
    const type = (name: string): string => `system_u:object_r:${name}_t:s0`;
    const expected = {
      // Its own label is an attribute like others to the host; what had none has the filesystem's there.
      talk: [`1 Permissive ${type('tmpfs')}`, `0 Permissive ${type('bin')}`, 'denied  { setattr }'],
      // The one label of the file would change.
      '2025': [
        `1 Permissive ${type('etc')}`,
        `1 Permissive ${type('user_home')}`,
        'denied  { relabelfrom }',
        'denied  { relabelfrom }',
      ],
      '2018': [`0 Permissive ${type('bin')}`, `0 Permissive ${type('bin')}`],
    };
    for (const [profile, lines] of Object.entries(expected)) {
      const result = await relabel(profile);
      expect(result.stdout.trim().split('\n'), profile).toEqual(lines);
      expect(result.leftovers).toSatisfy(isClean);
    }
  });
});

describe('a second shell of the host', () => {
  it('sees the host, although the first process of the world has left it', async () => {
    const name = worldName('left');
    const inside = 'umount /sys/fs/selinux; mount -t selinuxfs none /sys/fs/selinux; load_policy; setenforce 1; id -Z';
    const result = await script(
      `${UNTIL}$LSMFS run --name ${name} -- bash -c "echo 1 > /sys/fs/selinux/unshare; exec unshare -m sh -c '${inside}; exec sleep 30'" > /tmp/${name} &
       until_true grep -qs kernel_t /tmp/${name}; rm /tmp/${name}
       $LSMFS exec ${name} -- sh -c 'getenforce; id -Z; setenforce 0 && cat /sys/fs/selinux/unshare'; $LSMFS stop ${name} > /dev/null; wait`,
    );
    expect(result.stdout).toBe('Permissive\nkernel\n0');
    expect(result.leftovers).toSatisfy(isClean);
  });
});

describe('labels of files in a namespace', () => {
  it('are its own, stored beside those of the host', async () => {
    const result = await script(
      `${FRESH_DISK}; cat > inside <<'END'
        ls -Z host | cut -d' ' -f1; load_policy; ls -Z host | cut -d' ' -f1
        chcon -t bin_t host; stat -c %C host; stat -c %C $(cp -a host copy; echo copy)
        chcon -t httpd_sys_content_t .; touch new; mkdir dir; stat -c %C new dir
        setfattr -x security.selinux host; setfattr -n security.selinux.mine -v x host
        getfattr -h -m - host | grep security
END
      $LSMFS run -- bash -c 'load_policy; touch host; chcon -t etc_t host;
        unshare -m -n bash -c "echo mine > /sys/fs/selinux/unshare; umount /sys/fs/selinux; mount -t selinuxfs none /sys/fs/selinux; bash inside"
        echo; stat -c %C host; getfattr -h -d -m security host; setfattr -x security.selinux.mine host; getfattr -h -m security host' 2>&1
      ${NO_DISK}`,
    );
    const [inside, outside] = result.stdout.split('\n\n');
    expect(inside?.split('\n')).toEqual([
      'system_u:object_r:etc_t:s0',
      'system_u:object_r:tmpfs_t:s0',
      'system_u:object_r:bin_t:s0',
      'system_u:object_r:bin_t:s0',
      'system_u:object_r:httpd_sys_content_t:s0',
      'system_u:object_r:httpd_sys_content_t:s0',
      'setfattr: host: Permission denied',
      'setfattr: host: Operation not permitted',
      'security.selinux',
      'security.selinux.mine',
    ]);
    expect(outside?.split('\n')).toEqual([
      'system_u:object_r:etc_t:s0',
      '# file: host',
      'security.selinux="system_u:object_r:etc_t:s0"',
      'security.selinux.mine="system_u:object_r:bin_t:s0"',
    ]);
    expect(result.stdout).toMatch(/# file: host\nsecurity\.selinux\n\n$/);
    expect(result.leftovers).toSatisfy(isClean);
  });
});
