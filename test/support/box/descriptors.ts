/** Open descriptors of the test process, to find those a run leaked into it. */
import { readdirSync, readlinkSync } from 'node:fs';

/** Node's own event loop opens these whenever it likes. */
const RUNTIME = /^anon_inode:\[(eventpoll|eventfd|io_uring|timerfd)\]$/;

export function openDescriptors(): Map<number, string> {
  const open = new Map<number, string>();
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      open.set(Number(name), readlinkSync(`/proc/self/fd/${name}`));
    } catch {
      // The descriptor of this very listing is closed again by now.
    }
  }
  return open;
}

/** Descriptors open now that were not open, or were something else, in `before`. */
export function leakedDescriptors(before: ReadonlyMap<number, string>): string[] {
  const leaked: string[] = [];
  for (const [fd, target] of openDescriptors()) {
    if (before.get(fd) !== target && !RUNTIME.test(target)) leaked.push(`${fd} -> ${target}`);
  }
  return leaked;
}
