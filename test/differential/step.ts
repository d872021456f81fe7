/** A step of a scenario as the probe understands it (test/conformance/README.md): data, so that it can be printed, replayed and shrunk. */
export interface Step {
  readonly op: string;
  readonly path?: string;
  /** Of an extended attribute. */
  readonly name?: string;
  /** A descriptor that was kept open. */
  readonly use?: string;
  /** Steps in a child, a thread or a group. */
  readonly steps?: readonly Step[];
  readonly [field: string]: unknown;
}

/** Operations in these steps: a step that contains others counts as those. */
export function countOperations(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => sum + (step.steps === undefined ? 1 : countOperations(step.steps)), 0);
}

/** System calls in these steps whose records are looked at. */
export function countCalls(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => {
    const own = step.op === 'calls' && step.log === true ? (step.do as readonly unknown[]).length : 0;
    return sum + own + countCalls(step.steps ?? []);
  }, 0);
}
