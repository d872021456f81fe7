/** What a command says about itself, as data: man pages and the page of commands are made of it. */
import type { Argument, Command, Option } from 'commander';

export interface CommandFacts {
  /** `lsmfs policy list`. */
  readonly name: string;
  readonly about: string;
  readonly usage: string;
  readonly arguments: readonly Entry[];
  /** In the order of the help. */
  readonly groups: readonly { readonly heading: string; readonly options: readonly Entry[] }[];
  /** One command line each; continued ones have several lines. */
  readonly examples: readonly string[];
  /** Further text of the help: paragraphs. */
  readonly notes: readonly string[];
  /** Of the text that begins with `Exit status:`. */
  readonly exitStatus: string | undefined;
  readonly commands: readonly CommandFacts[];
}

export interface Entry {
  readonly term: string;
  readonly about: string;
}

const EXIT_STATUS = 'Exit status: ';

export function commandFacts(command: Command, parents: readonly string[] = []): CommandFacts {
  const help = command.createHelp();
  const words = [...parents, command.name()];
  const options = help.visibleOptions(command);
  const headings = [...new Set(options.map(headingOf))];
  const { examples, notes, exitStatus } = readAfter(textAfterHelp(command));
  return {
    name: words.join(' '),
    about: command.description(),
    usage: `${words.join(' ')} ${command.usage()}`.trim(),
    arguments: help.visibleArguments(command).map((argument) => argumentEntry(argument)),
    groups: headings.map((heading) => ({
      heading,
      options: options
        .filter((option) => headingOf(option) === heading)
        .map((option) => ({ term: help.optionTerm(option), about: help.optionDescription(option) })),
    })),
    examples,
    notes,
    exitStatus,
    commands: help
      .visibleCommands(command)
      .filter((inner) => inner.name() !== 'help')
      .map((inner) => commandFacts(inner, words)),
  };
}

/** All commands that do something, each once, groups before theirs. */
export function flattened(facts: CommandFacts): readonly CommandFacts[] {
  return [facts, ...facts.commands.flatMap(flattened)];
}

function headingOf(option: Option): string {
  return (option.helpGroupHeading ?? 'Options:').replace(/:$/, '');
}

function argumentEntry(argument: Argument): Entry {
  const dots = argument.variadic ? '...' : '';
  const term = argument.required ? `<${argument.name()}${dots}>` : `[${argument.name()}${dots}]`;
  return { term, about: argument.description };
}

function textAfterHelp(command: Command): string {
  let all = '';
  const before = command.configureOutput();
  command.configureOutput({ ...before, writeOut: (text) => (all += text), getOutHasColors: () => false });
  command.outputHelp();
  command.configureOutput(before);
  return all.slice(command.helpInformation().length);
}

/** `Examples:` and the indented lines after it, then paragraphs. */
function readAfter(text: string): Pick<CommandFacts, 'examples' | 'notes' | 'exitStatus'> {
  const blocks = text.trim().split(/\n{2,}/);
  const [first = ''] = blocks;
  const hasExamples = first.startsWith('Examples:\n');
  const examples = hasExamples ? first.slice('Examples:\n'.length).split(/\n(?= {2}\S)/) : [];
  const rest = (hasExamples ? blocks.slice(1) : blocks).flatMap((block) => block.split(/\n(?=Exit status: )/));
  const flowing = rest.map((block) => block.replace(/\n */g, ' ').trim()).filter((block) => block !== '');
  const status = flowing.find((block) => block.startsWith(EXIT_STATUS));
  return {
    examples: examples.map((example) => example.replace(/^ {2}/gm, '')),
    notes: flowing.filter((block) => block !== status),
    exitStatus: status?.slice(EXIT_STATUS.length),
  };
}
