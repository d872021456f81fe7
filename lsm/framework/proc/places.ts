/** Where distributions mount the filesystems of security modules. */
import type { ModuleFacts } from '../module-facts.ts';

/** By filesystem type. securityfs is everybody's. */
export function mountPoints(modules: readonly ModuleFacts[]): Readonly<Record<string, string>> {
  const own = modules.flatMap(({ filesystem }) => (filesystem ? [[filesystem.type, filesystem.mountPoint]] : []));
  return { securityfs: '/sys/kernel/security', ...(Object.fromEntries(own) as Record<string, string>) };
}
