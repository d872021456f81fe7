/** For the build: pages of the manual as files. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createProgram } from '../program.ts';
import { commandFacts } from './command-facts.ts';
import { manPages, type Release } from './man-page.ts';

export function writeManPages(directory: string, release: Release): void {
  mkdirSync(directory, { recursive: true });
  for (const { file, text } of manPages(commandFacts(createProgram(release.version)), release)) {
    writeFileSync(path.join(directory, file), text);
  }
}
