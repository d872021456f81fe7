/**
 * Entry point of the daemon (dist/daemon.js), started by the launcher with one end of a socket pair as descriptor 3, and of its helper thread.
 */
import { isAttrLinksThread, serveAttrLinks } from './attr-links-thread.ts';
import { converseOn } from './control-server.ts';
import { Daemon } from './daemon.ts';

const CHANNEL_FD = 3;
const GRACE_MS = 5000;

function serveWorld(): void {
  process.chdir('/');
  process.umask(0o077);
  const daemon = new Daemon({ program: new URL(import.meta.url), exit: (status) => process.exit(status) });
  process.on('SIGTERM', () => daemon.stop({ graceMs: GRACE_MS }));
  for (const signal of ['SIGHUP', 'SIGINT'] as const) process.on(signal, () => {});
  process.on('uncaughtException', (error) => daemon.trouble(`uncaught: ${error.stack ?? error.message}`));
  process.on('unhandledRejection', (reason) => daemon.trouble(`unhandled rejection: ${String(reason)}`));
  converseOn(CHANNEL_FD, daemon);
}

if (isAttrLinksThread()) serveAttrLinks();
else serveWorld();
