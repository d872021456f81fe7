/** `npm run delays -- --seconds=N`: how long others wait for a call beside users whose calls are stuck, and without them. */
import { parseArgs } from 'node:util';
import { WITHOUT_POLICY, WITHOUT_STANDBY } from '../support/without-policy.ts';
import { onHost } from './host.ts';

Object.assign(process.env, WITHOUT_POLICY, WITHOUT_STANDBY);

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' } } });
/** What the user's filesystem does not answer, and what he does then. */
const CASES: Readonly<Record<string, readonly [silent: string, attack: string]>> = {
  nobody: ['READ', ''],
  'one caller with a page that never comes': ['READ', 'page own/m/f'],
  'a look-up that is not answered': ['READ LOOKUP', 'lookup own/m/g'],
  'memory that is held': ['WRITE', 'hold own/m/f open'],
};

for (const [name, [silent, attack]] of Object.entries(CASES)) {
  const begin = `set -m; $HOSTILE ${attack} > said & attacker=$!; set +m; until grep -q calling said; do sleep 0.01; done`;
  const { stdout, stderr } = await onHost(`$AS mkdir own/m
    $HOSTILE filesystem own/m fsname=x ${silent} > mounted & echo $! > server; until grep -q mounted mounted; do sleep 0.01; done
    cat > inside <<'END'
load_policy; ${attack === '' ? '' : begin}
/usr/bin/python3 hostile.py probe ${Number(values.seconds)}
kill -KILL $(cat server)${attack === '' ? '' : '; kill -KILL -- -$attacker'}
END
    export AS HOSTILE; $LSMFS run -- bash inside`);
  process.stdout.write(`${name}: ${stdout.trim() || stderr.trim()}\n`);
}
