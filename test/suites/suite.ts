/** What a suite of another project consists of. */
import { readdirSync } from 'node:fs';
import type { Format } from './cases.ts';

/** A command for sh(1), run in an empty directory. */
export interface Test {
  readonly name: string;
  readonly command: string;
}

export interface Suite {
  readonly name: string;
  /** Debian's packages. */
  readonly packages: readonly string[];
  /** For sh(1) in the suite's folder, once. Sources of Debian need a line `deb-src` in apt's lists. */
  readonly prepare?: string;
  /** What has to be in the suite's folder before, and where it is from: sources that Debian does not have. */
  readonly source?: { readonly folder: string; readonly from: string };
  /** The module that the suite is about, of the world; absent = SELinux. */
  readonly module?: 'selinux' | 'apparmor';
  readonly format: Format;
  /** How long one command may take. */
  readonly seconds: number;
  /** Each command has mounts, processes, segments, a host name and a network of its own: it may change the machine's. */
  readonly isolated?: true;
  tests(folder: string): readonly Test[];
}

export function filesIn(folder: string, ending: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(ending));
  return names.map((name) => name.slice(0, name.length - ending.length)).sort();
}

export function sourceIn(folder: string, name: string): string {
  const found = readdirSync(folder).find((entry) => new RegExp(`^${name}-[0-9][^/]*$`).test(entry));
  if (found === undefined) throw new Error(`${folder}: no source of ${name}`);
  return found;
}
