/**
 * What `run` can do before it knows its options: note what it inherited, and start the daemon, which takes longest of all.
 *
 * A daemon that is not needed after all (wrong options, no privileges) ends when its end of the socket pair is closed.
 */
import { captureInheritedState, type InheritedState } from './inherited.ts';
import { startDaemon } from './spawn-daemon.ts';

export interface PreparedRun {
  readonly inherited: InheritedState;
  /** The launcher's end of the socket pair. */
  readonly channelFd: number;
}

/** Must run before this program opens anything that outlives the call. */
export function prepareRun(): PreparedRun {
  const inherited = captureInheritedState();
  return { inherited, channelFd: startDaemon() };
}
