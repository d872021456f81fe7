// Rules that a line or a declaration can break by itself: a number of the kernel's interface is declared once, in linux/; no
// line is longer than 140 characters; files that comments cite are in the repository. Problems, one line each.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** Names that the kernel's headers give to numbers. */
const ABI_NAME =
  /^((O|AT|STATX|MS|MNT|UMOUNT|FSCONFIG|FSOPEN|FSMOUNT|FSPICK|MOVE_MOUNT|OPEN_TREE|MOUNT_ATTR|CLONE|SOL|SO|AF|SCM|MSG|PR|PTRACE|F|LOCK|PROT|MAP|MADV|SYS|RESOLVE|SECCOMP|S_I[A-Z]+|SIG|AUDIT|NLM|NETLINK_[A-Z]+|CAP)_[A-Z0-9_]+|\w+_MAGIC|E(PERM|NOENT|SRCH|INTR|IO|BADF|AGAIN|NOMEM|ACCES|FAULT|BUSY|EXIST|NODEV|NOTDIR|ISDIR|INVAL|NOSPC|RANGE|NOSYS|NODATA|OPNOTSUPP))$/;
const LONGEST = 140;
/** A path or name of a file as comments cite it; NAME stands for any. dist/ is what the build makes. */
const CITED = /(?<![\w/.*{}<>-])(?!dist\/)[\w-][\w./-]*\.(?:ts|md|py|js|sh)\b/g;
const NOT_OURS = new Set(['node_modules', 'dist', '.git']);

const isNumber = (node) =>
  ts.isNumericLiteral(node) ||
  ts.isBigIntLiteral(node) ||
  (ts.isPrefixUnaryExpression(node) && isNumber(node.operand)) ||
  (ts.isBinaryExpression(node) && isNumber(node.left) && isNumber(node.right)) ||
  (ts.isParenthesizedExpression(node) && isNumber(node.expression));

/** Calls `visit(name, node)` for each constant that is a number. */
function eachNumber(source, visit) {
  const walk = (node) => {
    if (
      ts.isVariableDeclaration(node) &&
      ts.isIdentifier(node.name) &&
      node.initializer &&
      isNumber(node.initializer)
    ) {
      visit(node.name.text, node);
    }
    ts.forEachChild(node, walk);
  };
  walk(source);
}

const LITERALS = new Set([
  ts.SyntaxKind.StringLiteral,
  ts.SyntaxKind.NoSubstitutionTemplateLiteral,
  ts.SyntaxKind.TemplateExpression,
  ts.SyntaxKind.RegularExpressionLiteral,
]);

/** Long lines, but for those whose end is in the text of a literal: scripts and records are not broken. */
function longLines(source) {
  const literals = [];
  const walk = (node) => {
    if (LITERALS.has(node.kind)) literals.push([node.getStart(source), node.end]);
    else ts.forEachChild(node, walk);
  };
  walk(source);
  const starts = source.getLineStarts();
  return source.text.split('\n').flatMap((line, index) => {
    const edge = starts[index] + LONGEST;
    const excused = literals.some(([start, end]) => start < edge && end >= edge);
    return line.length > LONGEST && !excused ? [index + 1] : [];
  });
}

const parse = (file) => ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);

/** Numbers that linux/ declares, by name: where. */
export function abiNumbers(directory = 'linux') {
  const declared = new Map();
  for (const name of readdirSync(directory).filter((name) => /(?<!\.test)\.ts$/.test(name))) {
    const file = path.join(directory, name);
    eachNumber(parse(file), (number) => declared.set(number, [...(declared.get(number) ?? []), file]));
  }
  return declared;
}

/** All paths below a directory, each also without its first folders. */
function citable(directory = '.', prefix = [], found = new Set()) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (NOT_OURS.has(entry.name)) continue;
    const parts = [...prefix, entry.name];
    if (entry.isDirectory()) citable(path.join(directory, entry.name), parts, found);
    else for (let first = 0; first < parts.length; first++) found.add(parts.slice(first).join('/'));
  }
  return found;
}

/** Cited files that are nowhere. */
function missingFiles(source, known) {
  const missing = [...source.text.matchAll(CITED)].filter(([name]) => !known.has(name) && !name.includes('NAME'));
  if (missing.length === 0) return [];
  const comments = [];
  const walk = (node) => {
    comments.push(...(ts.getLeadingCommentRanges(source.text, node.pos) ?? []));
    comments.push(...(ts.getTrailingCommentRanges(source.text, node.end) ?? []));
    for (const child of node.getChildren(source)) walk(child);
  };
  walk(source);
  return missing.filter(({ index }) => comments.some(({ pos, end }) => index >= pos && index < end));
}

/** @param files paths; tests may have numbers of their own. */
export function sourceProblems(files, declared = abiNumbers()) {
  const problems = [...declared].flatMap(([name, places]) =>
    places.length > 1 ? [`${name} is declared in ${places.join(' and ')}`] : [],
  );
  const known = citable();
  for (const file of files) {
    const source = parse(file);
    const at = (node) => `${file}:${source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1}`;
    if (!/^linux\/|\.test\.ts$|\/testing[./]|^test\//.test(file)) {
      eachNumber(source, (name, node) => {
        if (declared.has(name)) problems.push(`${at(node)}: ${name} is in ${declared.get(name).join()}`);
        else if (ABI_NAME.test(name)) problems.push(`${at(node)}: ${name} belongs to the kernel's interface: linux/`);
      });
    }
    for (const { 0: name, index } of missingFiles(source, known)) {
      problems.push(`${file}:${source.getLineAndCharacterOfPosition(index).line + 1}: there is no file ${name}`);
    }
    for (const line of longLines(source)) problems.push(`${file}:${line}: longer than ${LONGEST} characters`);
  }
  return problems;
}
