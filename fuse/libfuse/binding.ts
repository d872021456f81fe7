/**
 * The npm package fuse-native, as far as we use it: an optional dependency, loaded when chosen. It needs libfuse 2 at run time.
 */
export type Callback = (error: number, value?: unknown) => void;

export interface NativeStat {
  readonly mtime: Date;
  readonly atime: Date;
  readonly ctime: Date;
  readonly nlink: number;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly ino: number;
  readonly rdev: number;
}

export interface NativeMount {
  mount(callback: (error: Error | null) => void): void;
  unmount(callback: (error: Error | null) => void): void;
}

export type NativeMountConstructor = new (
  mountpoint: string,
  operations: object,
  options: Readonly<Record<string, unknown>>,
) => NativeMount;

const PACKAGE = 'fuse-native';

export async function loadFuseNative(): Promise<NativeMountConstructor> {
  let loaded: unknown;
  try {
    loaded = await import(PACKAGE);
  } catch (error) {
    throw new Error(loadProblem(error), { cause: error });
  }
  return (loaded as { default: NativeMountConstructor }).default;
}

/** The message for a package that cannot be loaded, with its fix. */
export function loadProblem(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    return 'the fuse-native transport needs the optional npm package fuse-native (npm install fuse-native)';
  }
  if (/libfuse/.test(message)) {
    return 'the fuse-native transport needs libfuse 2 (Debian: apt-get install libfuse2t64)';
  }
  return `the fuse-native transport cannot be loaded: ${message}`;
}
