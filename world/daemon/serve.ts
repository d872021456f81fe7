/** What a daemon does: it answers its launcher, and everybody who comes later, until its world ends. */
import type { SupervisorThread } from '../supervisor/thread.ts';
import { converseOn } from './control-server.ts';
import { Daemon } from './daemon.ts';

export { serveAttrLinks } from './attr-links-thread.ts';

/** The launcher's socket. */
const CHANNEL_FD = 3;
const GRACE_MS = 5000;

/** @param thread for the first listener; it loads beside us. */
export function serveWorld(thread: SupervisorThread): void {
  process.chdir('/');
  process.umask(0o077);
  const program = new URL('./daemon.js', import.meta.url);
  const daemon = new Daemon({ program, thread, exit: (status) => process.exit(status) });
  process.on('SIGTERM', () => daemon.stop({ graceMs: GRACE_MS }));
  for (const signal of ['SIGHUP', 'SIGINT'] as const) process.on(signal, () => {});
  process.on('uncaughtException', (error) => daemon.trouble(`uncaught: ${error.stack ?? error.message}`));
  process.on('unhandledRejection', (reason) => daemon.trouble(`unhandled rejection: ${String(reason)}`));
  converseOn(CHANNEL_FD, daemon);
}
