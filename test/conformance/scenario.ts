/**
 * A scenario: steps for the probe, and the kernel they are for. The format is described in README.md; the runner reads only the
 * envelope, the steps belong to the probe.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';

const Step = v.looseObject({ op: v.pipe(v.string(), v.nonEmpty()) });

const ScenarioFile = v.strictObject({
  about: v.string(),
  /** Value of the lsm= boot parameter; null: the kernel's own default. */
  lsm: v.nullable(v.string()),
  kernel: v.picklist(['uml', 'qemu']),
  cmdline: v.optional(v.string()),
  setup: v.optional(v.array(v.string()), []),
  optional: v.optional(v.literal('klog')),
  /** The scratch folder must have this name: policies of the scenario contain it. */
  scratch: v.optional(v.string()),
  /** Value of --mediate; absent: what a world mediates by default. */
  mediate: v.optional(v.string()),
  /** What the setup needs of the machine (host-needs.ts). */
  needs: v.optional(v.array(v.picklist(['ext4'])), []),
  /** The machine has a TPM 2.0 with these banks (`sha1,sha256`). */
  tpm: v.optional(v.string()),
  /** Further options of `lsmfs run`; `@D` is the folder of scenarios. */
  world: v.optional(v.array(v.string()), []),
  steps: v.pipe(v.array(Step), v.minLength(1)),
});

export type KernelKind = 'uml' | 'qemu';

export interface Scenario {
  readonly name: string;
  readonly file: string;
  readonly lsm: string | null;
  readonly kernel: KernelKind;
  /** More boot parameters, such as enforcing=1. */
  readonly bootParameters: readonly string[];
  /** Uses the kernel log, which not every target has. */
  readonly usesKernelLog: boolean;
  /** Name that the scratch folder must have; absent = any. */
  readonly scratch?: string;
  /** Families that a world mediates, as --mediate takes them; absent = the usual ones. */
  readonly mediate?: string;
  /** What its setup needs of the host. */
  readonly needs: readonly 'ext4'[];
  /** Banks of the machine's TPM, as --tpm-banks takes them; absent = it has none. */
  readonly tpm?: string;
  /** Further options of `lsmfs run`. */
  readonly worldOptions: readonly string[];
  /** Keys of the top-level steps in order, with their operation: to say where a run stopped. */
  readonly steps: readonly { readonly key: string; readonly op: string }[];
}

/** A scenario file that cannot be used; the message names the file and the place. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
}

export function loadScenario(file: string): Scenario {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ScenarioError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = v.safeParse(ScenarioFile, content);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    throw new ScenarioError(`${file}: ${v.getDotPath(issue) ?? 'top level'}: ${issue.message}`);
  }
  const scenario = parsed.output;
  return {
    name: path.basename(file, '.json'),
    file: path.resolve(file),
    lsm: scenario.lsm,
    kernel: scenario.kernel,
    bootParameters: (scenario.cmdline ?? '').split(' ').filter((word) => word !== ''),
    usesKernelLog: scenario.optional === 'klog',
    ...(scenario.scratch === undefined ? {} : { scratch: scenario.scratch }),
    ...(scenario.mediate === undefined ? {} : { mediate: scenario.mediate }),
    ...(scenario.tpm === undefined ? {} : { tpm: scenario.tpm }),
    needs: scenario.needs,
    worldOptions: scenario.world.map((option) => option.replace('@D', path.dirname(path.resolve(file)))),
    steps: scenario.steps.map((step, index) => ({ key: String(step.id ?? index), op: step.op })),
  };
}

/** Every scenario of a folder, in name order. */
export function scenarioFiles(folder: string): string[] {
  if (!existsSync(folder)) throw new ScenarioError(`${folder}: no such folder`);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => path.join(folder, name));
}
