/**
 * Capabilities of daemons: of one that would be started here, and of those that run.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { statusMask } from '../../host/procfs/status.ts';
import type { HostCheck } from '../../lsm/framework/host-side.ts';
import { capabilityNames, dropOptions, KEPT_MASK } from '../launcher/daemon-capabilities.ts';
import { ownStatus } from '../launcher/process-status.ts';
import { worldDirectories } from '../registry/listing.ts';
import { currentStateRoot } from '../registry/state-root.ts';

const PATIENCE_MS = 5000;

export function capabilities(): HostCheck {
  const id = 'capabilities';
  const kept = wouldKeep();
  const running = runningDaemons();
  const others = running.filter(({ mask }) => mask !== kept);
  const detail = [
    `a new daemon keeps ${namesOf(kept)}`,
    ...(running.length > others.length ? [`of those that run, ${running.length - others.length} keep the same`] : []),
    ...others.map(({ name, mask }) => `the daemon of ${name} keeps ${namesOf(mask)}`),
  ].join('; ');
  if ([kept, ...running.map(({ mask }) => mask)].every((mask) => (mask & ~KEPT_MASK) === 0n))
    return { id, status: 'ok', detail };
  return { id, status: 'warn', detail, fix: 'Install setpriv of util-linux, and start without dropping CAP_SETPCAP.' };
}

const namesOf = (mask: bigint): string => capabilityNames(mask).join(', ') || 'none';

/** As spawn-daemon.ts starts one. */
function wouldKeep(): bigint {
  const status = ownStatus();
  const options = dropOptions(status);
  const before = statusMask(status, 'CapEff') ?? 0n;
  if (options.length === 0) return before;
  try {
    const after = execFileSync('setpriv', [...options, 'cat', '/proc/self/status'], {
      encoding: 'latin1',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: PATIENCE_MS,
    });
    return statusMask(after, 'CapEff') ?? before;
  } catch {
    return before;
  }
}

/** With the permitted capabilities of all their threads. */
function runningDaemons(): { readonly name: string; readonly mask: bigint }[] {
  try {
    return worldDirectories(currentStateRoot()).flatMap((world) => {
      const pid = world.read()?.owner.pid;
      const mask = pid === undefined ? undefined : maskOf(pid);
      return mask === undefined ? [] : [{ name: world.name, mask }];
    });
  } catch {
    return []; // no state directory, or a world that is ending
  }
}

function maskOf(pid: number): bigint | undefined {
  try {
    const statuses = readdirSync(`/proc/${pid}/task`).map((tid) =>
      readFileSync(`/proc/${pid}/task/${tid}/status`, 'latin1'),
    );
    return statuses.reduce((mask, status) => mask | (statusMask(status, 'CapPrm') ?? 0n), 0n);
  } catch {
    return undefined;
  }
}
