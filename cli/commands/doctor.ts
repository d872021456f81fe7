/** `lsmfs doctor`: what this host offers, each line with the fix. Exit status 1 when something that `run` needs is missing. */
import type { Command } from 'commander';
import { type HostCheck, probeHost, repairWorlds } from '../../world/index.ts';
import { tellLeftAlone } from '../left-alone.ts';
import { print } from '../output.ts';
import { formatJson } from '../table.ts';

const EXAMPLES = `
Examples:
  lsmfs doctor
  lsmfs doctor --json | jq .usable
  lsmfs doctor --repair

Exit status: 0 a world can be run, 1 something that it needs is missing, 125 lsmfs itself failed.`;

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check what this host offers')
    .option('--json', 'print JSON')
    .option('--repair', 'clean up after worlds whose daemon was killed, also one that does not come to its end')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: { readonly json?: boolean; readonly repair?: boolean }) => {
      if (flags.repair === true) {
        await tellLeftAlone();
        const done = await repairWorlds();
        print(flags.json === true ? formatJson(done) : done.map((what) => `${what}\n`).join(''));
        return;
      }
      const report = await probeHost();
      if (flags.json === true) print(formatJson(report));
      else {
        const paint = await painter();
        print(report.checks.map((check) => formatCheck(check, paint[check.status])).join(''));
      }
      if (!report.usable) process.exitCode = 1;
    });
}

/** Loaded here and not above: it opens standard output as a stream, which a command that is about to be replaced must not do. */
async function painter(): Promise<Record<HostCheck['status'], (text: string) => string>> {
  const { styleText } = await import('node:util');
  const { stdout } = process;
  const coloured = stdout.isTTY && stdout.hasColors();
  const painted = (colour: 'green' | 'yellow' | 'red') => (text: string) => (coloured ? styleText(colour, text) : text);
  return { ok: painted('green'), warn: painted('yellow'), fail: painted('red') };
}

function formatCheck(check: HostCheck, paint: (text: string) => string): string {
  const head = `${paint(check.status.padEnd(4))}  ${check.id.padEnd(16)}  ${check.detail}\n`;
  return check.fix === undefined ? head : `${head}${' '.repeat(24)}fix: ${check.fix}\n`;
}
