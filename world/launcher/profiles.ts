/**
 * `--profiles`: what a module has as profiles, loaded when a world boots, as an init does.
 *
 * Model: text becomes an image by the host's compiler, run by the user who starts the world, for what the emulated kernel can do; an
 * image is taken as it is. All go into one file in the directory of the world, which the daemon loads.
 */
import {
  appendFileSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { ProfileCompiler } from '../../lsm/framework/host-side.ts';
import { HOST_SIDES } from '../../lsm/known-modules.ts';
import { WorldError } from '../errors.ts';
import type { StackOptions } from '../options.ts';
import { inTemporary, runTool } from '../policies/compile.ts';
import type { WorldDirectory } from '../registry/directory.ts';

/** Enough to tell an image from text. */
const START = 64;
const OPTION = 'Check --profiles.';

/** @returns the options with one file of images. @throws WorldError */
export function compileProfiles<T extends Pick<StackOptions, 'profiles'>>(options: T, world: WorldDirectory): T {
  const { profiles = [] } = options;
  const compiler = HOST_SIDES.flatMap(({ profileCompiler }) => profileCompiler ?? [])[0];
  if (profiles.length === 0 || compiler === undefined) return options;
  const features = `${world.profiles}.features`;
  writeFileSync(features, compiler.features(), { mode: 0o600 });
  try {
    for (const source of profiles) appendFileSync(world.profiles, imageOf(source, compiler, features), { mode: 0o600 });
  } finally {
    rmSync(features);
  }
  return { ...options, profiles: [world.profiles] };
}

/** For a world in memory. @param text of profiles. @throws WorldError */
export function compileProfileText(text: string): Uint8Array {
  const compiler = HOST_SIDES.flatMap(({ profileCompiler }) => profileCompiler ?? [])[0];
  if (compiler === undefined) throw new TypeError('no module has profiles');
  return inTemporary((directory) => {
    const [source, features] = [path.join(directory, 'profiles'), path.join(directory, 'features')];
    writeFileSync(source, text);
    writeFileSync(features, compiler.features());
    return runTool(compiler.program, compiler.arguments(source, features), compiler.debian, {
      code: 'bad-profiles',
      fix: 'Check the text.',
    });
  });
}

function imageOf(source: string, compiler: ProfileCompiler, features: string): Uint8Array {
  if (isImage(source, compiler)) return readFileSync(source);
  return runTool(compiler.program, compiler.arguments(source, features), compiler.debian, {
    code: 'bad-profiles',
    fix: OPTION,
  });
}

/** @throws WorldError for what is no file or directory that can be read. */
function isImage(source: string, compiler: ProfileCompiler): boolean {
  try {
    const status = statSync(source);
    if (!status.isFile()) {
      if (status.isDirectory()) {
        // The compiler would wait for its writer.
        const pipe = readdirSync(source, { withFileTypes: true }).find((entry) => entry.isFIFO());
        if (pipe === undefined) return false;
        throw new WorldError('bad-profiles', `${path.join(source, pipe.name)} is a FIFO, and no profile.`, OPTION);
      }
      throw new WorldError('bad-profiles', `${source} is not a file or a directory.`, OPTION);
    }
    const fd = openSync(source, 'r');
    try {
      const start = Buffer.alloc(START);
      return compiler.isImage(start.subarray(0, readSync(fd, start, 0, START, 0)));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof WorldError) throw error;
    const reason = (error as NodeJS.ErrnoException).code;
    throw new WorldError('bad-profiles', `The profiles in ${path.resolve(source)} cannot be read: ${reason}.`, OPTION);
  }
}
