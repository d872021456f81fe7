/**
 * Makes an image from modules with the compiler of the host, secilc(8).
 *
 * Model: libsemanage keeps a module as NAME/{cil,hll,lang_ext}, each compressed with bzip2 or not. `cil` is there when the module was
 * installed or used; `hll` is what was installed, and `pp` of the host makes CIL of it where its language is that. Of modules of one name
 * that with the highest priority counts; `disabled/NAME` leaves it out. The compiler is called as libsemanage does it: declarations
 * may repeat, assertions (neverallow) are not checked, rules that others imply are left out.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { scratchDirectory } from '../directories.ts';
import { WorldError, type WorldErrorCode } from '../errors.ts';
import { policyStores } from '../policy-stores.ts';

export interface Compiled {
  readonly image: Uint8Array;
  /** As programs read it: templates for home directories are left out, which only libsemanage fills in. */
  readonly fileContexts: string;
}

export type Progress = (text: string) => void;

const BZIP2 = Buffer.from('BZh');
const TEMPLATE = /HOME_DIR|HOME_ROOT|%\{USER(?:ID|NAME)\}|\bROLE\b/;
const MAX_OUTPUT = 1 << 30;

/** @param modules `active/modules` of a store. @throws WorldError */
export function compileModules(modules: string, progress: Progress): Compiled {
  const chosen = [...modulesOf(modules)];
  if (chosen.length === 0) {
    throw new WorldError('bad-policy', `${modules} has no modules.`, 'Name the tree that the package was unpacked to.');
  }
  return inTemporary((directory) => {
    const sources = chosen.map(([name, module], index) => {
      progress(`${index + 1} of ${chosen.length} modules read`);
      const file = path.join(directory, `${name}.cil`);
      writeFileSync(file, cilOf(module));
      return file;
    });
    return compile(sources, directory, progress);
  });
}

/** @param files CIL, or policy packages (.pp). @throws WorldError */
export function compileFiles(files: readonly string[], progress: Progress): Compiled {
  return inTemporary((directory) => {
    const sources = files.map((file, index) => {
      const source = path.join(directory, `${index}.cil`);
      const content = readSource(file);
      writeFileSync(source, isPackage(file) ? packageToCil(content) : content);
      return source;
    });
    return told(files, sources, () => compile(sources, directory, progress));
  });
}

/** Names the files as the user did. */
function told<T>(names: readonly string[], copies: readonly string[], work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof WorldError)) throw error;
    const text = copies.reduce((before, copy, index) => before.replaceAll(copy, names[index] ?? copy), error.message);
    throw new WorldError(error.code, text, error.fix);
  }
}

export function isPackage(file: string): boolean {
  return /\.pp(?:\.bz2)?$/.test(file);
}

interface ToolOptions {
  readonly input?: Uint8Array;
  /** Of a failure. */
  readonly code?: WorldErrorCode;
  readonly fix?: string;
}

/** Runs a program of the host. @param debian the package that has it. @throws WorldError */
export function runTool(
  program: string,
  args: readonly string[],
  debian: string,
  { input = new Uint8Array(), code = 'bad-policy', fix = 'See what it was given.' }: ToolOptions = {},
): Buffer {
  const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;
  const { error, status, stdout, stderr } = spawnSync(program, args, {
    input,
    env: { ...process.env, PATH, LC_ALL: 'C' },
    maxBuffer: MAX_OUTPUT,
  });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
    const install = `Install it: apt install ${debian}`;
    throw new WorldError('unsupported-host', `${program} is not installed, which is needed here.`, install);
  }
  if (error === undefined && status === 0) return stdout;
  const said = (stderr ?? Buffer.alloc(0)).toString().trim().split('\n').slice(-3).join('; ');
  const why = said === '' ? (error?.message ?? `exit status ${status}`) : said;
  throw new WorldError(code, `${program} fails: ${why}`, fix);
}

/** Calls `work` with a directory that is removed afterwards. */
export function inTemporary<T>(work: (directory: string) => T): T {
  const directory = scratchDirectory('policy');
  // An interrupt ends the program that runs, and so the work, which is tidied up then.
  const interrupted = (): void => undefined;
  process.on('SIGINT', interrupted);
  try {
    return work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
    process.off('SIGINT', interrupted);
  }
}

function modulesOf(modules: string): Map<string, string> {
  const chosen = new Map<string, string>();
  const disabled = new Set(list(path.join(modules, 'disabled')));
  const priorities = list(modules).filter((name) => /^\d+$/.test(name));
  for (const priority of priorities.sort((a, b) => Number(a) - Number(b))) {
    for (const name of list(path.join(modules, priority)).sort()) {
      if (!disabled.has(name)) chosen.set(name, path.join(modules, priority, name));
    }
  }
  return chosen;
}

function list(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

function cilOf(module: string): Uint8Array {
  const cil = path.join(module, 'cil');
  if (existsSync(cil)) return readSource(cil);
  const hll = path.join(module, 'hll');
  const language = readSource(path.join(module, 'lang_ext')).toString('latin1').trim();
  const content = readSource(hll);
  if (language === 'cil') return content;
  if (language === 'pp') return packageToCil(content);
  throw new WorldError('bad-policy', `${module} is in the language '${language}', not cil or pp.`, 'Disable it there.');
}

function packageToCil(content: Uint8Array): Buffer {
  const compiler = policyStores().packageCompilers.find((file) => existsSync(file));
  return runTool(compiler ?? 'pp', [], 'policycoreutils', { input: content });
}

function readSource(file: string): Buffer {
  const content = read(file);
  return content.subarray(0, 3).equals(BZIP2) ? runTool('bzip2', ['-dc'], 'bzip2', { input: content }) : content;
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new WorldError('unreadable-policy', `${file} cannot be read: ${reason}.`, 'Read it as root, or copy it.');
  }
}

function compile(sources: readonly string[], directory: string, progress: Progress): Compiled {
  progress(`compiling ${sources.length} ${sources.length === 1 ? 'module' : 'modules'} with secilc`);
  const out = path.join(directory, 'out');
  mkdirSync(out);
  const [image, contexts] = [path.join(out, 'policy'), path.join(out, 'file_contexts')];
  runTool('secilc', ['-m', '-N', '-O', '-o', image, '-f', contexts, ...sources], 'secilc');
  const lines = readFileSync(contexts, 'latin1').split('\n');
  const fileContexts = lines.filter((line) => !TEMPLATE.test(line)).join('\n');
  return { image: readFileSync(image), fileContexts };
}
