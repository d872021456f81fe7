/** What Smack tells of itself. */
import type { ModuleInspection } from '../framework/inspection/inspection.ts';
import type { SmackSecurity } from './decide/security.ts';

export function inspectSmack(security: SmackSecurity, tasks: number): ModuleInspection {
  const rules = security.labels
    .newestFirst()
    .reduce((sum, label) => sum + label.rules.entries().filter(([, access]) => access !== 0).length, 0);
  return { namespaces: [{ name: 'init', depth: 0, tasks, rules }] };
}
