// Documentation against itself: links among pages lead somewhere, also to headings; each page is in the index, docs/README.md. Problems,
// one line each; part of `npm run lint`.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Outside of docs/. */
const FURTHER = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'test/conformance/README.md',
  'test/differential/README.md',
];
const INDEX = 'docs/README.md';

export function pages(root = '.') {
  const docs = readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' });
  return [...FURTHER, ...docs.map((name) => `docs/${name}`)].filter(
    (name) => name.endsWith('.md') && existsSync(path.join(root, name)),
  );
}

/** Without code. */
export function proseOf(text) {
  return text.replace(/^(```|~~~)[\s\S]*?^\1$/gm, (block) => block.replace(/[^\n]/g, ''));
}

/** The names that GitHub gives to headings. */
export function anchors(text) {
  const seen = new Map();
  return [...proseOf(text).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => {
    const words = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/`/g, '')
      .toLowerCase();
    const name = words
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-');
    const times = seen.get(name) ?? 0;
    seen.set(name, times + 1);
    return times === 0 ? name : `${name}-${times}`;
  });
}

/** Where links of a page lead, without those to other sites. */
function links(text) {
  const prose = proseOf(text).replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

export function linkProblems(root = '.') {
  const read = (name) => readFileSync(path.join(root, name), 'utf8');
  const all = pages(root);
  const linked = new Set();
  const problems = all.flatMap((page) =>
    links(read(page)).flatMap((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? page : path.normalize(path.join(path.dirname(page), file));
      if (page === INDEX) linked.add(target);
      if (!existsSync(path.join(root, target))) return [`${page}: the link ${link} leads nowhere`];
      if (anchor === undefined || statSync(path.join(root, target)).isDirectory()) return [];
      return anchors(read(target)).includes(anchor) ? [] : [`${page}: ${target} has no heading #${anchor}`];
    }),
  );
  const alone = all.filter((page) => page.startsWith('docs/') && page !== INDEX && !linked.has(page));
  return [...problems, ...alone.map((page) => `${page} is not in ${INDEX}`)];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = linkProblems();
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
