/** `lsmfs doctor`: what this host offers, each line with the fix. Exit status 1 when something that `run` needs is missing. */
import type { Command } from 'commander';
import colors from 'picocolors';
import { type HostCheck, probeHost } from '../../world/index.ts';
import { formatJson } from '../table.ts';

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check what this host offers')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  lsmfs doctor\n  lsmfs doctor --json | jq .usable')
    .action(async (flags: { readonly json?: boolean }) => {
      const report = await probeHost();
      process.stdout.write(flags.json === true ? formatJson(report) : report.checks.map(formatCheck).join(''));
      if (!report.usable) process.exitCode = 1;
    });
}

const PAINT = { ok: colors.green, warn: colors.yellow, fail: colors.red } as const;

function formatCheck(check: HostCheck): string {
  const head = `${PAINT[check.status](check.status.padEnd(4))}  ${check.id.padEnd(16)}  ${check.detail}\n`;
  return check.fix === undefined ? head : `${head}${' '.repeat(24)}fix: ${check.fix}\n`;
}
