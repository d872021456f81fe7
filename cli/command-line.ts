/** A command line: how usage errors end, whatever commands there are. */
import { Command, CommanderError, type HelpContext } from 'commander';
import { EXIT_OURS, failureLine, reportFailure } from './failure.ts';
import { print } from './output.ts';

/** Adds one command. */
export type AddCommand = (program: Command) => void;

const EXAMPLES = `
Examples:
  lsmfs run -- getenforce                 a command on a kernel with SELinux
  lsmfs run --policy=small -- bash        a shell there, with a policy
  lsmfs run --lsm=apparmor,smack -- cat /sys/kernel/security/lsm
  lsmfs doctor                            what this machine lacks for that, if anything

Each command has help of its own: lsmfs run --help`;

export function createCommandLine(version: string, commands: readonly AddCommand[]): Command {
  const program = new Command('lsmfs')
    .description('Security modules that the running kernel does not have, for ordinary programs.')
    .version(version)
    .addHelpText('after', EXAMPLES)
    .enablePositionalOptions()
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: print,
      outputError: (text, write) =>
        write(
          failureLine(
            text
              .replace(/^error: /, '')
              .trim()
              .replace(/\n(?=\(Did you mean [^\n]*$)/, ' '),
          ),
        ),
    });
  for (const add of commands) add(program);
  for (const command of program.commands) {
    command.exitOverride().passThroughOptions(command.registeredArguments.at(-1)?.name() === 'command');
  }
  for (const group of program.commands) if (group.commands.length > 0) missesCommand(group);
  program.hook('preAction', (_, command) => refuseEmpty(command));
  pointToHelp(program, program.name());
  return program;
}

/** A group of commands alone: its page on standard output, and what is missing, as podman does it. */
function missesCommand(group: Command): void {
  const help = group.help.bind(group);
  const missing = (context?: HelpContext): never => {
    if (context?.error !== true) return help();
    group.outputHelp();
    return group.error(`missing command: lsmfs ${group.name()} COMMAND`);
  };
  group.help = missing as Command['help'];
}

/** What a name that is not there would stand for: the directory that we are in. */
const NAMES = /^(?:file|dir|directory|path|place|policy|which|source)$|\bfile$/;

/** An empty variable is as none. @throws CommanderError for a name of a file or directory that is empty. */
function refuseEmpty(command: Command): void {
  for (const option of command.options) {
    const name = option.attributeName();
    if (command.getOptionValueSource(name) === 'env' && command.opts()[name] === '') {
      command.setOptionValueWithSource(name, option.defaultValue, 'default');
    }
  }
  const options = command.options.flatMap((option) => {
    const [, name = ''] = /<(.*)>/.exec(option.flags) ?? [];
    return NAMES.test(name)
      ? [{ what: `option '${option.flags}'`, value: command.opts()[option.attributeName()] }]
      : [];
  });
  const given = command.registeredArguments.map((argument, index) => ({
    what: `argument '${argument.name()}'`,
    value: NAMES.test(argument.name()) ? command.processedArgs[index] : undefined,
  }));
  for (const { what, value } of [...options, ...given]) {
    if (value === '' || (Array.isArray(value) && value.includes('')))
      command.error(`${what} names nothing: it is empty`);
  }
}

/** Options whose values are those of variables. */
function fromEnvironment(command: Command): [string, string][] {
  return command.options.flatMap((option): [string, string][] => {
    const isOfVariable = command.getOptionValueSource(option.attributeName()) === 'env';
    return isOfVariable && option.long && option.envVar ? [[option.long, option.envVar]] : [];
  });
}

/** Usage errors say where to look. @param name with those of the commands that it belongs to. */
function pointToHelp(command: Command, name: string): void {
  command.showHelpAfterError(failureLine(`See \`${name} --help\`.`).trimEnd());
  for (const inner of command.commands) pointToHelp(inner, `${name} ${inner.name()}`);
}

/** Runs one command line. Sets `process.exitCode`; returns only when the process did not become another command. */
export async function runCommandLine(program: Command, argv: readonly string[]): Promise<void> {
  const variables = new Map<string, string>();
  program.hook('preAction', (_, command) => {
    for (const [option, variable] of fromEnvironment(command)) variables.set(option, variable);
  });
  try {
    if (argv.length === 0) return program.outputHelp();
    const [first, about] = argv;
    if (first === 'help' && about !== undefined && program.commands.every((command) => command.name() !== about)) {
      program.error(`unknown command '${about}'`);
    }
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportFailure(error, argv.includes('--json'), variables);
    // commander has already written its message; help and version are no failures
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_OURS;
  }
}
