/** What is known of a program is used again without a question; whatever it follows from is changed, and the next one is decided anew. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { connectorProblem } from '../../world/tracking/index.ts';
import { isClean } from '../support/box.ts';
import { script } from './program.ts';
import { stepsAroundRelabelling } from './relabelling.ts';

const RACING = path.resolve('test/world/racing-execs-client.py');
const POLICY = path.resolve('test/data/policies/execs.33');

it.each(['--no-mediation', ''])(
  'a program runs as follows from the present state, whatever was changed since it ran last: %s',
  async (option) => {
    const steps = await stepsAroundRelabelling({
      option,
      client: 'repeated-execs-client.py',
      policies: ['execs.33'],
      file: 'plain',
      type: 'door_t',
    });
    expect(steps).toEqual([
      ['plain', 'maker_t'],
      // Without its events execs are told of by questions; what is mediated is asked beside.
      ['decisions about plain', option !== '' && connectorProblem() === undefined ? 0 : expect.any(Number)],
      ['decisions about logged', true],
      ['relabelled', 'other_t'],
      ['relabelled again', 'maker_t'],
      ['relabelled from outside', 'other_t'],
      ['another file of that name', 'other_t'],
      ['gated', 'maker_t'],
      ['gate closed', 'EACCES'],
      ['permissive', 'maker_t'],
      ['enforcing', 'EACCES'],
      ['label for the next program', 'other_t'],
      ['that is taken back', 'maker_t'],
      ['by another program', 'maker_t'],
      ['secret', 'maker_t'],
      ['other domain', ['other_t', 'EACCES']],
      ['secret, beside the other domain', 'maker_t'],
      ['other domain, again', ['other_t', 'EACCES']],
      ['secret, after it', 'maker_t'],
      ['beside one that has failed', true],
      ['by a thread that is not the leader', 'other_t'],
      ['script', 'runs'],
      ['another interpreter', 'EACCES'],
      ['the first again', 'runs'],
      ['interpreter relabelled', 'EACCES'],
    ]);
  },
);

it('the program runs with its label that is executed, of those that two threads execute at once', async () => {
  const result = await script(
    `d=$(mktemp -d /dev/shm/lsmfs-XXXXXX); trap 'rm -rf $d' EXIT
     $LSMFS run --lsm=selinux -- python3 ${RACING} $d ${POLICY}`,
    { timeoutMs: 60_000 },
  );
  expect(result.stderr).toBe('');
  const expected = ['door u:r:other_t', 'plain u:r:maker_t'];
  // Which of them succeeds is the affair of the host.
  const [pretended, ...seen] = result.stdout.trim().split('\n').reverse();
  expect(pretended).toBe('pretended u:r:maker_t');
  expect(seen.length).toBeGreaterThan(0);
  expect(expected).toEqual(expect.arrayContaining(seen));
  expect(result.leftovers).toSatisfy(isClean);
});

const PROFILES = `profile strict { /{usr/,}{bin,lib,lib64}/** mrix, /etc/** r, /dev/** rw, /proc/** r, @/plain mrix, }
profile other flags=(complain) { /** mrix, }`;

it('profiles decide about a program that was unconfined a moment ago', async () => {
  const inside = `exec 2>&1; d=$(mktemp -d); cd $d; cp /bin/cat plain; cp /bin/cat secret
    replace() { echo "$1" | sed "s,@,$d,g" | apparmor_parser -qKr; }
    show() { "$@" /proc/self/attr/current | tr -d '\\0'; }; known() { show "$@"; show "$@"; show "$@"; }
    replace "$PROFILES"
    known ./plain; known ./secret; own=/proc/self/attr/current
    aa-exec -p strict -- sh -c "for i in 1 2 3; do ./plain $own; ./secret $own; done"
    show ./secret; replace "profile attached @/secret flags=(complain) { }"; show ./secret; known ./plain
    echo -n 'exec other' > /proc/self/attr/exec; show ./plain; cd /; rm -r $d`;
  const result = await script(`$LSMFS run --lsm=apparmor -- bash -c "$INSIDE"`, {
    env: { INSIDE: inside, LC_ALL: 'C', PROFILES },
  });
  expect(result.stderr).toBe('');
  const unconfined = Array.from({ length: 3 }, () => 'unconfined');
  const refused = 'sh: 1: ./secret: Permission denied';
  expect(result.stdout.trim().split('\n')).toEqual([
    ...[...unconfined, ...unconfined],
    ...['strict (enforce)', refused, 'strict (enforce)', refused, 'strict (enforce)', refused],
    ...['unconfined', 'attached (complain)', ...unconfined, 'other (complain)'],
  ]);
  expect(result.leftovers).toSatisfy(isClean);
});
