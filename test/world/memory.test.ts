/** What many loads of a policy and many processes at once leave in the daemon's memory. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { script, worldName } from './program.ts';

const POLICY = path.resolve('test/conformance/scenarios/data/mini.33');
/** Kilobytes: far below what as many policies, or what is known of as many processes, would take. */
const SLACK = 64 * 1024;

it('does not grow with the number of loads and of processes', async () => {
  const name = worldName('memory');
  const inside = `daemon=$(sed 's/.*"owner":{"pid":\\([0-9]*\\).*/\\1/' /run/lsmfs/${name}/world.json)
    peak() { sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\) kB/\\1/p' /proc/$daemon/status; }
    work() {
      for i in $(seq 200); do cat ${POLICY} >/sys/fs/selinux/load; done
      for i in $(seq 5); do for k in $(seq 100); do /bin/true & done; wait; done
    }
    work; peak; work; peak`;
  const result = await script(
    `$LSMFS run --name=${name} --lsm=selinux -- bash -c '${inside.replaceAll("'", `'\\''`)}'`,
    {
      timeoutMs: 240_000,
    },
  );
  expect(result.stderr).toBe('');
  const [first = 0, second = Number.POSITIVE_INFINITY] = result.stdout.trim().split('\n').map(Number);
  expect(first).toBeGreaterThan(0);
  expect(second - first).toBeLessThan(SLACK);
  expect(result.leftovers).toSatisfy(isClean);
}, 240_000);
