/**
 * An answer comes into the memory of the program that asked, never into one that was executed meanwhile. That the
 * memory is opened before it is looked whether its owner still waits is tested in host/memory/remote-memory.test.ts
 * without luck; this is the attack as it would be made.
 */
import path from 'node:path';
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { onHost } from './host.ts';

const SOURCE = path.resolve('test/security/write-race.c');

it('a setuid program that is executed while an answer is written receives nothing of it', async () => {
  const result = await onHost(`
    gcc -O1 -static -no-pie -pthread -o race ${SOURCE}; cp race victim; chmod 755 race; chmod 4755 victim
    cat > inside <<'END'
load_policy; touch file; chcon -t etc_t file
$AS ./race file ./victim 100
END
    export AS; $LSMFS run -- bash inside`);
  expect(result.stdout).toBe('0 found, 0 failed\n');
  expect(result.leftovers).toSatisfy(isClean);
});
