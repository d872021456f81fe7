/**
 * Workers for test files that make worlds beside each other: each has a mount namespace of its own and a /run of its own, so that it
 * sees and cleans no world, no state and no mount of the other.
 */
import { fork } from 'node:child_process';
import { ForksPoolWorker, type PoolOptions } from 'vitest/node';

/** Becomes a command, in the same process, behind its own mounts. */
const IN_OWN_MOUNTS = [
  '--mount',
  '--propagation',
  'private',
  'sh',
  '-c',
  'mount -t tmpfs -o mode=755 run /run && exec "$@"',
  'sh',
];

class PrivateRunWorker extends ForksPoolWorker {
  override async start(): Promise<void> {
    const child = fork(this.entrypoint, [], {
      env: this.env,
      execPath: 'unshare',
      execArgv: [...IN_OWN_MOUNTS, process.execPath, ...this.execArgv],
      stdio: 'pipe',
      serialization: 'advanced',
    });
    // What start() uses instead of a fork of its own: vitest has no option for the program that it forks.
    Object.assign(this, { _fork: child });
    await super.start();
  }
}

/** For `pool` in vitest's configuration. */
export const privateRunPool = {
  name: 'private-run',
  createPoolWorker: (options: PoolOptions) => new PrivateRunWorker(options),
};
