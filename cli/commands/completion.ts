/** `lsmfs completion`: a script for a shell, and what that asks at each TAB. */
import { Argument, type Command } from 'commander';
import { print } from '../output.ts';

const EXAMPLES = `
Examples:
  source <(lsmfs completion bash)          in ~/.bashrc
  source <(lsmfs completion zsh)           in ~/.zshrc, after compinit
  lsmfs completion fish | source           in ~/.config/fish/config.fish
  lsmfs completion bash > /etc/bash_completion.d/lsmfs

TAB completes commands, options, their values, names of running worlds, and the command that \`run\` and \`exec\` run.
The Debian package installs the scripts; nothing is to be done there.`;

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a script that completes lsmfs commands in a shell')
    .addArgument(new Argument('<shell>', 'the shell that reads it').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', EXAMPLES)
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { SCRIPTS } = await import('../completion/scripts.ts');
      print(SCRIPTS[shell]);
    });
  program
    .command('__complete', { hidden: true })
    .argument('[word...]')
    .action(async (words: string[]) => {
      const { complete } = await import('../completion/complete.ts');
      const { values, further, goesOn, skip } = await complete(program, words);
      const lines = values.map(({ value, about }) => (about === undefined ? value : `${value}\t${firstLine(about)}`));
      print(`${[...lines, `:${further} ${goesOn ? 'goes-on' : 'ends'} ${skip}`].join('\n')}\n`);
    });
}

/** Shells show a line. */
function firstLine(about: string): string {
  const [line = ''] = about.split(/[\n\t;]/);
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}
