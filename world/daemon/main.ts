/**
 * Entry point of the daemon (dist/daemon.js), started by the launcher with one end of a socket pair as descriptor 3,
 * and of its helper thread. It first starts the slow parts, which load concurrently with the rest (a script of its own).
 */
import { isMainThread } from 'node:worker_threads';
import { SupervisorThread } from '../supervisor/thread.ts';
import { takePriority } from './priority.ts';

if (isMainThread) {
  process.chdir('/'); // A thread of Node cannot start in a directory that was removed.
  takePriority();
}
const thread = isMainThread ? new SupervisorThread() : undefined;
void import('./serve.ts').then(({ serveAttrLinks, serveWorld }) =>
  thread === undefined ? serveAttrLinks() : serveWorld(thread),
);
