/**
 * Rules as a recorded kernel took or refused them (test/conformance/scenarios/f-ima-grammar), in this process: results and audit records.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parseOutcomes, readGolden } from '../../../test/conformance/outcomes.ts';
import type { FileSystemError } from '../../../vfs/user/facade-error.ts';
import { createWorld } from '../../library/index.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../../test/conformance/scenarios');
const SCENARIO = 'f-ima-grammar';
const POLICY = '/sys/kernel/security/integrity/ima/policy';

interface Step {
  readonly op: string;
  readonly id?: string;
  readonly path?: string;
  readonly data?: string;
  readonly use?: string;
  readonly keep?: string;
  readonly do?: readonly (readonly [action: string, data: string])[];
}

function attempt(action: () => number): number | { readonly err: string } {
  try {
    return action();
  } catch (error) {
    return { err: (error as FileSystemError).code };
  }
}

it('takes and refuses every recorded rule, with the same records', () => {
  const { steps } = JSON.parse(readFileSync(path.join(FOLDER, `${SCENARIO}.json`), 'utf8')) as {
    readonly steps: readonly Step[];
  };
  const golden = parseOutcomes(readGolden(FOLDER, SCENARIO));
  const world = createWorld({ lsm: '' });
  const held = new Map<string, number>();
  const isPath = (text: string) => text.startsWith('/') || text.startsWith('@S');
  let compared = 0;
  let [records, lines] = [world.audit.length, world.kernelLog.length];
  for (const [index, step] of steps.entries()) {
    const key = step.id ?? String(index);
    // Rules in files, and what stands in files of the host.
    if (key.startsWith('file')) break;
    if (step.op === 'write' && step.path === POLICY && typeof step.data === 'string') {
      const fd = world.fs.openSync(POLICY, 'w');
      const { data } = step;
      const result = attempt(() => world.fs.writeSync(fd, data));
      world.fs.closeSync(fd);
      const { err, n } = golden.get(key) ?? {};
      expect([key, result]).toEqual([key, err === undefined ? n : { err }]);
    } else if (step.op === 'fd') {
      const fd = step.use === undefined ? world.fs.openSync(POLICY, 'w') : held.get(step.use);
      if (step.keep !== undefined && fd !== undefined) held.set(step.keep, fd);
      const writes = (step.do ?? []).filter(([action, data]) => action === 'write' && !isPath(data));
      const results = writes.map(([, data]) => attempt(() => world.fs.writeSync(fd ?? -1, data)));
      expect([key, results]).toEqual([key, golden.get(key)?.r]);
    } else if (step.op === 'klogq' && golden.get(key)?.lines !== undefined) {
      const audit = world.audit.slice(records).map(({ type, body }) => `audit: type=${type} audit(T:N): ${body}`);
      const direct = world.kernelLog.slice(lines);
      [records, lines] = [world.audit.length, world.kernelLog.length];
      const expected = golden.get(key)?.lines as string[];
      // Nobody has a name or a number here. The kernel's log shows control characters by their numbers.
      const plain = (line: string) =>
        line
          .replace(/\bpid=\w+/, 'pid=N')
          .replace(/comm="[^"]*"/, 'comm="c"')
          .replace(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
      expect([key, audit.map(plain)]).toEqual([key, expected.map(plain)]);
      expect([key, direct]).toEqual([key, golden.get(key)?.direct]);
    } else continue;
    compared++;
  }
  expect(compared).toBeGreaterThan(250);
});
