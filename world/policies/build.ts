/**
 * `lsmfs policy build`: from what a distribution ships to one file.
 *
 * A tree is an unpacked package or a root directory: `etc/selinux/TYPE` is a store, `var/lib/selinux/TYPE/active/modules` its modules.
 * A store that has an image is packed as it is, without one the image is made from the modules; a tree that `make install` of sources
 * fills has them as policy packages in `usr/share/selinux/TYPE`.
 */
import { existsSync, lstatSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PolicyDescription } from '../../lsm/framework/policy-image.ts';
import { HOST_FILES } from '../doctor/host-files.ts';
import { WorldError } from '../errors.ts';
import { lookAt } from '../look-at.ts';
import { readPolicy } from '../policy-file.ts';
import { policyStores } from '../policy-stores.ts';
import {
  type Compiled,
  compileFiles,
  compileModules,
  inTemporary,
  isPackage,
  type Progress,
  runTool,
} from './compile.ts';
import { type PackedStore, packPolicy } from './packed.ts';
import { describe, imageOf, storeFiles } from './stores.ts';

export interface BuiltPolicy {
  readonly file: string;
  readonly bytes: number;
  readonly store: string;
  /** `compiled` = made from modules or sources. */
  readonly image: 'packed' | 'compiled';
  /** How many files are packed with it. */
  readonly files: number;
  readonly policy: PolicyDescription;
}

export interface BuildRequest {
  readonly sources: readonly string[];
  readonly output: string;
  /** Which store of a tree with several. */
  readonly store?: string;
  readonly progress: Progress;
}

interface Made extends Pick<BuiltPolicy, 'image'> {
  readonly bytes: Uint8Array;
  readonly store: PackedStore;
}

const FILE_CONTEXTS = 'contexts/files/file_contexts';
/** Of a store that sources alone make. */
const OWN_STORE = 'built';

/** @throws WorldError */
export function buildPolicy(request: BuildRequest): BuiltPolicy {
  const { output } = request;
  const made = make(request);
  const policy = describe(made.bytes, 'what was built');
  const packed = packPolicy(made.bytes, made.store);
  write(output, packed);
  return {
    file: output,
    bytes: packed.length,
    store: made.store.name,
    image: made.image,
    files: Object.keys(made.store.files).length,
    policy,
  };
}

function make(request: BuildRequest): Made {
  const { sources, progress } = request;
  const [first = '', ...more] = sources;
  const found = lookAt(first);
  if (found === undefined) throw new WorldError('bad-option', `There is no file or directory '${first}'.`, USAGE);
  if (found.isDirectory()) {
    if (more.length > 0) throw new WorldError('bad-option', 'Only one directory can be named.', USAGE);
    return ofDirectory(first, request);
  }
  if (more.length === 0 && /\.(?:rpm|deb)$/.test(first)) {
    return inTemporary((directory) => {
      progress(`unpacking ${path.basename(first)}`);
      unpackPackage(path.resolve(first), directory);
      return ofDirectory(directory, request);
    });
  }
  const other = sources.find((file) => !isPackage(file) && !file.endsWith('.cil'));
  if (other !== undefined) {
    throw new WorldError('bad-option', `${other} is no directory, .rpm, .deb, .cil or .pp.`, USAGE);
  }
  return compiled(compileFiles(sources, progress), { name: request.store ?? OWN_STORE, files: {} });
}

const USAGE = 'Name a store, an unpacked package, a package, or sources: lsmfs policy build --help';

function unpackPackage(file: string, directory: string): void {
  if (file.endsWith('.deb')) runTool('dpkg-deb', ['-x', file, directory], 'dpkg');
  else runTool('bsdtar', ['-x', '-f', file, '-C', directory], 'libarchive-tools');
}

function ofDirectory(directory: string, request: BuildRequest): Made {
  if (existsSync(path.join(directory, 'policy')) || existsSync(path.join(directory, 'contexts'))) {
    // The modules of a store of this machine, or of a tree around it, stand elsewhere.
    const name = path.basename(path.resolve(directory));
    if (request.store !== undefined && request.store !== name) {
      throw new WorldError(
        'bad-option',
        `${directory} is the store ${name}, not ${request.store}.`,
        'Leave --store out, or name the tree around it.',
      );
    }
    const { directory: stores } = policyStores();
    const root = path.resolve(
      directory,
      ...stores
        .split('/')
        .filter(Boolean)
        .map(() => '..'),
      '..',
    );
    return ofStore(name, directory, root, request.progress);
  }
  const { directory: stores, moduleDirectory } = policyStores();
  const [etc, lib] = [path.join(directory, stores), path.join(directory, moduleDirectory)];
  const names = [...new Set([...storesIn(etc, 'contexts', 'policy'), ...storesIn(lib, 'active')])].sort();
  const name = chooseStore(directory, names, request.store);
  return ofStore(name, path.join(etc, name), directory, request.progress);
}

function storesIn(directory: string, ...having: readonly string[]): string[] {
  return HOST_FILES.list(directory).filter((name) =>
    having.some((part) => existsSync(path.join(directory, name, part))),
  );
}

function chooseStore(directory: string, names: readonly string[], wanted: string | undefined): string {
  const { directory: stores, moduleDirectory } = policyStores();
  const [only] = names;
  if (only === undefined) {
    const source = existsSync(path.join(directory, 'policy.cap')) || existsSync(path.join(directory, 'Rules.modular'));
    throw new WorldError(
      'bad-policy',
      `${directory} has neither ${stores.slice(1)}/TYPE nor ${moduleDirectory.slice(1)}/TYPE.`,
      source ? 'Sources are built first (make install DESTDIR=TREE): then name TREE.' : USAGE,
    );
  }
  if (wanted === undefined && names.length === 1) return only;
  if (wanted !== undefined && names.includes(wanted)) return wanted;
  const which = wanted === undefined ? 'several policies' : `no policy '${wanted}'`;
  throw new WorldError('bad-option', `${directory} has ${which}.`, `Choose with --store: ${names.join(', ')}.`);
}

/** @param root around the store, where its modules are. */
function ofStore(name: string, store: string, root: string, progress: Progress): Made {
  const { moduleDirectory, packageDirectory } = policyStores();
  const files = existsSync(store) ? storeFiles(store) : {};
  const file = imageOf(store);
  if (file !== undefined) return { bytes: readPolicy(file), image: 'packed', store: { name, files } };
  const directory = path.join(root, moduleDirectory, name, 'active', 'modules');
  if (existsSync(directory)) return compiled(compileModules(directory, progress), { name, files });
  const packages = path.join(root, packageDirectory, name);
  const found = HOST_FILES.list(packages).filter(isPackage);
  if (found.length === 0) {
    throw new WorldError('bad-policy', `${store} has no policy/policy.N, and ${directory} no modules.`, USAGE);
  }
  const sources = found.map((each) => path.join(packages, each));
  return compiled(compileFiles(sources, progress), { name, files });
}

function compiled({ image, fileContexts }: Compiled, { name, files }: PackedStore): Made {
  return { bytes: image, image: 'compiled', store: { name, files: { [FILE_CONTEXTS]: fileContexts, ...files } } };
}

/** A regular file whole or not at all, where a link leads to; a device or a FIFO is written to, as by other programs. */
function write(named: string, content: Uint8Array): void {
  let file = named;
  let aside = '';
  try {
    const found = statSync(named, { throwIfNoEntry: false });
    if (found !== undefined && !found.isFile()) {
      writeFileSync(named, content);
      return;
    }
    if (lstatSync(named, { throwIfNoEntry: false })?.isSymbolicLink() === true) file = realpathSync(named);
    aside = `${file}.${process.pid}.part`;
    writeFileSync(aside, content, { flag: 'wx', mode: 0o644 });
    renameSync(aside, file);
  } catch (error) {
    if (aside !== '') rmSync(aside, { force: true });
    const reason = (error as NodeJS.ErrnoException).code;
    throw new WorldError('bad-option', `${named} cannot be written: ${reason}.`, 'Name another file with -o.');
  }
}
