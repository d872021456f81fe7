/**
 * Process tracking: the proc connector where the host offers it, notifications elsewhere.
 */
import { ForkRecords } from '../../host/process/fork-records.ts';
import { ProcConnector } from '../../host/process/proc-connector.ts';
import { ConnectorTracker } from './connector-tracker.ts';
import { Fingerprints } from './fingerprint.ts';
import { NotificationTracker } from './notification-tracker.ts';
import { allProcesses, filtersOf, isOurs, parentOf, processOf, programOf, threadsOf } from './proc-tree.ts';
import { lookAtProc } from './process-look.ts';
import type { ProcessTracker, TrackerSink } from './tracker.ts';

/**
 * The owner must drain the tracker regularly: events of the whole host arrive also while no requests are made, and fill
 * the socket's buffer.
 */
export function createTracker(sink: TrackerSink): ProcessTracker {
  const connector = ProcConnector.open();
  if (typeof connector === 'string') {
    sink.log?.(`process tracking by notifications: ${connector}`);
    return new NotificationTracker(sink, lookAtProc());
  }
  const fingerprints = new Fingerprints();
  return new ConnectorTracker(connector, sink, {
    threadsOf,
    allProcesses,
    parentOf,
    processOf,
    isOurs,
    filtersOf,
    fingerprintOf: (pid) => fingerprints.of(pid),
    programOf: (pid) => programOf(pid),
    forkRecords: () => ForkRecords.open(),
  });
}

/** May a world on this host be tracked by the proc connector? Otherwise its filter must notify execve and exit_group. */
export function connectorProblem(): string | undefined {
  const connector = ProcConnector.open();
  if (typeof connector === 'string') return connector;
  connector.close();
  return undefined;
}
