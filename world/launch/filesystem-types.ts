/**
 * /proc/filesystems with the types of the emulated kernel added.
 *
 * Format: `nodev` or nothing, a tab, the type (fs/filesystems.c). New types come last, as if they had been registered after the others.
 */

export function withFilesystemTypes(text: string, types: readonly string[]): string {
  const known = new Set(text.split('\n').map((line) => line.split('\t')[1]));
  const added = types.filter((type) => !known.has(type)).map((type) => `nodev\t${type}\n`);
  return text + added.join('');
}
