/**
 * The files that are opened for execution besides a program: load_script() of fs/binfmt_script.c names one, and exec_binprm() goes on with
 * what it finds in that; load_elf_binary() of fs/binfmt_elf.c opens the dynamic loader.
 */

import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { LoaderFacts } from '../../../lsm/framework/events.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { interpreterOf, MOST_INTERPRETERS } from '../../../lsm/framework/files/script.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { type FileInspector, factsOf } from '../caller/file-inspector.ts';
import type { Notification } from '../notification.ts';
import { elfProgram, mappedParts } from '../uses/elf.ts';

/** What is needed to read programs. */
interface ProgramReader {
  readonly call: Notification;
  readonly files: FileInspector;
  readonly view: CallerView;
}

/** What execve(2) goes through, and the first page (latin-1) of what it loads in the end, if that is known. */
export interface Loaded {
  readonly interpreters: readonly FileFacts[];
  readonly head: string;
}

export function loadedBy(reader: ProgramReader, program: number): Loaded {
  const { view } = reader;
  const found: FileFacts[] = [];
  let head = headOf(view, program);
  for (let name = interpreterOf(head); name !== undefined; name = interpreterOf(head)) {
    const interpreter = found.length < MOST_INTERPRETERS ? openNamed(reader, name) : undefined;
    if (interpreter === undefined) return { interpreters: found, head: '' };
    found.push(interpreter.file);
    head = headOf(view, interpreter.fd);
    view.close(interpreter.fd);
  }
  return { interpreters: found, head };
}

/** @param head of a program. */
export function loaderOf(reader: ProgramReader, head: string): LoaderFacts | undefined {
  const name = elfProgram(head)?.interpreter;
  const loader = name === undefined ? undefined : openNamed(reader, name);
  if (loader === undefined) return undefined;
  const mapped = mappedParts(headOf(reader.view, loader.fd));
  reader.view.close(loader.fd);
  return { file: loader.file, mapped };
}

/** With a descriptor, to be closed. */
function openNamed({ call, files, view }: ProgramReader, name: string): { fd: number; file: FileFacts } | undefined {
  const fd = view.resolveForCaller(call.tid, AT_FDCWD, name, 0);
  const file = fd < 0 ? undefined : files.look(fd, call.tid);
  if (file?.inode.class === 'file') return { fd, file: factsOf(file) };
  if (fd >= 0) view.close(fd);
  return undefined;
}

const headOf = (view: CallerView, fd: number): string => view.readFile(AT_FDCWD, `/proc/thread-self/fd/${fd}`) ?? '';
