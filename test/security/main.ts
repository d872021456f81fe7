/** `npm run delays -- --seconds=N`: how long others wait for a call beside users whose calls are stuck, and without them. */
import { parseArgs } from 'node:util';
import { onHost } from './host.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' } } });
const FILESYSTEM =
  '$HOSTILE filesystem own/m fsname=x READ LOOKUP > mounted & until grep -q mounted mounted; do sleep 0.01; done';
const CASES: Readonly<Record<string, string>> = {
  nobody: '',
  'one caller with a page that never comes':
    '$HOSTILE page own/m/f > said & until grep -q calling said; do sleep 0.01; done',
  'a look-up that is not answered': '$HOSTILE lookup own/m/g > said & until grep -q calling said; do sleep 0.01; done',
};

for (const [name, attack] of Object.entries(CASES)) {
  const silent = name.startsWith('a look-up') ? FILESYSTEM : FILESYSTEM.replace(' LOOKUP', '');
  const { stdout, stderr } = await onHost(`$AS mkdir own/m; ${silent}
    cat > inside <<'END'
load_policy; ${attack}
/usr/bin/python3 hostile.py probe ${Number(values.seconds)}
pkill -KILL -u 1000 python3
END
    export AS HOSTILE; $LSMFS run -- bash inside`);
  process.stdout.write(`${name}: ${stdout.trim() || stderr.trim()}\n`);
}
