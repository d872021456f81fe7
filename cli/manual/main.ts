/** For the build: pages of the manual as files; `npm run man`: the page of commands, too. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createProgram } from '../program.ts';
import { commandFacts } from './command-facts.ts';
import { manPages, type Release } from './man-page.ts';
import { commandsPage } from './markdown.ts';

export function writeManPages(directory: string, release: Release): void {
  mkdirSync(directory, { recursive: true });
  for (const { file, text } of manPages(commandFacts(createProgram(release.version)), release)) {
    writeFileSync(path.join(directory, file), text);
  }
}

if (process.argv[2] === '--write') {
  writeFileSync('docs/reference/commands.md', commandsPage(commandFacts(createProgram(''))));
}
