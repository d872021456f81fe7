/** Whoever makes a call that has to wait for him waits alone. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { UnauditedStat } from '../../host/files/unaudited-stat.ts';
import { isClean } from '../support/box.ts';
import { atNight } from '../support/tier.ts';
import { onHost } from './host.ts';

/** Without it a host with audit rules has no protection: there the attacks are made without a rule. */
const URING = new UnauditedStat().ask(-100, '/', true, 0) === 0;
const URING_CLIENT = path.resolve('test/security/uring.c');

/**
 * In a world: starts an attack in a process group of its own, lets others work when it has begun, and says whether it still waits then. The
 * server ends first: the attacker may wait for it.
 */
const besides = (attack: string) => `
set -m; load_policy
${attack} > said 2>&1 & attacker=$!; until grep -qs calling said; do sleep 0.01; done
for i in 1 2 3; do ${OTHERS}; done && echo others work
$LSMFS log | grep -q 'is held by process' && echo only by a spare thread
kill -0 $attacker && cat said; test -f server && kill -KILL $(cat server); kill -KILL -- -$attacker`;

const OTHERS = `touch file$i && chcon -t etc_t file$i && ls -Z file$i | grep -q etc_t && $AS /bin/true && test -n "$(cat /proc/self/attr/current)"`;

const inWorld = (before: string, attack: string, host = {}, options = '') =>
  onHost(
    `${before}
    cat > inside <<'END'
${besides(attack)}
END
    export AS HOSTILE LSMFS; $LSMFS run ${options} -- bash inside`,
    host,
  );

/** Served by the user outside, so that the daemon sees it, or inside of the world. @param silent requests that are not answered. */
const mounted = (silent: string, options = 'fsname=x'): string =>
  `$AS mkdir own/m; $HOSTILE filesystem own/m ${options} ${silent} > mounted & echo $! > server; until grep -qs mounted mounted; do sleep 0.01; done`;

/** Names there are looked up with the lock of the memory. */
const MAPPINGS_LOOKED_AT = `held=$!; until grep -qs calling held; do sleep 0.01; done
  $AS getfattr -n security.selinux /proc/$held/map_files/400000-401000 & while kill -0 $! && ! grep -q "State:.[DS]" /proc/$!/status; do sleep 0.01; done`;

it.each([
  ['a file whose look-up is not answered', mounted('LOOKUP'), '$HOSTILE lookup own/m/f'],
  ['attributes that are not given', mounted('GETXATTR LISTXATTR'), '$HOSTILE lookup own/m/f'],
  [
    'a filesystem that calls itself one of ours',
    mounted('GETXATTR LISTXATTR STATFS', 'fsname=lsmfs:x,subtype=ext4'),
    '$HOSTILE lookup own/m/f',
  ],
  [
    'a directory that came from where nobody sees its mount',
    `${mounted('LOOKUP')}; $HOSTILE give own/m own/socket > gives & until grep -qs waiting gives; do sleep 0.01; done
     $AS fusermount3 -u -z own/m`,
    '$HOSTILE take own/socket',
  ],
  ...(URING
    ? [
        [
          'a file whose look-up is not answered, by io_uring',
          `gcc -O1 -o uring ${URING_CLIENT}; ${mounted('LOOKUP')}`,
          '$AS ./uring own/m/f',
        ],
      ]
    : []),
  ['the lease on a program', '', '$HOSTILE lease own/leased'],
])('%s', async (_title, before, attack) => {
  const result = await inWorld(before, attack);
  expect(result.stdout).toBe('others work\ncalling\n');
  expect(result.leftovers).toSatisfy(isClean);
});

/** A caller that its own process holds, or that looks at a process that is held, holds a thread of ours: a spare one stands in. */
const OTHERS_WORK = /^others work\n(?:only by a spare thread\n)?calling\n$/;

it.each([
  ['a path that lies in a page which never comes', mounted('READ'), '$HOSTILE page own/m/f'],
  ['memory that is held while a file is mapped', mounted('WRITE'), '$HOSTILE hold own/m/f open'],
  ...atNight([
    ['a page of a filesystem that is served in the world', '', `${mounted('READ')}; $HOSTILE page own/m/f`],
    [
      'memory of a filesystem that is served in the world, held while a file is mapped',
      '',
      `${mounted('WRITE')}; $HOSTILE hold own/m/f open`,
    ],
    ['memory that is held while a program is executed', mounted('WRITE'), '$HOSTILE hold own/m/f execve'],
    [
      'mappings of a process whose memory is held',
      mounted('WRITE'),
      `bash -c '$HOSTILE hold own/m/f open > held & ${MAPPINGS_LOOKED_AT}; echo calling; wait'`,
    ],
  ]),
])('%s', async (_title, before, attack) => {
  const result = await inWorld(before, attack);
  expect(result.stdout).toMatch(OTHERS_WORK);
  expect(result.leftovers).toSatisfy(isClean);
});

it('a message whose file is looked at before it is received, and the closing of that is not answered', async () => {
  const result = await inWorld(mounted('FLUSH'), '$HOSTILE message own/m/f', {}, '--mediate=messages');
  expect(result.stdout).toMatch(OTHERS_WORK);
  expect(result.leftovers).toSatisfy(isClean);
});

it.each(['', ' sendfile'])('a descriptor whose entry in procfs waits for who uses it:%s', async (call) => {
  const result = await inWorld(mounted('READ'), `$HOSTILE watching own/m/f${call}`, {}, '--mediate=files');
  expect(result.stdout).toMatch(OTHERS_WORK);
  expect(result.leftovers).toSatisfy(isClean);
});

it.each(['', '--mediate=all'])('a file that root opens by handle: %s', async (options) => {
  const given = `${mounted('LOOKUP')}; $HOSTILE give own/m own/socket > gives & until grep -qs waiting gives; do sleep 0.01; done`;
  const result = await inWorld(given, '/usr/bin/python3 hostile.py handed_handles own/socket', {}, options);
  expect(result.stdout).toBe('others work\ncalling\n');
  expect(result.leftovers).toSatisfy(isClean);
});

const UNASKED = mounted('GETXATTR LISTXATTR');
const LATER = mounted('LATER GETXATTR LISTXATTR');

/** With a rule the kernel asks for an attribute of each file that the path of a system call ends on, also only to look where that is. */
it.each([
  ['its path', UNASKED, '$HOSTILE lookup own/m/f'],
  ['a path to its root', UNASKED, '$HOSTILE lookup own/m'],
  ['the same of one that is served in the world', '', `${UNASKED}; $HOSTILE lookup own/m`],
  [
    'a working directory there',
    LATER,
    `$AS sh -c 'cd own/m; touch /mnt/own/hush; exec /usr/bin/python3 /mnt/hostile.py lookup .'`,
  ],
  ...atNight([
    ['a root directory there', LATER, '$AS unshare -Ur /usr/bin/python3 /mnt/hostile.py root own/m'],
    [
      'a root directory there, when the daemon looks at the program',
      mounted('LATER READ GETXATTR LISTXATTR'),
      '$AS unshare -Ur /usr/bin/python3 /mnt/hostile.py image own/m own/m/f',
    ],
  ]),
  [
    'a directory whose mount nobody sees',
    `${mounted('LATER LOOKUP GETXATTR LISTXATTR')}; $HOSTILE give own/m own/socket > gives & until grep -qs waiting gives; do sleep 0.01; done
     $AS fusermount3 -u -z own/m; touch own/hush`,
    '$HOSTILE take own/socket',
  ],
  [
    'the same, which others may use, given to root',
    `echo user_allow_other > conf; mount --bind conf /etc/fuse.conf
     ${mounted('LATER LOOKUP GETXATTR LISTXATTR', 'fsname=x,allow_other')}; $HOSTILE give own/m own/socket > gives & until grep -qs waiting gives; do sleep 0.01; done
     $AS fusermount3 -u -z own/m; touch own/hush`,
    '/usr/bin/python3 hostile.py handed own/socket',
  ],
])('a filesystem that does not answer, on a host with an audit rule: %s', async (_title, before, attack) => {
  const result = await inWorld(before, attack, { audited: URING });
  expect(result.stdout).toMatch(OTHERS_WORK);
  expect(result.leftovers).toSatisfy(isClean);
});
