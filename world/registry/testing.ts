/** Records of worlds for tests. */
import type { ProcessId } from './process-id.ts';
import type { WorldRecord } from './record.ts';

/** Of a world that runs. */
export function runningWorld(name: string, owner: ProcessId): WorldRecord {
  return {
    name,
    id: '0123456789abcdef',
    owner,
    state: 'running',
    started: 0,
    lsm: 'toy',
    profile: 'talk',
    seccomp: true,
    command: [],
    madeDirectories: [],
    devices: [],
  };
}
