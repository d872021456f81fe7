/**
 * file_contexts of SELinux, looked up by libselinux: selabel_open(3), selabel_lookup(3).
 *
 * Model: one opened file with its .homedirs, .local and substitutions, as restorecon(8) reads them; some 10 ms and 5 MB, so that a process
 * has one for all threads. Looking a path up takes some 10 us; libselinux locks what it compiles and matches with. It is never closed,
 * because a thread may be looking. The library stays loaded for the same reason: koffi closes it when the garbage collector takes the
 * object, and what was opened has addresses of functions in it.
 */
import { koffi } from '../koffi.ts';
import { libcFunction } from '../libc.ts';

const RTLD_LAZY = 1;
const RTLD_NODELETE = 0x1000;

/** dlopen(3): not 0 = loaded. */
const load = libcFunction('dlopen', ['str', 'int'], 'long');

const SELABEL_CTX_FILE = 0;
const SELABEL_OPT_PATH = 3;

/** For another thread of the process. */
export interface OpenedFileContexts {
  /** For dlopen(3). */
  readonly library: string;
  /** Address of struct selabel_handle. */
  readonly handle: bigint;
}

export interface FileContexts {
  /** @param mode the type of the file, S_IF*. @returns `undefined` for `<<none>>` and for paths without a rule. */
  lookup(path: string, mode: number): string | undefined;
}

/** @param name of the library, for dlopen(3). @returns `undefined` when the file cannot be read, or the machine has no such library. */
export function openFileContexts(file: string, name: string): OpenedFileContexts | undefined {
  if (load(name, RTLD_LAZY | RTLD_NODELETE) === 0) return undefined;
  const library = koffi.load(name);
  // struct selinux_opt { int type; const char *value; }
  const option = koffi.struct({ type: 'int', value: 'str' });
  const open = library.func('selabel_open', 'void *', ['uint', koffi.pointer(option), 'uint']);
  const handle: unknown = open(SELABEL_CTX_FILE, [{ type: SELABEL_OPT_PATH, value: file }], 1);
  return handle === null ? undefined : { library: name, handle: BigInt(koffi.address(handle)) };
}

export function fileContexts({ library: name, handle }: OpenedFileContexts): FileContexts {
  const library = koffi.load(name);
  const lookup = library.func('selabel_lookup_raw', 'int', [
    'void *',
    koffi.out(koffi.pointer('void *')),
    'str',
    'int',
  ]);
  const free = library.func('freecon', 'void', ['void *']);
  return {
    lookup: (path, mode) => {
      const found: unknown[] = [null];
      if (lookup(handle, found, path, mode) < 0) return undefined;
      const [pointer] = found;
      const context = koffi.decode(pointer, 'char', -1) as string;
      free(pointer);
      return context;
    },
  };
}
