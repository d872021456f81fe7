/** `lsmfs policy who-can` and `transitions`: what the rules of a policy say, without a world. */
import { type Command, InvalidArgumentError } from 'commander';
import { policyAccess, policyTransitions } from '../../world/index.ts';
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

/** Paths that are told when nothing is said. */
const LIMIT = 1000;

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
}
