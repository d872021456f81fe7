/** Pages of section 1: one for lsmfs and one for each of its commands, which has the commands that it groups. */
import type { CommandFacts, Entry } from './command-facts.ts';
import { EXIT_STATUSES, FILES, VARIABLES } from './common.ts';
import { paragraph, quoted, term, verbatim } from './roff.ts';

export interface Release {
  readonly version: string;
  /** `2026-12-03` */
  readonly date: string;
}

export interface ManPage {
  /** `lsmfs-run.1` */
  readonly file: string;
  readonly text: string;
}

const NOT_A_BOUNDARY =
  'lsmfs is not a security boundary. It enforces only on what passes through it, and a process that wants to leave a world can. Use it to test, teach and design.';

export function manPages(program: CommandFacts, release: Release): readonly ManPage[] {
  const own = program.commands.map((command) => page(command, release, ownSections(command, program)));
  return [page(program, release, programSections(program)), ...own];
}

type Section = readonly [heading: string, body: string];

function page(command: CommandFacts, { version, date }: Release, sections: readonly Section[]): ManPage {
  const name = pageName(command);
  const heading = `.TH ${quoted(name.toUpperCase())} 1 "${date}" ${quoted(`lsmfs ${version}`)} ${quoted('User Commands')}`;
  const body = sections.filter(([, text]) => text !== '').map(([title, text]) => `.SH ${title}\n${text}`);
  return { file: `${name}.1`, text: `${[heading, '.nh', ...body].join('\n')}\n` };
}

function programSections(program: CommandFacts): readonly Section[] {
  return [
    ['NAME', nameLine(program)],
    ['SYNOPSIS', term(program.usage)],
    [
      'DESCRIPTION',
      [
        'lsmfs runs a command on a kernel that seems to have the security modules that you choose: SELinux, AppArmor, Smack and others.',
        'Such a running command with its kernel is a world. Files, mounts and system calls of its processes behave as if the kernel had the modules.',
        NOT_A_BOUNDARY,
      ]
        .map(paragraph)
        .join('\n.PP\n'),
    ],
    [
      'COMMANDS',
      list(
        program.commands.map(({ name, about }) => ({ term: name, about: `${sentence(about)} See ${manName(name)}.` })),
      ),
    ],
    ['OPTIONS', optionsOf(program)],
    ['EXIT STATUS', list(EXIT_STATUSES)],
    ['ENVIRONMENT', list(VARIABLES)],
    ['FILES', list(FILES)],
    ['EXAMPLES', verbatim(program.examples)],
    ['SEE ALSO', program.commands.map(({ name }) => reference(pageNameOf(name))).join(',\n')],
  ];
}

function ownSections(command: CommandFacts, program: CommandFacts): readonly Section[] {
  return [
    ['NAME', nameLine(command)],
    [
      'SYNOPSIS',
      [command, ...command.commands]
        .filter(({ commands }) => commands.length === 0)
        .map(({ usage }) => term(usage))
        .join('\n.br\n'),
    ],
    ['DESCRIPTION', [sentence(command.about), ...command.notes].map(paragraph).join('\n.PP\n')],
    ['ARGUMENTS', list(command.arguments)],
    ['OPTIONS', optionsOf(command)],
    ['COMMANDS', command.commands.map(subcommand).join('\n')],
    [
      'EXIT STATUS',
      command.exitStatus === undefined
        ? list(EXIT_STATUSES.filter(({ term }) => term === '0' || term === '125'))
        : paragraph(command.exitStatus),
    ],
    ['EXAMPLES', command.examples.length === 0 ? '' : verbatim(command.examples)],
    ['SEE ALSO', [program.name, ...others(command, program)].map((name) => reference(pageNameOf(name))).join(',\n')],
  ];
}

function subcommand(command: CommandFacts): string {
  return [
    `.SS ${quoted(command.name)}`,
    paragraph(sentence(command.about)),
    ...[list(command.arguments), optionsOf(command, '.PP')].filter((part) => part !== ''),
  ].join('\n');
}

/** Commands that an example of this one mentions. */
function others(command: CommandFacts, program: CommandFacts): readonly string[] {
  const text = [...command.examples, ...command.notes].join('\n');
  return program.commands
    .map(({ name }) => name)
    .filter((name) => name !== command.name && new RegExp(`\\b${name}\\b`).test(text));
}

function optionsOf(command: CommandFacts, heading = '.SS'): string {
  const several = command.groups.length > 1;
  return command.groups
    .map((group) => (several && heading === '.SS' ? `.SS ${quoted(group.heading)}\n` : '') + list(group.options))
    .join('\n');
}

function list(entries: readonly Entry[]): string {
  return entries.map((entry) => `.TP\n${term(entry.term)}\n${paragraph(entry.about)}`).join('\n');
}

function nameLine(command: CommandFacts): string {
  const about = command.about.replace(/\.$/, '').replace(/`/g, '');
  const small = /^[A-Z][a-z]/.test(about) ? `${about.charAt(0).toLowerCase()}${about.slice(1)}` : about;
  return `${pageName(command)} \\- ${paragraph(small)}`;
}

function sentence(about: string): string {
  const capital = `${about.charAt(0).toUpperCase()}${about.slice(1)}`;
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

function pageName({ name }: CommandFacts): string {
  return pageNameOf(name);
}

function pageNameOf(name: string): string {
  return name.replaceAll(' ', '-');
}

function manName(name: string): string {
  return `${pageNameOf(name)}(1)`;
}

function reference(name: string): string {
  return `.BR ${name.replaceAll('-', '\\-')} (1)`;
}
