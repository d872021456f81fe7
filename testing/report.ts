/** The report of a test that failed. */
import { summaryOf } from './denials.ts';
import type { TestWorld } from './world.ts';

const HEADING = 'Refused in its world meanwhile:';

/** An error, or what a runner has made of one. */
interface Told {
  message: string;
  stack?: string | undefined;
  /** Of an AssertionError. */
  generatedMessage?: boolean;
}

/** What was refused in the world, for people; empty = nothing was. */
export function refusalsOf(world: TestWorld): string {
  const summary = summaryOf(world.denials());
  return summary === '' ? '' : `${HEADING}\n${summary}`;
}

/** Adds that to an error. One that has it already, as that of the matcher, is left as it is. */
export function withRefusals(error: Told, world: TestWorld): void {
  const summary = summaryOf(world.denials());
  if (summary === '' || error.message.includes(summary)) return;
  const message = `${error.message}\n\n${HEADING}\n${summary}`;
  const { stack } = error;
  if (stack?.includes(error.message) === true) error.stack = stack.replace(error.message, () => message);
  error.message = message;
  // jest shows the message of an assertion of node:assert only if it is not what that would say by itself.
  if (error.generatedMessage === true) error.generatedMessage = false;
}
