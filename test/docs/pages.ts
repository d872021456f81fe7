/**
 * Pages with examples: their fenced blocks, and the shell scripts that sessions become.
 *
 * A ```console block is a session: commands with the output that follows them; a line `...` stands for any lines. `$ `
 * is the prompt of the first shell; `# ` that of the shell which the last `$ ` command started, `name# ` that of the
 * one which the last `# ` command started, and `name$ ` that of the one which the last `name# ` command started. A
 * block with a second word (```json config.json) is a file that the sessions of the page find in their directory.
 */

export interface Step {
  readonly level: number;
  readonly command: string;
  readonly output: readonly string[];
}

export interface Page {
  readonly sessions: readonly Step[][];
  readonly modules: readonly string[];
  readonly files: ReadonlyMap<string, string>;
  /** Languages of blocks that are none of these. */
  readonly others: readonly string[];
}

/** Printed before each command's output; nothing that an example prints. */
const MARKER = '=====lsmfs-docs-step=====';

export function readPage(text: string): Page {
  const blocks = [...text.matchAll(/^```(\S*)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', name, body = '']) => ({
      language,
      name,
      body,
    }),
  );
  const unnamed = (language: string) =>
    blocks.filter((block) => block.name === undefined && block.language === language);
  return {
    sessions: unnamed('console').map(({ body }) => steps(body)),
    modules: unnamed('js').map(({ body }) => body),
    files: new Map(blocks.flatMap(({ name, body }) => (name === undefined ? [] : [[name, body]]))),
    others: blocks
      .filter(({ name, language }) => name === undefined && !['console', 'js'].includes(language))
      .map(({ language }) => language),
  };
}

const PROMPTS = [/^\$ (.*)$/, /^# (.*)$/, /^[\w-]+# (.*)$/, /^[\w-]+\$ (.*)$/];

function steps(body: string): Step[] {
  const found: { level: number; command: string; output: string[] }[] = [];
  for (const line of body.trimEnd().split('\n')) {
    const last = found.at(-1);
    const level = PROMPTS.findIndex((prompt) => prompt.test(line));
    if (last?.command.endsWith('\\') === true) last.command += `\n${line}`;
    else if (level >= 0 && level <= (last?.level ?? -1) + 1) {
      found.push({ level, command: PROMPTS[level]?.exec(line)?.[1] ?? '', output: [] });
    } else if (last === undefined) throw new Error(`no command before: ${line}`);
    else last.output.push(line);
  }
  return found;
}

/** A bash script that runs them; what a deeper shell is told is its standard input. */
export function scriptOf(all: readonly Step[]): string {
  const lines: string[] = [];
  let open = 0;
  const close = (level: number) => {
    for (; open > level; open--) lines.push(`END-OF-LEVEL-${open}`);
  };
  all.forEach(({ level, command }, index) => {
    close(level);
    const deeper = (all[index + 1]?.level ?? 0) > level;
    lines.push(`printf '\\n${MARKER}%s\\n' ${index}`);
    if (deeper) {
      lines.push(`${command} <<'END-OF-LEVEL-${level + 1}'`);
      open = level + 1;
    } else lines.push(level === 0 ? command : `{ ${command}\n} </dev/null`);
  });
  close(0);
  return `exec 2>&1\n${lines.join('\n')}\n`;
}

/** What each step printed. */
export function outputs(stdout: string): string[] {
  return stdout.split(new RegExp(`\\n?${MARKER}\\d+\\n`)).slice(1);
}

/** A regular expression that an output must match: its lines, `...` for any number of them. */
export function pattern(lines: readonly string[]): RegExp {
  const parts = lines.map((line) =>
    line === '...' ? '(?:.*\\n)*?' : `${line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').trimEnd()}[ \\t]*\\n`,
  );
  return new RegExp(`^${parts.join('')}$`);
}
