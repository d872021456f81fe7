/**
 * The part of `run` that needs no options: records what the process inherited, and starts the daemon, which takes longest.
 *
 * If no world is made (wrong options, no privileges), the daemon ends when our end of the socket pair is closed.
 */
import { hasStandby } from '../registry/listing.ts';
import { currentStateRoot } from '../registry/state-root.ts';
import { captureInheritedState, type InheritedState } from './inherited.ts';
import { isNested } from './nested.ts';
import { startDaemon } from './spawn-daemon.ts';
import { taskProblem } from './task-limits.ts';

export interface PreparedRun {
  readonly inherited: InheritedState;
  /** The launcher's end of the socket pair; absent = no daemon was started: one may be on standby, or there can be none. */
  readonly channelFd: number | undefined;
}

/** Must run before this program opens anything that outlives the call. */
export function prepareRun(): PreparedRun {
  const inherited = captureInheritedState();
  const waits = isNested() || hasStandby(currentStateRoot()) || taskProblem() !== undefined;
  return { inherited, channelFd: waits ? undefined : startDaemon() };
}
