/**
 * A policy and the files of its store in one file.
 *
 * Model: the image of the policy, which is complete and ends where its parser says, then the store: JSON, its length in bytes (u32,
 * little-endian) and {@link MAGIC}. So whatever reads a binary policy takes such a file, too: parsers ignore what follows the end.
 */
const MAGIC = Buffer.from('lsmfs-policy-1\n', 'latin1');
/** Bytes at the end of a file with a store. */
export const FOOTER = MAGIC.length + 4;

export interface PackedStore {
  /** SELINUXTYPE, say. */
  readonly name: string;
  /** Path below the store, `contexts/files/file_contexts`, to content; one character is a byte. */
  readonly files: Readonly<Record<string, string>>;
}

export interface PackedPolicy {
  readonly image: Uint8Array;
  /** Absent = the file has the image alone. */
  readonly store?: PackedStore;
}

export function packPolicy(image: Uint8Array, store: PackedStore): Uint8Array {
  const packed = Buffer.from(JSON.stringify(store));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(packed.length);
  return Buffer.concat([image, packed, length, MAGIC]);
}

/** @param end of a file. */
export function hasStore(end: Buffer): boolean {
  return end.length >= FOOTER && end.subarray(-MAGIC.length).equals(MAGIC);
}

/** @returns `undefined` when the end says that there is a store, but it is damaged. */
export function unpackPolicy(file: Uint8Array): PackedPolicy | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const end = bytes.length - FOOTER;
  if (!hasStore(bytes)) return { image: file };
  const start = end - bytes.readUInt32LE(end);
  if (start < 0) return undefined;
  const store = storeOf(bytes.subarray(start, end));
  return store === undefined ? undefined : { image: file.subarray(0, start), store };
}

/** Its paths lead nowhere else. */
function storeOf(packed: Buffer): PackedStore | undefined {
  try {
    const store: unknown = JSON.parse(packed.toString());
    return isStore(store) ? store : undefined;
  } catch {
    return undefined;
  }
}

function isStore(store: unknown): store is PackedStore {
  if (typeof store !== 'object' || store === null || !('name' in store) || !('files' in store)) return false;
  const { name, files } = store;
  if (typeof name !== 'string' || !isComponent(name) || typeof files !== 'object' || files === null) return false;
  return Object.entries(files).every(
    ([path, content]) => typeof content === 'string' && path.split('/').every(isComponent),
  );
}

function isComponent(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name);
}
