/** A step of a scenario as the probe understands it (test/conformance/README.md): data, so that it can be printed, replayed and shrunk. */
import * as v from 'valibot';

export type Step = Readonly<Record<string, unknown>>;

const Nested = v.looseObject({ steps: v.array(v.record(v.string(), v.unknown())) });

/** Operations in these steps: a step that contains others counts as those. */
export function countOperations(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => {
    const nested = v.safeParse(Nested, step);
    return sum + (nested.success ? countOperations(nested.output.steps) : 1);
  }, 0);
}
