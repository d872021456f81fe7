/**
 * The state of a world's daemon, found without asking it.
 */
import { fileText } from '../../host/files/file-text.ts';
import { processFile } from '../../host/process/process-files.ts';
import { statusField, statusMask } from '../../host/procfs/status.ts';
import type { WorldDirectory } from './directory.ts';
import { recordedHere } from './members.ts';
import { parseStartTime } from './process-id.ts';
import type { WorldRecord } from './record.ts';

/**
 * `stopped`: by a signal or a debugger, until SIGCONT. `dying`: killed, but the process or one of its files cannot be
 * released. `alive` may mean that it is in a pid namespace that we cannot see.
 */
export type Liveness = 'alive' | 'stopped' | 'dying' | 'dead';

const SIGKILL_BIT = 1n << 8n;

/** @param files absent = asked once. */
export function livenessOf(world: WorldDirectory, record: WorldRecord): Liveness {
  const { owner } = record;
  const status = fileText(`/proc/${owner.pid}/status`) ?? '';
  const there = parseStartTime(processFile(owner.pid, 'stat') ?? '') === owner.startTime;
  const state = there ? parseState(status) : 'gone';
  // The id of a daemon in another pid namespace may be unused here, or that of another process; the lock on its directory counts.
  if (state === 'gone') return world.isHeld ? (recordedHere(world) ? 'dying' : 'alive') : 'dead';
  return state;
}

/** @param status text of /proc/<pid>/status; `gone`: nothing, or a zombie. */
export function parseState(status: string): 'alive' | 'stopped' | 'dying' | 'gone' {
  const state = statusField(status, 'State')?.[0];
  if (state === undefined || state === 'Z' || state === 'X') return 'gone';
  const pending = ['SigPnd', 'ShdPnd'].map((name) => statusMask(status, name) ?? 0n);
  if (pending.some((mask) => (mask & SIGKILL_BIT) !== 0n)) return 'dying';
  return state === 'T' || state === 't' ? 'stopped' : 'alive';
}
