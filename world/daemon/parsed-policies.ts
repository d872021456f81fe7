/**
 * Policies that worlds of this user have parsed before, in the state directory: a file each has an image and what was learned of
 * it, so that the next world that boots with the same image need not read it. Nothing depends on them: a missing, damaged or older
 * file is made anew, and anybody may remove them.
 *
 * A file is little-endian as the machines that have worlds are: u32 magic, u32 CRC of all that follows but the image, u32 length of the
 * image, u32 number of tables, u32 length of each in numbers, the tables, the image.
 */
import { closeSync, openSync, renameSync, statSync, writevSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import type { HeldDirectory } from '../../host/files/held-directory.ts';
import type { PolicyImages } from '../../lsm/framework/policy-image.ts';
import { type ParsedImage, SharedImages } from '../../lsm/framework/shared-images.ts';
import { MODULES } from '../../lsm/modules.ts';
import { inRoot, withinRoot } from '../registry/directory.ts';
import { objectionTo } from '../registry/trust.ts';

const DIRECTORY = '.policies';
const MAGIC = 0x706d736c; // "lsmp"
/** Files that are kept: the oldest goes when there are more. */
const MOST = 4;
/** Numbers before the lengths of the tables, of which the CRC begins after the second. */
const HEAD = 4;
const CRC_FROM = 2;
const SAVE_AFTER_MS = 1000;

export class ParsedPolicies extends SharedImages {
  readonly #root: string;
  /** What was not there, and is to be written. */
  #missing: { readonly kind: string; readonly name: string; readonly length: number } | undefined;
  #unsaved: { readonly kind: string; readonly name: string; readonly parsed: ParsedImage } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(root: string) {
    super();
    this.#root = root;
  }

  override find(kind: string, image: Uint8Array): ParsedImage | undefined {
    const known = super.find(kind, image);
    const images = imagesOf(kind);
    if (known !== undefined || images === undefined) return known;
    const name = nameOf(kind, image);
    const file = withinRoot(this.#root, DIRECTORY, (held) =>
      held.read(name, (stat) => objectionTo(stat) === undefined),
    );
    const found = file && restored(file, image, images);
    if (found !== undefined) super.add(kind, found);
    else this.#missing = { kind, name, length: image.length };
    return found;
  }

  override add(kind: string, parsed: ParsedImage): void {
    super.add(kind, parsed);
    const missing = this.#missing;
    this.#missing = undefined;
    // An image with further bytes after its end is not kept.
    if (missing?.kind !== kind || missing.length !== parsed.image.length) return;
    this.#unsaved = { kind, name: missing.name, parsed };
    // Not while a command waits for its world.
    this.#timer ??= setTimeout(() => this.#save(), SAVE_AFTER_MS).unref();
  }

  close(): void {
    this.#save();
  }

  #save(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const unsaved = this.#unsaved;
    this.#unsaved = undefined;
    const images = unsaved && imagesOf(unsaved.kind);
    if (unsaved === undefined || images === undefined) return;
    inRoot(this.#root, (held) => held.make(DIRECTORY, 0o700));
    withinRoot(this.#root, DIRECTORY, (held) => {
      try {
        write(held, unsaved.name, fileOf(unsaved.parsed.image, images.save(unsaved.parsed)));
        makeRoom(held);
      } catch {
        // A full disk, say: the next world reads the image itself.
      }
    });
  }
}

function imagesOf(kind: string): PolicyImages | undefined {
  return MODULES.find(({ name }) => name === kind)?.policyImages;
}

/** Of the image, and of the program that reads and writes it: another version may save something else. */
function nameOf(kind: string, image: Uint8Array): string {
  const { mtimeMs, size } = statSync(fileURLToPath(import.meta.url));
  const program = crc32(`${mtimeMs} ${size} ${process.version}`);
  return `${kind}-${crc32(image).toString(16)}-${program.toString(16)}`;
}

export function fileOf(image: Uint8Array, tables: readonly Uint32Array[]): Uint8Array[] {
  const head = Uint32Array.of(MAGIC, 0, image.length, tables.length, ...tables.map(({ length }) => length));
  // Of no bytes zlib begins anew.
  const parts = [head.subarray(CRC_FROM), ...tables].filter(({ length }) => length > 0);
  head[1] = parts.reduce((crc, part) => crc32(bytesOf(part), crc), 0);
  return [...[head, ...tables].map(bytesOf), image];
}

/** @returns `undefined` where the file is damaged, or has another image. */
export function restored(
  file: Buffer,
  image: Uint8Array,
  images: Pick<PolicyImages, 'restore'>,
): ParsedImage | undefined {
  const { buffer, byteOffset, byteLength } = file.byteOffset % 4 === 0 ? file : Uint8Array.from(file);
  const numbers = new Uint32Array(buffer, byteOffset, Math.floor(byteLength / 4));
  const [magic, crc, imageLength = 0, count = 0] = numbers;
  const start = byteLength - imageLength;
  if (magic !== MAGIC || imageLength !== image.length || HEAD + count > numbers.length || start % 4 !== 0)
    return undefined;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  if (crc32(bytes.subarray(CRC_FROM * 4, start)) !== crc) return undefined;
  const kept = bytes.subarray(start);
  if (Buffer.compare(kept, image) !== 0) return undefined;
  let at = HEAD + count;
  const tables = Array.from(numbers.subarray(HEAD, at), (length) => {
    at += length;
    return numbers.subarray(at - length, at);
  });
  return images.restore(kept, tables);
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Aside first: others may read it meanwhile. */
function write(held: HeldDirectory, name: string, parts: readonly Uint8Array[]): void {
  const aside = held.path(`${name}.${process.pid}`);
  const fd = openSync(aside, 'wx', 0o600);
  try {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    if (writevSync(fd, parts) !== length) throw new Error('the disk is full');
    renameSync(aside, held.path(name));
  } catch (error) {
    held.unlink(`${name}.${process.pid}`);
    throw error;
  } finally {
    closeSync(fd);
  }
}

function makeRoom(held: HeldDirectory): void {
  const time = (name: string): number => {
    const stat = held.look(name);
    return typeof stat === 'number' ? 0 : stat.mtimeMs;
  };
  const names = held.names().map((name) => ({ name, time: time(name) }));
  for (const { name } of names.sort((a, b) => b.time - a.time).slice(MOST)) held.unlink(name);
}
