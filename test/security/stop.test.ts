/** Ending and cleaning up worlds does not touch what others made, whatever they call it. */
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { onHost } from './host.ts';

/** A world `victim` with two processes, one of which its parent has left behind. */
const VICTIM = `
  $LSMFS run --name=victim -- sh -c 'echo $$ > first; sh -c "sleep 501 & echo \\$! > left"; : > /mnt/ready; exec sleep 500' & until_true test -e ready
  source=$(grep -o 'lsmfs:victim[^ ]*' /proc/$!/mountinfo | head -1)
`;

it('stop kills the members of a world whose daemon hangs, and nobody who has a mount of that name', async () => {
  const result = await onHost(`
    sleep 1000 & root=$!; $AS sleep 1001 & user=$!
    ${VICTIM}
    $AS mkdir own/m own/n
    $HOSTILE filesystem own/m fsname=$source,subtype=selinuxfs > out & $HOSTILE filesystem own/n fsname=lsmfs:victim > out2 &
    until_true grep -qs mounted out; until_true grep -qs mounted out2
    kill -STOP $(daemon_of victim); $LSMFS stop victim --time=0
    kill -0 $root && echo root lives; kill -0 $user && echo user lives
    gone() { ! kill -0 $(cat first) 2> /dev/null && ! kill -0 $(cat left) 2> /dev/null; }; until_true gone && echo members gone
    grep -c ' /mnt/own/[mn] ' /proc/self/mountinfo; ls /run/lsmfs | wc -l`);
  expect(result.stdout).toBe('victim\nroot lives\nuser lives\nmembers gone\n2\n0\n');
  expect(result.leftovers).toSatisfy(isClean);
});

it('stop ends what a daemon that was killed has left, and says what does not end', async () => {
  const result = await onHost(`
    $AS mkdir own/m; $HOSTILE filesystem own/m fsname=x LOOKUP > mounted & server=$!; until_true grep -qs mounted mounted
    sleep 1000 & other=$!
    cat > inside <<'END'
echo $$ > first; sleep 501 & echo $! > second; $HOSTILE lookup own/m/f > /dev/null & echo $! > held; until grep -q asked mounted; do sleep 0.01; done; : > ready; exec sleep 500
END
    export HOSTILE; $LSMFS run --name=victim -- bash inside & until_true test -e ready
    until_true sh -c 'grep -q "\\[$(cat held)," /run/lsmfs/victim/members'
    daemon=$(daemon_of victim); kill -KILL $daemon; until_true sh -c "! kill -0 $daemon 2> /dev/null"
    timeout -k 1 20 $LSMFS stop victim --time=0 2>&1 | sed "s/ $(cat held) / N /"
    kill -0 $other && echo other lives; ended() { ! kill -0 $(cat $1) 2> /dev/null; }; until_true ended first; until_true ended second; ls /run/lsmfs | wc -l
    ended held || echo held lives; kill -KILL $server; until_true ended held && echo held ended`);
  const said = 'lsmfs: process N of victim was killed and has not ended: it waits in the kernel';
  expect(result.stdout).toBe(`victim\n${said}\nother lives\n0\nheld lives\nheld ended\n`);
  expect(result.leftovers).toSatisfy(isClean);
});

it('cleaning up after a daemon that was killed detaches its mounts and none of that name', async () => {
  const result = await onHost(`
    ${VICTIM}
    survivor=$!; $AS mkdir own/m
    $HOSTILE filesystem own/m fsname=$source,subtype=selinuxfs > out & until_true grep -qs mounted out
    kill -KILL $(daemon_of victim); $LSMFS ps > /dev/null
    until_true test ! -e /run/lsmfs/victim; grep -c ' /mnt/own/m ' /proc/self/mountinfo; grep -c lsmfs:victim /proc/$survivor/mountinfo
    kill -KILL $survivor $(cat left)`);
  expect(result.stdout).toBe('1\n0\n');
  expect(result.leftovers).toSatisfy(isClean);
});

/** Its process makes no call of the supervisor's any more when its daemon is killed: such a call fails, and the program would end. */
it('a world that died is not mistaken for one of the same name in another mount namespace', async () => {
  const result = await onHost(`
    run() { unshare -m --propagation private sh -c "mount -t tmpfs none /run; : > $1.run; exec $LSMFS run --name=twin -- sh -c 'mkfifo $1.wait; exec 3<> $1.wait; : > $1; read x <&3'" & }
    run /mnt/live; live=$!; until_true test -e live; before=$(grep -c lsmfs:twin /proc/$live/mountinfo)
    run /mnt/dead; dead=$!; until_true test -e dead
    kill -KILL $(nsenter -m -t $dead sed 's/.*"owner":{"pid":\\([0-9]*\\).*/\\1/' /run/lsmfs/twin/world.json)
    nsenter -m -t $dead $LSMFS ps > /dev/null
    echo $((before > 0)) $(($(grep -c lsmfs:twin /proc/$live/mountinfo) - before)) $(grep -c lsmfs:twin /proc/$dead/mountinfo)
    kill -KILL $live $dead`);
  expect(result.stdout).toBe('1 0 0\n');
  expect(result.leftovers).toSatisfy(isClean);
});

it('a tree of lsmfs mount is known by more than its name', async () => {
  const result = await onHost(`
    $AS mkdir own/m; $HOSTILE filesystem own/m fsname=lsmfs-mount:999999.1 > out & until_true grep -qs mounted out
    $LSMFS ps > /dev/null; $LSMFS run -- true; grep -c ' /mnt/own/m ' /proc/self/mountinfo`);
  expect(result.stdout).toBe('1\n');
  expect(result.leftovers).toSatisfy(isClean);
});
