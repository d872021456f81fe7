/**
 * Sysctls against a kernel booted now. They are played on the model in this process: a world cannot add names to the host's /proc/sys, so
 * through `lsmfs run` the answers would depend on the modules of the host.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { createWorld, type World } from '../../lsm/library/index.ts';
import { compareOutcomes, describeDifference } from './compare.ts';
import { runOnKernel } from './kernel/guest.ts';
import { type Outcomes, parseOutcomes } from './outcomes.ts';
import { loadScenario } from './scenario.ts';
import { PROBE } from './targets.ts';

const FILE = path.join(import.meta.dirname, 'in-process/yama-sysctl.json');
const Steps = v.object({
  steps: v.array(
    v.variant('op', [
      v.strictObject({ op: v.literal('read'), path: v.string() }),
      v.strictObject({ op: v.literal('write'), path: v.string(), data: v.string() }),
    ]),
  ),
});
type Step = v.InferOutput<typeof Steps>['steps'][number];

function answer({ fs }: World, step: Step): object {
  if (step.op === 'read') return { data: fs.readFileSync(step.path, 'latin1') };
  const fd = fs.openSync(step.path, 'r+');
  try {
    return { n: fs.writeSync(fd, step.data) };
  } catch (error) {
    return { err: error instanceof Error && 'code' in error ? error.code : String(error), at: 'write' };
  } finally {
    fs.closeSync(fd);
  }
}

function playInProcess(world: World): Outcomes {
  const { steps } = v.parse(Steps, JSON.parse(readFileSync(FILE, 'utf8')));
  const lines = steps.map((step, index) => JSON.stringify({ k: String(index), ...answer(world, step) }));
  return parseOutcomes([...lines, JSON.stringify({ k: 'end', steps: steps.length })].join('\n'));
}

test('kernel.yama.ptrace_scope answers as a kernel booted now', async () => {
  const scenario = loadScenario(FILE);
  const kernel = parseOutcomes((await runOnKernel(scenario, PROBE)).outcomes);
  const differences = compareOutcomes(kernel, playInProcess(createWorld({ lsm: 'yama' })));
  expect(differences.map((found) => describeDifference(scenario.name, found))).toEqual([]);
});
