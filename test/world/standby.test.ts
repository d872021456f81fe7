/** Worlds that are booted before there is a command for them. */
import { describe, expect, it } from 'vitest';
import { script, UNTIL } from './program.ts';

/** A state directory of its own; `names` are the worlds in it. */
const ALONE = `${UNTIL}export LSMFS_STATE_DIR=$(mktemp -d)
  names() { ls $LSMFS_STATE_DIR; }; none() { [ -z "$(names)" ]; }
  daemon() { sed 's/.*"owner":{"pid":\\([0-9]*\\).*/\\1/' $LSMFS_STATE_DIR/$1/world.json; }
  state() { $LSMFS ps --json | jq -r ".[] | select(.name == \\"$1\\") | .state"; }
  which='echo $LSMFS_WORLD'
`;

async function lines(text: string): Promise<readonly string[]> {
  const { stdout, stderr } = await script(
    `${ALONE}${text}; until_true none && rm -rf $LSMFS_STATE_DIR/.policies && rmdir $LSMFS_STATE_DIR`,
  );
  expect(stderr).toBe('');
  return stdout.trim().split('\n');
}

/** Says `own` when the command got another world than the one on standby. */
const OWN = 'taken() { [ "$1" = $name ] && echo taken || echo own; }\n';

describe('lsmfs standby', () => {
  it('has a world ready that one command takes, with its exit status and descriptors', async () => {
    const [name, ...seen] = await lines(
      `name=$($LSMFS standby); echo $name; state $name
       $LSMFS run --json-status-fd=5 -- sh -c 'echo $LSMFS_WORLD; getenforce; lsm=$(cat /sys/kernel/security/lsm); echo $lsm; exit 3' 5>$LSMFS_STATE_DIR.json; echo $?
       grep -o '"exit-code": *[0-9]*' $LSMFS_STATE_DIR.json; rm $LSMFS_STATE_DIR.json
       until_true none; [ "$($LSMFS run -- sh -c "$which")" != $name ] && echo another`,
    );
    expect(seen).toEqual(
      expect.arrayContaining(['standby', name, 'Permissive', expect.stringContaining('selinux'), '3', 'another']),
    );
    expect(seen.filter((line) => line.includes('exit-code'))).toHaveLength(1);
  });

  it('loads the policy beforehand', async () => {
    const policy = '/etc/selinux/default/policy/policy.34';
    const seen = await lines(
      `${OWN}name=$($LSMFS standby --policy=${policy} --enforcing)
       taken $($LSMFS run --policy=${policy} --enforcing -- sh -c "$which; id -Z >&2" 2>$LSMFS_STATE_DIR.label)
       cat $LSMFS_STATE_DIR.label; rm $LSMFS_STATE_DIR.label`,
    );
    expect(seen).toEqual(['taken', 'system_u:system_r:kernel_t:s0']);
  });

  it.each([
    ['no mediation', '$LSMFS run --no-mediation -- sh -c "$which"'],
    ['other options', '$LSMFS run --lsm=apparmor -- sh -c "$which"'],
    ['a name', '$LSMFS run --name=mine -- sh -c "$which"'],
    ['a log file', '$LSMFS run --log-file=/dev/null -- sh -c "$which"'],
    ['files only', '$LSMFS run --no-seccomp -- sh -c "$which" 2>/dev/null'],
    ['another nice value', 'nice -n 5 $LSMFS run -- sh -c "$which"'],
    ['another mount namespace', 'unshare -m $LSMFS run -- sh -c "$which"'],
    ['other limits', '(ulimit -n 1000; $LSMFS run -- sh -c "$which")'],
    ['fewer capabilities', 'setpriv --bounding-set=-sys_time $LSMFS run -- sh -c "$which"'],
    ['another user', 'setpriv --regid 65534 --clear-groups $LSMFS run -- sh -c "$which"'],
  ])('does not give it to a command with %s', async (_, command) => {
    expect(
      await lines(`${OWN}name=$($LSMFS standby); taken $( ${command} ); state $name; $LSMFS stop $name >/dev/null`),
    ).toEqual(['own', 'standby']);
  });

  it('does not give it to a command whose files have changed', async () => {
    const seen = await lines(
      `${OWN}file=$(mktemp); : >$file; name=$($LSMFS standby --file-contexts=$file); echo '/x -d <<none>>' >$file
       taken $($LSMFS run --file-contexts=$file -- sh -c "$which"); rm $file; $LSMFS stop $name >/dev/null`,
    );
    expect(seen).toEqual(['own']);
  });

  it('asks the daemon, whatever the file says', async () => {
    const seen = await lines(
      `${OWN}name=$($LSMFS standby); other=$($LSMFS standby --lsm=apparmor)
       cp $LSMFS_STATE_DIR/$other/standby $LSMFS_STATE_DIR/$name/standby; $LSMFS stop $other >/dev/null
       taken $($LSMFS run --lsm=apparmor -- sh -c "$which"); state $name; $LSMFS stop $name >/dev/null`,
    );
    expect(seen).toEqual(['own', 'standby']);
  });

  // The commands wait for each other: the name of a world that has ended may be another's.
  it('gives each world to one of those who come together', async () => {
    const [standby = '', got = '', different] = await lines(
      `standby=$($LSMFS standby --count=2); echo $standby; out=$(mktemp)
       export -f until_true; meet="$which >>$out; until_true eval '[ \\$(wc -l <$out) -ge 6 ]'"
       for i in 1 2 3 4 5 6; do $LSMFS run -- bash -c "$meet" & done; wait
       sort $out | tr '\\n' ' '; echo; sort -u $out | wc -l; rm $out`,
    );
    expect(different).toBe('6');
    expect(got.split(' ')).toEqual(expect.arrayContaining(standby.split(' ')));
  });

  it.each([
    ['killed', 'kill -KILL $daemon; until_true test ! -e /proc/$daemon/exe', ':'],
    ['stopped by a signal', 'kill -STOP $daemon', '$LSMFS stop --time=0 $name >/dev/null'],
    ['ended by a signal', 'kill -TERM $daemon; until_true none', ':'],
  ])('that was %s does not hinder a command', async (_, act, afterwards) => {
    const seen = await lines(
      `${OWN}name=$($LSMFS standby); daemon=$(daemon $name); ${act}; taken $($LSMFS run -- sh -c "$which"); ${afterwards}`,
    );
    expect(seen).toEqual(['own']);
  });

  it('is ended by `stop`, by name or with all others, and by itself', async () => {
    const seen = await lines(
      `$LSMFS stop $($LSMFS standby) >/dev/null; until_true none && echo stopped
       $LSMFS standby --count=2 >/dev/null; $LSMFS stop --all --yes >/dev/null; until_true none && echo all
       $LSMFS standby --time=1 >/dev/null; until_true none && echo over`,
    );
    expect(seen).toEqual(['stopped', 'all', 'over']);
  });

  it('has no processes to join, and is not the only world', async () => {
    const { stderr } = await script(
      `${ALONE}name=$($LSMFS standby); $LSMFS exec $name -- true; $LSMFS log; $LSMFS stop $name >/dev/null; rmdir $LSMFS_STATE_DIR`,
    );
    expect(stderr).toMatch(/on standby/);
    expect(stderr).toMatch(/No world is running/);
  });

  it('ends when who took it is gone before there is a command', async () => {
    const seen = await lines(
      `name=$($LSMFS standby); /usr/bin/python3 -c '${TAKE}' $LSMFS_STATE_DIR/$name; until_true none; echo gone`,
    );
    expect(seen).toEqual(['booted', 'gone']);
  });

  it('of another user takes nobody in, though that user may write to the state directory', async () => {
    const seen = await lines(
      `${OWN}name=$($LSMFS standby); key=$LSMFS_STATE_DIR.key; cp $LSMFS_STATE_DIR/$name/standby $key; $LSMFS stop $name >/dev/null; until_true none
       trap=$LSMFS_STATE_DIR/$name; mkdir $trap; mv $key $trap/standby; chmod 1777 $LSMFS_STATE_DIR; chown -R 65534 $trap
       setpriv --reuid 65534 --clear-groups /usr/bin/python3 -c '${TRAP}' $trap $name & trap 'kill $!' EXIT
       until_true test -e $trap/control; taken $($LSMFS run -- sh -c "$which")
       cat $trap/asked 2>&1 | sed 's/.*: //'; kill $!; trap - EXIT; wait; rm -r $trap`,
    );
    expect(seen).toEqual(['own', 'No such file or directory']);
  });
});

/** Takes a world as a launcher would, and ends. */
const TAKE = `
import json, os, socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1] + "/control")
options = open(sys.argv[1] + "/standby").read().split(chr(10))[2]
s.sendall((json.dumps(dict(kind="take", options=options, command=["x"])) + chr(10)).encode())
print(json.loads(s.makefile().readline())["kind"])
`;

/** A daemon of somebody else: says what it was told. */
const TRAP = `
import json, os, socket, sys
place, name = sys.argv[1:]
stat = open("/proc/self/stat").read()
start = int(stat[stat.rindex(")") + 2:].split()[19])
record = dict(name=name, id="0" * 16, owner=dict(pid=os.getpid(), startTime=start), state="standby", started=1, lsm="", profile="talk", seccomp=True, command=[], madeDirectories=[], devices=[])
open(place + "/world.json", "w").write(json.dumps(record))
s = socket.socket(socket.AF_UNIX); s.bind(place + "/control"); s.listen()
c, _ = s.accept()
said = c.recv(10000)
open(place + "/asked", "w").write("told " + said.decode() if said else "connected without a word" + chr(10))
s.accept()
`;
