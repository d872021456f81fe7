/**
 * The ordinary files of a world at one moment, and bringing them back: names, owners, modes, contents, attributes as they
 * are stored. Files with several names stay that; times are those of bringing back.
 */
import type { NodeFs } from '../../vfs/user/node-fs/index.ts';

interface SavedFile {
  readonly path: string;
  readonly kind: 'directory' | 'file' | 'symlink';
  readonly key: string;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  readonly content: Buffer | string;
  readonly xattrs: readonly (readonly [name: string, value: Buffer])[];
}

/** What is mounted below is not theirs. */
function* below(fs: NodeFs, directory: string): Generator<string> {
  const device = fs.statSync('/').dev;
  for (const name of fs.readdirSync(directory)) {
    const path = directory === '/' ? `/${name}` : `${directory}/${name}`;
    if (fs.lstatSync(path).dev === device) yield path;
  }
}

function* saved(fs: NodeFs, path: string): Generator<SavedFile> {
  const stats = fs.lstatSync(path);
  const kind = stats.isDirectory() ? 'directory' : stats.isSymbolicLink() ? 'symlink' : 'file';
  const content = kind === 'file' ? fs.readFileSync(path) : kind === 'symlink' ? fs.readlinkSync(path) : '';
  // Attributes of what a link leads to are not those of the link.
  const names = kind === 'symlink' ? [] : fs.listxattrSync(path);
  const xattrs = names.map((name) => [name, fs.getxattrSync(path, name)] as const);
  const { uid, gid, mode, ino } = stats;
  yield { path, kind, key: String(ino), uid, gid, mode: mode & 0o7777, content, xattrs };
  if (kind === 'directory') for (const child of below(fs, path)) yield* saved(fs, child);
}

/** @returns a function that brings them back. */
export function saveFiles(fs: NodeFs): () => void {
  const files = [...saved(fs, '/')];
  return () => {
    const mounted = new Set(files.filter(({ kind }) => kind === 'directory').map(({ path }) => path));
    for (const path of below(fs, '/')) removeAll(fs, path, mounted);
    const made = new Map<string, string>();
    for (const file of files) bringBack(fs, file, made);
  };
}

/** Directories that are brought back anyway stay: something may be mounted on them. */
function removeAll(fs: NodeFs, path: string, kept: ReadonlySet<string>): void {
  if (!fs.lstatSync(path).isDirectory()) fs.unlinkSync(path);
  else {
    for (const child of below(fs, path)) removeAll(fs, child, kept);
    if (!kept.has(path)) fs.rmdirSync(path);
  }
}

function bringBack(fs: NodeFs, file: SavedFile, made: Map<string, string>): void {
  const { path, kind, key, content, uid, gid, mode, xattrs } = file;
  const other = made.get(key);
  if (kind === 'file' && other !== undefined) {
    fs.linkSync(other, path);
    return;
  }
  made.set(key, path);
  if (kind === 'symlink') fs.symlinkSync(String(content), path);
  else if (kind === 'file') fs.writeFileSync(path, content);
  else if (!fs.existsSync(path)) fs.mkdirSync(path);
  fs.lchownSync(path, uid, gid);
  if (kind === 'symlink') return;
  fs.chmodSync(path, mode);
  for (const name of fs.listxattrSync(path)) fs.removexattrSync(path, name);
  for (const [name, value] of xattrs) fs.setxattrSync(path, name, value);
}
