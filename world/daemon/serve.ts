/** Runs the daemon: answers its launcher and later connections until the world ends. */

import { NR } from '../../host/libc.ts';
import { neverDumpCore } from '../../host/process/process.ts';
import { rawSyscall } from '../../host/raw-syscall.ts';
import type { SupervisorThread } from '../supervisor/thread.ts';
import { converseOn } from './control-server.ts';
import { Daemon } from './daemon.ts';

export { serveAttrLinks } from './attr-links/attr-links-thread.ts';

/** The launcher's socket. */
const CHANNEL_FD = 3;
const GRACE_MS = 5000;
/** Exit status after an uncaught exception: the state of the stack is unknown then. */
const FATAL = 70;

/** exit_group(2). process.exit() would join our threads, which may be blocked in a file that this thread serves. */
function exit(status: number): void {
  rawSyscall(NR.exit_group, status);
}

/** @param thread for the first listener; it loads beside us. */
export function serveWorld(thread: SupervisorThread): void {
  process.umask(0o077);
  neverDumpCore();
  const program = new URL('./daemon.js', import.meta.url);
  const daemon = new Daemon({ program, thread, exit, booted: heedSignals });
  function heedSignals(): void {
    process.on('SIGTERM', () => daemon.stop({ graceMs: GRACE_MS }));
    for (const signal of ['SIGHUP', 'SIGINT'] as const) process.on(signal, () => {});
  }
  process.on('uncaughtException', (error) => {
    daemon.trouble(`uncaught: ${error.stack ?? error.message}`);
    exit(FATAL);
  });
  process.on('unhandledRejection', (reason) => {
    daemon.trouble(`unhandled rejection: ${reason instanceof Error ? reason.stack : String(reason)}`);
    exit(FATAL);
  });
  converseOn(CHANNEL_FD, daemon);
}
