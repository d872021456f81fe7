/**
 * Process tracking: the proc connector where the host offers it, notifications elsewhere.
 */
import { ProcConnector } from '../sys/proc-connector.ts';
import { ConnectorTracker } from './connector-tracker.ts';
import { NotificationTracker } from './notification-tracker.ts';
import type { ProcessTracker, TrackerSink } from './tracker.ts';

/** While nobody makes requests, events of the whole host still arrive and must not fill the socket. */
const IDLE_DRAIN_MS = 50;

/** The idle drain does not keep the process alive. `close` ends it. */
export function createTracker(sink: TrackerSink): ProcessTracker {
  const connector = ProcConnector.open();
  if (typeof connector === 'string') {
    sink.log?.(`process tracking by notifications: ${connector}`);
    return new NotificationTracker(sink);
  }
  const tracker = new ConnectorTracker(
    {
      next: () => connector.next(),
      close: () => {
        clearInterval(timer);
        connector.close();
      },
    },
    sink,
  );
  const timer = setInterval(() => tracker.drain(), IDLE_DRAIN_MS);
  timer.unref();
  return tracker;
}

/** May a world on this host be tracked by the proc connector? Otherwise its filter must notify execve and exit_group. */
export function connectorProblem(): string | undefined {
  const connector = ProcConnector.open();
  if (typeof connector === 'string') return connector;
  connector.close();
  return undefined;
}
