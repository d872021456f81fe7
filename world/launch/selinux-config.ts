/**
 * /etc/selinux/config for worlds on machines that have none: without it libselinux says SELinux is disabled, whatever is mounted.
 *
 * Format: selinux_config(5). SELINUXTYPE names the directory below /etc/selinux whose policy load_policy(8) loads.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { MountPoints } from './mount-points.ts';

const DIRECTORY = '/etc/selinux';
/** In the order of preference; the first three are the names that distributions use. */
const USUAL_TYPES = ['default', 'targeted', 'mls'];

export function selinuxConfig(policyType: string | undefined): string {
  const type = policyType === undefined ? '' : `SELINUXTYPE=${policyType}\n`;
  return `# Made by lsmfs for this world only.\nSELINUX=permissive\n${type}`;
}

/** The directory to name, given those that have a policy. */
export function choosePolicyType(withPolicy: readonly string[]): string | undefined {
  return USUAL_TYPES.find((type) => withPolicy.includes(type)) ?? [...withPolicy].sort()[0];
}

/** SELINUXTYPE of the host, or what a world without a configuration is given. */
export function policyType(): string | undefined {
  try {
    const [, named] = /^\s*SELINUXTYPE\s*=\s*(\S+)/m.exec(readFileSync(path.join(DIRECTORY, 'config'), 'utf8')) ?? [];
    if (named !== undefined) return named;
  } catch {
    // There is none.
  }
  return choosePolicyType(typesWithPolicy());
}

/** The rules by which `restorecon` labels the host's files. */
export function systemFileContexts(): string | undefined {
  const type = policyType();
  const file = path.join(DIRECTORY, type ?? '', 'contexts/files/file_contexts');
  return type !== undefined && existsSync(file) ? file : undefined;
}

function typesWithPolicy(): string[] {
  try {
    return readdirSync(DIRECTORY).filter((name) => existsSync(path.join(DIRECTORY, name, 'policy')));
  } catch {
    return [];
  }
}

/**
 * Directories that {@link provideSelinuxConfig} needs and that had to be made on the host itself: /etc cannot be covered like /sys, because
 * programs replace files there by renaming.
 */
export function makeConfigDirectory(): readonly string[] {
  if (existsSync(DIRECTORY)) return [];
  try {
    mkdirSync(DIRECTORY, { mode: 0o755 });
    return [DIRECTORY];
  } catch {
    return []; // A read-only /etc: the world does without.
  }
}

/** @returns what the user should know when there can be no configuration. */
export function provideSelinuxConfig(mountPoints: MountPoints): string | undefined {
  const file = path.join(DIRECTORY, 'config');
  if (existsSync(file)) return undefined;
  if (!existsSync(DIRECTORY))
    return `${DIRECTORY} cannot be made: libselinux programs will say that SELinux is disabled`;
  const type = choosePolicyType(typesWithPolicy());
  mountPoints.cover(DIRECTORY);
  writeFileSync(file, selinuxConfig(type), { mode: 0o644 });
  return undefined;
}
