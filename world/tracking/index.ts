/**
 * Process tracking: the proc connector where the host offers it, notifications elsewhere.
 */
import { ProcConnector } from '../../host/process/proc-connector.ts';
import { ConnectorTracker } from './connector-tracker.ts';
import { NotificationTracker } from './notification-tracker.ts';
import type { ProcessTracker, TrackerSink } from './tracker.ts';

/**
 * The owner must drain the tracker regularly: events of the whole host arrive also while no requests are made, and fill
 * the socket's buffer.
 */
export function createTracker(sink: TrackerSink): ProcessTracker {
  const connector = ProcConnector.open();
  if (typeof connector === 'string') {
    sink.log?.(`process tracking by notifications: ${connector}`);
    return new NotificationTracker(sink);
  }
  return new ConnectorTracker(connector, sink);
}

/** May a world on this host be tracked by the proc connector? Otherwise its filter must notify execve and exit_group. */
export function connectorProblem(): string | undefined {
  const connector = ProcConnector.open();
  if (typeof connector === 'string') return connector;
  connector.close();
  return undefined;
}
