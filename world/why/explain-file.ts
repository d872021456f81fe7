/** Questions about a file: its label and class are what the module is asked about. */

import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { filesystemUuid } from '../../host/files/filesystem-uuid.ts';
import { getXattr } from '../../host/files/xattr.ts';
import { parseMountInfo } from '../../host/procfs/mount-info.ts';
import { deviceName } from '../../linux/devices.ts';
import { type InodeClass, inodeClass } from '../../lsm/framework/files/inode.ts';
import type { AskedFile, WhyRequest, WhyTold } from '../../lsm/framework/inspection/why.ts';
import { knownModule } from '../../lsm/known-modules.ts';
import { WorldError } from '../errors.ts';

/**
 * If the second word is a path, asks with the label and class of that file; for modules that want facts of a file, with
 * those of the first. @throws WorldError when they cannot be read.
 */
export function explainFile(module: string, request: WhyRequest, explain: (request: WhyRequest) => WhyTold): WhyTold {
  const { explains } = knownModule(module);
  if (explains?.fileFacts === true) return explain({ ...request, file: factsOf(request.words[0] ?? '') });
  const attribute = explains?.fileLabel;
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

/** As rules compare them; whoever asks is the user. Symbolic links are followed, as they are when a file is used. */
function factsOf(path: string): AskedFile {
  const file = Buffer.from(path, 'latin1');
  try {
    const { uid, gid, mode, dev } = statSync(file);
    const device = deviceName(BigInt(dev));
    const mounts = parseMountInfo(readFileSync('/proc/self/mountinfo', 'latin1'));
    // The subtype of FUSE is no part of the name of the type.
    const type = mounts.find((mount) => mount.device === device)?.type.replace(/\..*/, '') ?? '';
    const real = realpathSync.native(file, 'latin1');
    const uuid = uuidOf(dirname(real), dev);
    const [uids, gids] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
    const user = { uid: uids, euid: process.geteuid?.() ?? uids, gid: gids, egid: process.getegid?.() ?? gids };
    return {
      path: real,
      magic: statfsSync(file).type,
      type,
      ...(uuid !== undefined && { uuid }),
      uid,
      gid,
      mode,
      user,
    };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new WorldError(
      'bad-question',
      `${path} cannot be looked at here: ${reason}.`,
      'Ask in the world: lsmfs exec NAME -- lsmfs why ...',
    );
  }
}

/** By the directory, as opening the file would be a use of it. `undefined` also where that is another filesystem, or cannot be opened. */
function uuidOf(directory: string, device: number): string | undefined {
  try {
    const descriptor = openSync(Buffer.from(directory, 'latin1'), constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      return fstatSync(descriptor).dev === device ? filesystemUuid(descriptor) : undefined;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
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
