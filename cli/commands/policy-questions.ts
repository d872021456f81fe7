/** `lsmfs policy who-can`, `transitions` and `diff`: what policies say, without a world. Exit status 1 when two differ. */
import { type Command, InvalidArgumentError } from 'commander';
import { policyAccess, policyDifferences, policyTransitions } from '../../world/index.ts';
import { print } from '../output.ts';
import { formatJson } from '../table.ts';

interface WhoCanFlags {
  readonly source?: string;
  readonly policy?: string;
  readonly rules?: boolean;
  readonly json?: boolean;
}

interface TransitionFlags {
  readonly from?: string;
  readonly to?: string;
  readonly steps?: number;
  readonly limit: number;
  readonly policy?: string;
  readonly rules?: boolean;
  readonly json?: boolean;
}

interface DiffFlags {
  readonly only?: string[];
  readonly limit: number;
  readonly summary?: boolean;
  readonly json?: boolean;
}

/** As of diff(1). */
const EXIT_DIFFERENT = 1;

export const QUESTION_EXAMPLES = {
  'who-can': `
Examples:
  lsmfs policy who-can shadow_t file read write       types that may do one of them
  lsmfs policy who-can --source=httpd_t               all that httpd_t may do
  lsmfs policy who-can --source=httpd_t --rules       the rules, which name attributes
  lsmfs policy who-can --policy=small '*' process ptrace
  lsmfs policy who-can --json shadow_t file write | jq -r '.access[].source'`,
  transitions: `
Examples:
  lsmfs policy transitions --from=httpd_t             domains that httpd_t can change to
  lsmfs policy transitions --to=httpd_t --rules       those that can change to it, and by which rules
  lsmfs policy transitions --from=user_t --to=passwd_t
  lsmfs policy transitions --from=user_t --to=passwd_t --steps=3 --json`,
  diff: `
Examples:
  lsmfs policy diff default mls --summary            how many statements differ
  lsmfs policy diff old.34 new.34                    which ones
  lsmfs policy diff default mls --only=users,roles
  lsmfs policy diff --json default mls | jq -r '.differences.allow.added.statements[].name'`,
} as const;

const POLICY = [
  '--policy <which>',
  'store, file or directory (default: what worlds have by default; in a world, /sys/fs/selinux/policy is the loaded one with its booleans)',
] as const;

const ABOUT_WHO_CAN = `

'*' is any target or class. Attributes are resolved to their types, a condition is told with the value that its booleans have in the file.
A type may do what its rules allow and no constraint, level or role forbids: \`lsmfs why\` decides a single access. More: docs/guides/policy-questions.md`;

const ABOUT_TRANSITIONS = `

With both ends the shortest paths are shown, with --steps all that have no more steps. A step is executing a file (the rules are process transition,
file execute and entrypoint, and type_transition or process setexec), or changing itself (dyntransition and setcurrent). Rules in
conditions count, also where the condition does not hold; the line says so then. More: docs/guides/policy-questions.md`;

const ABOUT_DIFF = `

+ is a statement of the other policy only, - one of the first only, ~ one that says something else there. Rules are compared type by type.
Exit status: 0 the policies say the same, 1 they do not, 125 one of them cannot be read.
More: docs/guides/policy-questions.md`;

/** Paths that are told when nothing is said. */
const LIMIT = 1000;
/** Statements, likewise: as many as anybody reads, and memory has room for. */
const DIFF_LIMIT = 100_000;

function parseNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('it must be a number from 1.');
  return Number(text);
}

export function addPolicyQuestions(group: Command): void {
  group
    .command('who-can')
    .description('show who may access a type, or what a type may access, by the allow rules')
    .argument('[type]', "type or attribute that is accessed; '*' = any")
    .argument('[class]', "class of the object; '*' = any")
    .argument('[permission...]', 'any of these permissions; without: all')
    .option('--source <type>', 'what this type, or the types of this attribute, may do')
    .option('--rules', 'show the rules as the policy has them')
    .option(...POLICY)
    .option('--json', 'print JSON')
    .addHelpText('after', QUESTION_EXAMPLES['who-can'] + ABOUT_WHO_CAN)
    .action(async (target: string | undefined, name: string | undefined, permissions: string[], flags: WhoCanFlags) => {
      const { report, text } = await policyAccess(flags.policy, {
        ...(flags.source !== undefined && { source: flags.source }),
        ...(target !== undefined && { target }),
        ...(name !== undefined && { class: name }),
        permissions,
        asWritten: flags.rules === true,
      });
      print(flags.json === true ? formatJson(report) : text);
    });
  group
    .command('transitions')
    .description(
      'show which domains a process can change to, or come from, or by which paths it gets from one to another',
    )
    .option('--from <type>', 'domain in which it starts')
    .option('--to <type>', 'domain in which it ends')
    .option('--steps <number>', 'all paths of up to so many steps (default: the shortest)', parseNumber)
    .option('--limit <number>', 'show no more paths', parseNumber, LIMIT)
    .option('--rules', 'show the rules of each step')
    .option(...POLICY)
    .option('--json', 'print JSON')
    .addHelpText('after', QUESTION_EXAMPLES.transitions + ABOUT_TRANSITIONS)
    .action(async ({ from, to, steps, limit, policy, rules, json }: TransitionFlags) => {
      const ends = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
      const question = { ...ends, ...(steps !== undefined && { steps }), limit, withRules: rules === true };
      const { report, text } = await policyTransitions(policy, question);
      print(json === true ? formatJson(report) : text);
    });
  group
    .command('diff')
    .description('show how a policy differs from another')
    .argument('<policy>', 'store, file or directory')
    .argument('<other>', 'the same, of the one that it became')
    .option('--only <sections>', 'compare these only, with commas between: types,allow', (text: string) =>
      text.split(','),
    )
    .option('--summary', 'show how many statements differ')
    .option(
      '--limit <number>',
      'show no more statements of a section that were added, removed or modified',
      parseNumber,
      DIFF_LIMIT,
    )
    .option('--json', 'print JSON')
    .addHelpText('after', QUESTION_EXAMPLES.diff + ABOUT_DIFF)
    .action(async (policy: string, other: string, { only = [], limit, summary = false, json }: DiffFlags) => {
      const { same, report, text } = await policyDifferences(policy, other, { sections: only, limit, summary });
      print(json === true ? formatJson(report) : text);
      if (!same) process.exitCode = EXIT_DIFFERENT;
    });
}
