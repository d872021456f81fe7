// The layers that serve every module alike must not name one, and nor must their tests, which have toys (lsm/framework/testing): no string,
// template or identifier does, comments may. Bad names, one line each.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** Layers that are written for the set of modules, whichever they are. linux/ has the kernel's own names. */
const NEUTRAL = ['world', 'host', 'fuse', 'vfs', 'lsm/framework'];
/** bpf is also a system call. landlock has no folder. */
const NAMES = [
  ...readdirSync('lsm').filter((name) => existsSync(path.join('lsm', name, 'index.ts'))),
  'landlock',
].filter((name) => name !== 'library' && name !== 'bpf');
/** Shorter ones are parts of other words. */
const LONG = 4;

function named(text) {
  const words = text.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/).map((word) => word.toLowerCase());
  const whole = text.toLowerCase();
  return NAMES.find((name) => (name.length >= LONG ? whole.includes(name) : words.includes(name)));
}

const TEXTUAL = new Set([
  ts.SyntaxKind.Identifier,
  ts.SyntaxKind.PrivateIdentifier,
  ts.SyntaxKind.StringLiteral,
  ts.SyntaxKind.NoSubstitutionTemplateLiteral,
  ts.SyntaxKind.TemplateHead,
  ts.SyntaxKind.TemplateMiddle,
  ts.SyntaxKind.TemplateTail,
  ts.SyntaxKind.RegularExpressionLiteral,
]);

/** Those of one file. */
export function namesIn(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  const problems = [];
  const visit = (node) => {
    const name = TEXTUAL.has(node.kind) ? named(node.getText(source)) : undefined;
    if (name !== undefined) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      problems.push(`${file}:${line + 1}: ${node.getText(source)} names the module ${name}: ask the set of modules`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return problems;
}

export function moduleNameProblems() {
  return NEUTRAL.flatMap((layer) =>
    readdirSync(layer, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => namesIn(path.join(layer, name))),
  );
}
