/**
 * Does the host's kernel label files itself?
 */
import type { HostCheck } from '../../lsm/framework/host-side.ts';
import { hostFileLabellers } from './file-labellers.ts';

export function hostLabels(): HostCheck {
  const id = 'host-labels';
  const modules = hostFileLabellers().join(', ');
  if (modules === '')
    return { id, status: 'ok', detail: 'worlds store labels with files: the host has none of its own' };
  return {
    id,
    status: 'warn',
    detail: `the host runs ${modules}: its labels of files are neither read nor changed by worlds`,
    fix: 'Nothing to do; a world with the same module keeps its labels of files itself, until it ends.',
  };
}
