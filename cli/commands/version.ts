/** `lsmfs version`: of lsmfs and of what it runs on. */
import type { Command } from 'commander';
import { versions } from '../../world/index.ts';
import { print } from '../output.ts';
import { formatJson } from '../table.ts';

const EXAMPLES = `
Examples:
  lsmfs version
  lsmfs version --json | jq -r .kernel
  lsmfs version --json | jq -e '.modules | index("smack")'
  lsmfs version --json | jq -e '.features | index("--report")'     options that run has`;

export function addVersion(program: Command): void {
  program
    .command('version')
    .description('print versions, and what this one can emulate')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(async ({ json }: { readonly json?: boolean }) => {
      const told = { version: program.version() ?? '', ...(await versions()), features: optionsOfRun(program) };
      print(json === true ? formatJson(told) : text(told));
    });
}

/** What a script asks before it uses one. */
function optionsOfRun(program: Command): string[] {
  const run = program.commands.find((command) => command.name() === 'run');
  return run?.options.flatMap(({ long, hidden }) => (hidden || !long ? [] : [long])) ?? [];
}

function text(told: Readonly<Record<string, string | readonly string[]>>): string {
  const width = Math.max(...Object.keys(told).map((name) => name.length));
  return Object.entries(told)
    .map(([name, value]) => `${name.padEnd(width)}  ${typeof value === 'string' ? value : value.join(' ')}\n`)
    .join('');
}
