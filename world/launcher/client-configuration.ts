/**
 * Files that programs of a module read before they look at anything that is mounted, for worlds on machines that have none
 * (lsm/framework/host-side.ts).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { ClientConfiguration } from '../../lsm/framework/host-side.ts';
import { HOST_SIDES, KNOWN_MODULES } from '../../lsm/known-modules.ts';
import { HOST_FILES } from '../doctor/host-files.ts';
import type { MountPoints } from './mount-points.ts';

/**
 * Directories that {@link provideConfigurations} needs and that had to be made on the host itself: /etc cannot be
 * covered like /sys, because programs replace files there by renaming.
 */
export function makeConfigurationDirectories(): readonly string[] {
  return HOST_SIDES.flatMap(({ configuration }) => {
    if (configuration === undefined || HOST_FILES.exists(configuration.directory)) return [];
    try {
      mkdirSync(configuration.directory, { mode: 0o755 });
      return [configuration.directory];
    } catch {
      return []; // A read-only /etc: the world does without.
    }
  });
}

/**
 * @param types filesystem types of the world: what a module's programs read is given where its filesystem is.
 * @returns what the user should know where there can be no configuration.
 */
export function provideConfigurations(types: readonly string[], mountPoints: MountPoints): string[] {
  const running = KNOWN_MODULES.filter(({ filesystem }) => filesystem !== undefined && types.includes(filesystem.type));
  return running.flatMap(({ host }) => (host?.configuration && provide(host.configuration, mountPoints)) ?? []);
}

function provide(configuration: ClientConfiguration, mountPoints: MountPoints): string | undefined {
  const { directory, file, without } = configuration;
  if (HOST_FILES.exists(file)) return undefined;
  if (!HOST_FILES.exists(directory)) return `${directory} cannot be made: ${without}`;
  const content = configuration.content(HOST_FILES);
  mountPoints.cover(directory);
  writeFileSync(file, content, { mode: 0o644 });
  return undefined;
}
