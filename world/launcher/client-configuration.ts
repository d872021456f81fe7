/**
 * Configuration files that a module's programs read before they look for its filesystem, for hosts that lack them
 * (lsm/framework/host-side.ts).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { ClientConfiguration } from '../../lsm/framework/host-side.ts';
import { HOST_SIDES, KNOWN_MODULES } from '../../lsm/known-modules.ts';
import { HOST_FILES } from '../doctor/host-files.ts';
import type { RunOptions } from '../options.ts';
import type { MountPoints } from './mount-points.ts';
import { showPolicyStore } from './policy-store.ts';
import { makePrivate } from './private-copy.ts';

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
      return []; // A read-only /etc: the world has no such configuration.
    }
  });
}

/**
 * @param types filesystem types of the world: the configuration is provided for modules whose filesystem is among them.
 * @param stage an empty directory.
 * @returns remarks for the user, where no configuration can be provided.
 */
export function provideConfigurations(
  types: readonly string[],
  mountPoints: MountPoints,
  { policy, hostPolicy = false }: Pick<RunOptions, 'policy' | 'hostPolicy'>,
  stage: string,
): string[] {
  const running = KNOWN_MODULES.filter(({ filesystem }) => filesystem !== undefined && types.includes(filesystem.type));
  return running.flatMap(({ host = {} }) => {
    const { configuration, policyStores } = host;
    const shown = policy?.shown === true ? policy.store : undefined;
    if (policyStores !== undefined) {
      const { directory, moduleDirectory } = policyStores;
      const machines = shown === undefined ? [directory, moduleDirectory] : [moduleDirectory];
      if (!hostPolicy) for (const place of machines) makePrivate(place, stage, mountPoints.source);
      if (shown !== undefined) {
        showPolicyStore(shown, policyStores, mountPoints, stage);
        return [];
      }
    }
    return (configuration && provide(configuration, mountPoints)) ?? [];
  });
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
