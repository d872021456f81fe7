/** `lsmfs run --report` and `--fail-on`: what they mean, and when GitHub Actions asks for a report. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { FailOn, ReportOptions, RunOptions } from '../world/index.ts';
import { inGithub } from './may-report.ts';

export interface ReportFlags {
  /** `false` = `--no-report`. */
  readonly report?: string | false;
  readonly failOn?: FailOn;
  readonly reporter?: NonNullable<RunOptions['report']>;
}

const NEW = 'new-denials=';

export function addReportOptions(command: Command): Command {
  return command
    .option('--report <dir>', 'write summary.md, junit.xml, denials.sarif and log.jsonl about what was refused')
    .option('--no-report', 'also in GitHub Actions: no summary, no annotations')
    .option(
      '--fail-on <what>',
      'exit with 123 when the command succeeds and there are "denials", or "new-denials=FILE", which a former log.jsonl or denials.sarif lacks',
      parseFailOn,
    )
    .addOption(new Option('--reporter <terms>').argParser(JSON.parse).hideHelp());
}

function parseFailOn(text: string): FailOn {
  if (text === 'denials') return { kind: 'denials' };
  if (text.startsWith(NEW) && text.length > NEW.length) return { kind: 'new-denials', file: text.slice(NEW.length) };
  throw new InvalidArgumentError('It must be denials or new-denials=FILE.');
}

/** What is wanted; `undefined`: no report. */
export function reportWanted({
  report,
  failOn,
  reporter,
}: ReportFlags): Pick<ReportOptions, 'directory' | 'failOn' | 'github'> | undefined {
  const github = report === false ? undefined : inGithub();
  const directory = typeof report === 'string' ? report : undefined;
  if (reporter !== undefined || (directory ?? failOn ?? github) === undefined) return undefined;
  return {
    ...(directory === undefined ? {} : { directory }),
    ...(failOn === undefined ? {} : { failOn }),
    ...(github === undefined ? {} : { github }),
  };
}
