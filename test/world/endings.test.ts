/** However a daemon ends, nobody waits for it for ever and nothing of it is left (docs/background/deadlocks.md). */
import { describe, expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { atNight } from '../support/tier.ts';
import { endWorld, relatedWays, waysToEnd } from './endings/ending.ts';
import { script, UNTIL, worldName } from './program.ts';

describe('a world with eight busy clients', () => {
  it.each([...waysToEnd.filter((way) => !relatedWays.includes(way)), ...atNight(relatedWays)])(
    'is gone after: %s',
    async (way) => {
      expect((await endWorld(way)).problems).toEqual([]);
    },
  );
});

describe('a log that cannot be written', () => {
  /** In a world: makes records until more than enough was logged, and sees that it still answers. */
  const MANY = 'load_policy; for i in $(seq 40); do setsebool httpd_enable_cgi=$((i % 2)); done; getenforce';

  it('does not stop the world: the state directory is full', async () => {
    const result = await script(
      `exec unshare -m --propagation private bash -c '
        mount -t tmpfs -o size=64k none /run
        $LSMFS run --no-mediation --name full -- sh -c "$FILL; $MANY; rm /run/filler; setsebool httpd_enable_cgi=1; $LSMFS log" >/tmp/$NAME; echo $?
        grep -c Permissive /tmp/$NAME; grep -c "lines were lost" /tmp/$NAME; rm /tmp/$NAME'`,
      { env: { MANY, NAME: worldName('full'), FILL: 'dd if=/dev/zero of=/run/filler bs=1k 2>/dev/null' } },
    );
    expect(result.stdout).toBe('0\n1\n1\n');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('does not stop the world: the disk with the file of --log-file is full', async () => {
    const result = await script(
      `exec unshare -m --propagation private bash -c '
        mount -t tmpfs none /run; mkdir /run/disk; mount -t tmpfs -o size=64k none /run/disk
        $LSMFS run --no-mediation --name full --log-file=/run/disk/log -- sh -c "$FILL; $MANY; $LSMFS ps | grep -c full; rm /run/disk/filler; setsebool httpd_enable_cgi=1"; echo $?
        grep -c "lines were lost" /run/disk/log; grep -c "^ *at " /run/disk/log; until [ ! -e /run/lsmfs/full ]; do sleep 0.05; done; ls /run/lsmfs /run/disk'`,
      { env: { MANY, FILL: 'dd if=/dev/zero of=/run/disk/filler bs=1k 2>/dev/null' } },
    );
    expect(result.stdout).toBe('Permissive\n1\n0\n1\n0\n/run/disk:\nlog\n\n/run/lsmfs:\n');
    expect(result.stderr).toBe('');
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('does not stop the world: files may not grow', async () => {
    const name = worldName('fsize');
    const result = await script(
      `${UNTIL}$LSMFS run --no-mediation --name ${name} -- sh -c ': >/tmp/${name}; while [ -e /tmp/${name} ]; do sleep 0.05; done; eval "$MANY"' &
       until_true test -e /tmp/${name}
       prlimit --fsize=2048 --pid $(sed 's/.*"owner":{"pid":\\([0-9]*\\).*/\\1/' /run/lsmfs/${name}/world.json)
       rm /tmp/${name}; wait $!; echo $?`,
      { env: { MANY } },
    );
    expect(result.stdout).toBe('Permissive\n0\n');
    expect(result.leftovers).toSatisfy(isClean);
  });
});
