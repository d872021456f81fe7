/** Questions about a file: its label and class are what the module is asked about. */
import { lstatSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { getXattr } from '../../host/files/xattr.ts';
import { type InodeClass, inodeClass } from '../../lsm/framework/files/inode.ts';
import type { WhyRequest, WhyTold } from '../../lsm/framework/inspection/why.ts';
import { knownModule } from '../../lsm/known-modules.ts';
import { WorldError } from '../errors.ts';

/** If the second word is a path, asks with the label and class of that file. @throws WorldError when its label cannot be read. */
export function explainFile(module: string, request: WhyRequest, explain: (request: WhyRequest) => WhyTold): WhyTold {
  const attribute = knownModule(module).explains?.fileLabel;
  const [subject = '', path = '', ...more] = request.words;
  if (attribute === undefined || request.query !== 'access' || !path.startsWith('/')) return explain(request);
  const label = labelOf(path, attribute);
  const objectClass = classOf(path);
  const told = explain({ ...request, words: [subject, label, objectClass, ...more] });
  return {
    ...told,
    report: { path, ...told.report },
    text: `${path}  ${label}  ${objectClass}\n${told.text}`,
  };
}

function labelOf(path: string, attribute: string): string {
  const value = getXattr(path, attribute);
  if (typeof value === 'string') return value.replace(/\0$/, '');
  throw unknownLabel(path, getSystemErrorName(value));
}

function classOf(path: string): InodeClass {
  try {
    return inodeClass(lstatSync(Buffer.from(path, 'latin1')).mode);
  } catch (error) {
    throw unknownLabel(path, (error as NodeJS.ErrnoException).code);
  }
}

/** The error for a file whose label cannot be read. */
function unknownLabel(path: string, reason: string | undefined): WorldError {
  return new WorldError(
    'bad-question',
    `The label of ${path} cannot be read here: ${reason}.`,
    'Ask in the world: lsmfs exec NAME -- lsmfs why ...; or name the label and the class.',
  );
}
