/** docs/reference/commands.md. */
import type { CommandFacts, Entry } from './command-facts.ts';
import { flattened } from './command-facts.ts';
import { EXIT_STATUSES, FILES, VARIABLES } from './common.ts';

export function commandsPage(program: CommandFacts): string {
  const commands = program.commands.flatMap(flattened);
  return [
    '# Commands',
    'Written by `npm run man` from what the commands say about themselves; do not edit. `man lsmfs-run` and `lsmfs run --help` say the same.',
    table(
      ['command', 'does'],
      program.commands.map(({ name, about }) => [link(name), cell(about)]),
    ),
    ...commands.map(section),
    '## Exit status',
    table(['status', 'means'], EXIT_STATUSES.map(row)),
    '## Environment variables',
    table(['variable', 'means'], VARIABLES.map(row)),
    '## Files',
    table(['file', 'holds'], FILES.map(row)),
  ]
    .join('\n\n')
    .concat('\n');
}

function section(command: CommandFacts): string {
  const options = command.groups.flatMap((group) => group.options).filter(({ term }) => !term.includes('--help'));
  return [
    `## ${command.name}`,
    `    ${command.usage}`,
    `${command.about.charAt(0).toUpperCase()}${command.about.slice(1)}.`,
    ...(command.arguments.length === 0 ? [] : [table(['argument', 'means'], command.arguments.map(row))]),
    ...(options.length === 0 ? [] : [table(['option', 'means'], options.map(row))]),
    ...command.notes.map(text),
    ...(command.exitStatus === undefined ? [] : [`Exit status: ${command.exitStatus}`]),
    ...(command.examples.length === 0 ? [] : ['Examples:', command.examples.map(indented).join('\n')]),
  ].join('\n\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

function row({ term, about }: Entry): readonly string[] {
  return [`\`${term}\``, cell(about)];
}

/** Outside of code, what stands between angle brackets would be taken for HTML. */
function text(words: string): string {
  return words.replace(/<([^<>\s]+)>/g, '`<$1>`');
}

function cell(words: string): string {
  return text(words).replaceAll('|', '\\|');
}

function link(name: string): string {
  return `[${name}](#${name.replaceAll(' ', '-')})`;
}

function indented(example: string): string {
  return example.replace(/^/gm, '    ');
}
