/** Runs a scenario on the real kernel that it names. */
import type { Scenario } from '../scenario.ts';
import { runInQemu } from './qemu.ts';
import type { KernelRun } from './run.ts';
import { runInUml } from './uml.ts';

/** Emulated processors are about ten times slower than User-mode Linux. */
const TIMEOUT_MS = { uml: 120_000, qemu: 400_000 } as const;

export function runOnKernel(scenario: Scenario, probe: string): Promise<KernelRun> {
  const options = { timeoutMs: TIMEOUT_MS[scenario.kernel], probe };
  return scenario.kernel === 'uml' ? runInUml(scenario, options) : runInQemu(scenario, options);
}
