/**
 * What `run` can do before it knows its options: note what it inherited, and start the daemon, which takes longest of all.
 *
 * A daemon that is not needed after all (wrong options, no privileges) ends when its end of the socket pair is closed.
 */
import type { BlockingChannel } from '../control/blocking-channel.ts';
import { captureInheritedState, type InheritedState } from './inherited.ts';
import { startDaemon } from './spawn-daemon.ts';

export interface PreparedRun {
  readonly inherited: InheritedState;
  readonly channel: BlockingChannel;
}

/** Must run before this program opens anything that outlives the call. */
export function prepareRun(): PreparedRun {
  const inherited = captureInheritedState();
  return { inherited, channel: startDaemon() };
}
