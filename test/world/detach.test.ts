/** `lsmfs run --detach`, `lsmfs wait`, and worlds that end with their commands. */
import { describe, expect, test } from 'vitest';
import { isClean } from '../support/box.ts';
import { script, UNTIL } from './program.ts';

/** A state directory of its own, which is empty and removed at the end. */
async function lines(text: string): Promise<readonly string[]> {
  const result = await script(
    `${UNTIL}export LSMFS_STATE_DIR=$(mktemp -d); none() { [ -z "$(ls $LSMFS_STATE_DIR)" ]; }
     asked() { [ $(grep -c $LSMFS_STATE_DIR/$1/control /proc/net/unix) -gt $2 ]; }
     ${text}
     until_true none; rmdir $LSMFS_STATE_DIR`,
  );
  expect(result.stderr).toBe('');
  expect(result.leftovers).toSatisfy(isClean);
  return result.stdout.trim().split('\n');
}

describe('a detached world', () => {
  test('without a command goes on until it is stopped, with its name and the exit code of a TERM', async () => {
    const seen = await lines(
      `name=$($LSMFS run --detach --enforcing </dev/null); [ "$($LSMFS ps --json | jq -r '.[].name')" = $name ] && echo listed
       $LSMFS exec $name -- getenforce; $LSMFS wait $name & $LSMFS stop $name >/dev/null; wait`,
    );
    expect(seen).toEqual(['listed', 'Enforcing', '143']);
  });

  test('ends with its command, whoever is left, and the exit code can be asked for once', async () => {
    const seen = await lines(
      `name=$($LSMFS run -d -- sh -c 'sleep 1000 & trap "" TERM; exit 3'); until_true none; $LSMFS wait $name
       $LSMFS wait $name 2>&1; echo $?`,
    );
    expect(seen).toEqual(['3', expect.stringContaining('There is no world named'), expect.any(String), '125']);
  });

  test('is waited for by many at once, as JSON, too', async () => {
    const seen = await lines(
      `name=$($LSMFS run --detach --json --name=many -- sh -c 'until [ -e $0 ]; do sleep 0.05; done; rm $0; kill -9 $$' $LSMFS_STATE_DIR.go | jq -r .name)
       $LSMFS wait $name & $LSMFS wait --json $name | jq -c . & until_true asked $name 2; : > $LSMFS_STATE_DIR.go; wait`,
    );
    expect([...seen].sort()).toEqual(['137', '[{"name":"many","exitCode":137}]']);
  });

  test('has a session of its own, nothing on its standard input, and its output in a file', async () => {
    const seen = await lines(
      `name=$($LSMFS run --detach --output=$LSMFS_STATE_DIR.out -- sh -c 'cat; echo out; echo err >&2; [ $(ps -o sid= -p $$) -eq $$ ] && echo alone')
       $LSMFS wait $name; cat $LSMFS_STATE_DIR.out; rm $LSMFS_STATE_DIR.out`,
    );
    expect(seen).toEqual(['0', 'out', 'err', 'alone']);
  });

  test.each([
    ['-- /nowhere', '127', /cannot run '\/nowhere': No such file/],
    ['-- /etc/passwd', '126', /cannot run '\/etc\/passwd': Permission denied/],
    ['--lsm=selinx', '125', /'selinx' is not a security module\./],
    ['--output=/nowhere/file', '125', /The output cannot be written to \/nowhere\/file: ENOENT\./],
    ['--report=/tmp', '125', /--report has no use with --detach\./],
  ])('that cannot be made says so: %s', async (words, status, message) => {
    const seen = await lines(`$LSMFS run --detach ${words} 2>&1; echo $?`);
    expect(seen[0]).toMatch(message);
    expect(seen.at(-1)).toBe(status);
  });

  test('of a name forgets how a former one ended', async () => {
    const seen = await lines(
      `$LSMFS run --detach --name=again -- sh -c 'exit 4' >/dev/null; until_true none
       $LSMFS run --name=again -- true; $LSMFS wait again >/dev/null 2>&1; echo $?`,
    );
    expect(seen).toEqual(['125']);
  });

  test('is taken from those on standby', async () => {
    const seen = await lines(
      `name=$($LSMFS standby); [ "$($LSMFS run --detach -- sh -c 'exit 9')" = $name ] && echo taken; $LSMFS wait $name`,
    );
    expect(seen).toEqual(['taken', '9']);
  });
});

test('lsmfs wait tells how the command of an ordinary world ended', async () => {
  const seen = await lines(
    `$LSMFS run --name=plain -- sh -c 'until [ -e $0 ]; do sleep 0.05; done; rm $0; exit 7' $LSMFS_STATE_DIR.go &
     until_true test -e $LSMFS_STATE_DIR/plain/control; $LSMFS wait plain & until_true asked plain 1; : > $LSMFS_STATE_DIR.go; wait`,
  );
  expect(seen).toEqual(['7']);
});

test('with --end-with-command a world ends with its command, however that ends', async () => {
  const seen = await lines(
    `$LSMFS run --end-with-command -- sh -c 'setsid sleep 1000 & exit 5'; echo $?; until_true none && echo ended
     $LSMFS run --end-with-command -- sh -c 'setsid sleep 1000 & sleep 1000 & echo $$; exec sleep 1000' > $LSMFS_STATE_DIR.pid &
     exec 2>/dev/null; until_true test -s $LSMFS_STATE_DIR.pid; kill -KILL $(cat $LSMFS_STATE_DIR.pid); rm $LSMFS_STATE_DIR.pid
     until_true none && echo gone; wait $!; echo $?`,
  );
  expect(seen).toEqual(['5', 'ended', 'gone', '137']);
});

test('a world whose command waits for a script ends when that is killed', async () => {
  const seen = await lines(
    `bash -c 'world=$($LSMFS run --detach -- tail --pid=$$ -f /dev/null); $LSMFS exec $world -- sh -c "setsid sleep 1000 &"
       echo $$ > $LSMFS_STATE_DIR.pid; sleep 1000' &
     exec 2>/dev/null; until_true test -s $LSMFS_STATE_DIR.pid; kill -KILL $(cat $LSMFS_STATE_DIR.pid); rm $LSMFS_STATE_DIR.pid
     until_true none && echo gone; $LSMFS wait $(ls $LSMFS_STATE_DIR/.ended) >/dev/null
     kill $(pgrep -f "sleep 1000" -s $$)`,
  );
  expect(seen).toEqual(['gone']);
});
