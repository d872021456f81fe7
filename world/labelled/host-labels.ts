/** Labels of the host's own kernel. */
import { fileLabelNames } from '../../lsm/framework/declared.ts';
import type { Stack } from '../../lsm/library/index.ts';
import { hostFileLabellers } from '../doctor/file-labellers.ts';
import { WorldError } from '../errors.ts';

/**
 * A labelled tree stores labels with the files, where a host that runs the same module decides by them: who is allowed to set one by our
 * policy would change what the host allows, and below the mount that kernel answers in our place.
 */
export function requireOwnLabels({ modules }: Pick<Stack, 'modules'>, labellers = hostFileLabellers()): void {
  const names = fileLabelNames(modules, labellers);
  if (names.length === 0) return;
  throw new WorldError(
    'unsupported-host',
    `This host's kernel labels files itself (${labellers.join(', ')}) and decides by ${names.join(', ')}.`,
    'Name other modules: --lsm=LIST. A world keeps such labels in memory: lsmfs run.',
  );
}
