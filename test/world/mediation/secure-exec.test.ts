/** Programs that run with another label do not trust their environment, as far as the modules say so: AT_SECURE. */
import { expect, it } from 'vitest';
import { session } from './file-session.ts';

const PROGRAMS = `cp /usr/bin/env plain; cp plain secure; printf '#!/nowhere' > broken; chmod +x broken
  setfattr -n security.SMACK64EXEC -v Sub secure; setfattr -n security.SMACK64EXEC -v Sub broken; export LD_LIBRARY_PATH=/x`;

it('the loader drops variables, whoever makes it execute the program, and nobody is seen who traces', async () => {
  const lines = await session(
    `${PROGRAMS}; trap 'echo told of a child' CHLD; set -m
     count() { "$@" | grep -c ^LD_; }
     count ./plain; count ./secure; count sh -c ./secure; count ./secure; (exec ./secure) | grep -c ^LD_; count python3 -c 'import os; os.posix_spawn("secure", ["a"], os.environ)'
     trap - CHLD; for i in $(seq 20); do ./secure & done | grep -c ^LD_; ./secure grep TracerPid /proc/self/status
     $LSMFS tree $WORLD | grep -c 'not shown'`,
    '--lsm=smack',
    '--mediate=default',
  );
  // A shell hears once of each of the two of a pipeline: that one stopped for its tracer is no event.
  const piped = (count: string): string[] => [count, 'told of a child', 'told of a child'];
  const counted = ['1', '0', '0', '0', '0', '0'].flatMap(piped);
  expect(lines).toEqual([...counted, '0', 'TracerPid:\t0', '0']);
});

it('a set-id program has the rights of its owner, as one that nobody traces', async () => {
  const lines = await session(
    `chmod 755 .; cp /usr/bin/id own; chmod 4755 own; setfattr -n security.SMACK64EXEC -v Sub own
     for i in 1 2 3; do setpriv --reuid=2000001000 --clear-groups ./own -u; done; $LSMFS tree $WORLD | grep -c 'not shown'`,
    '--lsm=smack',
    '--mediate=default',
  );
  expect(lines).toEqual(['0', '0', '0', '0']);
});

it('who cannot execute it goes on as before, signals arrive, and ends are heard of', async () => {
  const lines = await session(
    `${PROGRAMS}
     python3 - <<'END'
import errno, os, signal
def child(act):
    pid = os.fork()
    if pid == 0:
        act()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, os.WUNTRACED)[1])
def fails():
    for program in ["broken", "broken"]:
        try: os.execv(program, ["a"])
        except OSError as error: print(errno.errorcode[error.errno], flush=True)
def blocked():
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    os.kill(os.getpid(), signal.SIGTERM)
    os.execv("secure", ["a", "python3", "-c", "import signal; print(signal.sigpending(), flush=True); signal.pthread_sigmask(signal.SIG_UNBLOCK, [15])"])
print(child(fails), child(blocked), child(lambda: os.execv("secure", ["a", "sh", "-c", "exit 7"])), child(lambda: os.execv("secure", ["a", "sh", "-c", "kill -KILL $$"])), flush=True)
END`,
    '--lsm=smack',
    '--mediate=default',
  );
  expect(lines).toEqual(['ENOENT', 'ENOENT', '{<Signals.SIGTERM: 15>}', '0 -15 7 -9']);
});

it('without mediation, or where refusals are recorded only, it trusts it', async () => {
  for (const options of ['--no-mediation', '--mediate-log-only']) {
    const lines = await session(`${PROGRAMS}; ./secure | grep -c ^LD_`, '--lsm=smack', options);
    expect(lines).toEqual(['1']);
  }
});
