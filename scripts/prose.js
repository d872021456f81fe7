// How README and docs/ are written: the length of sentences and of cells of tables, and phrases that are out. Each page has at most as many
// offences as scripts/prose-limits.json allows, which only shrinks; a page that is not there has none. Part of `npm run lint`;
// `node scripts/prose.js --show PAGE` lists those of a page, `--write` writes smaller limits.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pages, proseOf } from './check-docs.js';

/** Words. */
const LONGEST_SENTENCE = 30;
const LONGEST_CELL = 25;
/** Each with what to write instead. */
const OUT = [
  [/\b(is|are|be|was|were) asked (about|for)\b/i, 'name the actor: the modules check, SELinux decides'],
  [/\bnobody\b/i, 'name the actor: no process, no user'],
  [/\b(of|to|for|by|with|from) whom\b/i, 'name the actor'],
  [/(?<!\w)(who has|who may not|who lacks|whoever|whomever)\b/i, 'name the actor: a process that, a user who'],
  [/\bis not told\b|\bare not told\b/i, 'name the actor'],
  [/\b(is|are) to be (mended|lived|looked)\b/i, 'must'],
  [/\blooked at\b/i, 'inspect, read'],
];
const LIMITS = new URL('./prose-limits.json', import.meta.url);
/** Written by programs, or a list of what happened. */
const NOT_PROSE =
  /^(CHANGELOG\.md|docs\/reference\/commands\.md|docs\/reports\/(conformance|rootless-conformance|performance|boxes)\.md)$/;

const words = (text) => text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
/** Links as their text; code, and a list of names, as one word. */
const plain = (text) =>
  text
    .replace(/`[^`]*`/g, 'code')
    .replace(/(?:[\w()]+, ){4,}[\w()]+/g, 'code')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*_]{1,2}(?=\S)|(?<=\S)[*_]{1,2}/g, '');

/** Offences of a page: the line, and what is wrong. */
export function offences(text) {
  const found = [];
  const phrases = (part, line) => {
    for (const [pattern, instead] of OUT) {
      const [hit] = pattern.exec(part) ?? [];
      if (hit !== undefined) found.push({ line, what: `"${hit}": ${instead}` });
    }
  };
  let block = [];
  let begin = 0;
  const endBlock = () => {
    const whole = plain(block.join(' '));
    for (const sentence of whole.split(/(?<=[.!?:;])\s+(?=\p{Lu}|code|lsmfs)/u)) {
      const count = words(sentence);
      if (count > LONGEST_SENTENCE)
        found.push({ line: begin, what: `a sentence of ${count} words: ${sentence.slice(0, 60)}` });
      phrases(sentence, begin);
    }
    block = [];
  };
  proseOf(text)
    .split('\n')
    .forEach((line, index) => {
      if (/^\s*\|/.test(line)) {
        endBlock();
        for (const cell of plain(line).split(/(?<!\\)\|/)) {
          const count = words(cell);
          if (count > LONGEST_CELL)
            found.push({ line: index + 1, what: `a cell of ${count} words: ${cell.trim().slice(0, 60)}` });
          phrases(cell, index + 1);
        }
      } else if (/^(\s*$|#| {4}\S)/.test(line) && !/^ {4,}\S/.test(line) === true) endBlock();
      else if (/^\s*([-*]|\d+\.) /.test(line)) {
        endBlock();
        begin = index + 1;
        block = [line.replace(/^\s*([-*]|\d+\.) /, '')];
      } else if (!/^ {4}/.test(line) || block.length > 0) {
        if (block.length === 0) begin = index + 1;
        block.push(line.trim());
      }
    });
  endBlock();
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , mode, chosen] = process.argv;
  const limits = JSON.parse(readFileSync(LIMITS, 'utf8'));
  const counted = new Map(
    pages()
      .filter((page) => !NOT_PROSE.test(page))
      .map((page) => [page, offences(readFileSync(page, 'utf8'))]),
  );
  if (mode === '--show')
    for (const { line, what } of counted.get(chosen) ?? []) console.log(`${chosen}:${line}: ${what}`);
  else if (mode === '--write') {
    const smaller = [...counted].map(([page, { length }]) => [page, Math.min(length, limits[page] ?? 0)]);
    const rest = Object.fromEntries(smaller.filter(([, number]) => number > 0).sort());
    writeFileSync(LIMITS, `${JSON.stringify(rest, null, 2)}\n`);
  } else
    for (const [page, list] of counted) {
      const limit = limits[page] ?? 0;
      if (list.length <= limit) continue;
      for (const { line, what } of list.slice(0, 20)) console.error(`${page}:${line}: ${what}`);
      console.error(
        `${page}: ${list.length} offences against the rules of prose, ${limit} allowed: write shorter sentences, name the actor`,
      );
      process.exitCode = 1;
    }
}
