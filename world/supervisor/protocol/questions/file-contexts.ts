import type { OpenedFileContexts } from '../../../../host/files/selabel.ts';
import type { Answer, Answerer } from './question.ts';

/** What the default labels of files are looked up in (path-labels.ts), from now on; without, no file has one. */
export function fileContexts(
  { backend }: Answerer,
  _question: object,
): Answer<{ readonly opened?: OpenedFileContexts }> {
  const opened = backend.fileContexts();
  return { errno: 0, value: opened === undefined ? {} : { opened } };
}
