/**
 * Lists what a tree has of security modules, one line for each node: path, type, permissions, and the content of files
 * that can be read without waiting. As a program: `walk-tree.ts ROOT`, which prints the lists as JSON.
 */
import nodeFs from 'node:fs';

/** What of `node:fs` is needed; the facade of a world in memory has it, too. */
export interface WalkedFs {
  readdirSync(path: string): string[];
  lstatSync(path: string): {
    readonly mode: number;
    isDirectory(): boolean;
    isSymbolicLink(): boolean;
  };
  readFileSync(path: string, encoding: 'latin1'): string;
}

export interface Walked {
  readonly securityfs: readonly string[];
  readonly attr: readonly string[];
  /** Absent where the host's kernel has no such directory to put them in. */
  readonly sysctls: readonly string[];
  readonly filesystems: readonly string[];
  readonly lsm: string;
}

/** Reading these waits for a change, or is the business of a device. */
const UNREAD = new Set(['revision', '.revision', '.null']);

function nodes(fs: WalkedFs, directory: string, name = ''): string[] {
  return fs
    .readdirSync(`${directory}${name}`)
    .sort()
    .flatMap((entry) => {
      const below = `${name}/${entry}`;
      const status = fs.lstatSync(`${directory}${below}`);
      const mode = (status.mode & 0o7777).toString(8);
      if (status.isSymbolicLink()) return [`${below} link`];
      if (status.isDirectory()) return [`${below} directory ${mode}`, ...nodes(fs, directory, below)];
      return [`${below} file ${mode} ${UNREAD.has(entry) ? '' : content(fs, `${directory}${below}`)}`];
    });
}

function content(fs: WalkedFs, file: string): string {
  try {
    return JSON.stringify(fs.readFileSync(file, 'latin1'));
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

/** @param root `/`, or where `lsmfs mount` put it, with a slash at the end. @param sysctls directories of `/proc/sys`. */
export function walkTree(fs: WalkedFs, root: string, types: readonly string[], sysctls: readonly string[]): Walked {
  const exists = (file: string): boolean => {
    try {
      fs.lstatSync(file);
      return true;
    } catch {
      return false;
    }
  };
  const listed = fs.readFileSync(`${root}proc/filesystems`, 'latin1').split('\n');
  return {
    securityfs: nodes(fs, `${root}sys/kernel/security`),
    attr: nodes(fs, `${root}proc/self/attr`),
    sysctls: sysctls
      .filter((path) => exists(`${root}proc/sys/${path}`))
      .map((path) => `${path} ${content(fs, `${root}proc/sys/${path}`)}`),
    filesystems: listed.filter((line) => types.some((type) => line === `nodev\t${type}`)),
    lsm: fs.readFileSync(`${root}sys/kernel/security/lsm`, 'latin1'),
  };
}

if (process.argv[1] === import.meta.filename) {
  const words = (list: string): string[] => (list === '' ? [] : list.split(','));
  const [root = '/', types = '', sysctls = ''] = process.argv.slice(2);
  process.stdout.write(JSON.stringify(walkTree(nodeFs, root, words(types), words(sysctls))));
}
