/** `lsmfs policy who-can`: what the rules of a policy say, without a world. */
import type { Command } from 'commander';
import { policyAccess } from '../../world/index.ts';
import { print } from '../output.ts';
import { formatJson } from '../table.ts';

interface WhoCanFlags {
  readonly source?: string;
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
} as const;

const POLICY = [
  '--policy <which>',
  'store, file or directory (default: what worlds have by default; in a world, /sys/fs/selinux/policy is the loaded one with its booleans)',
] as const;

const ABOUT_WHO_CAN = `

'*' is any target or class. Attributes are resolved to their types, a condition is told with the value that its booleans have in the file.
A type may do what its rules allow and no constraint, level or role forbids: \`lsmfs why\` decides a single access. More: docs/guides/policy-questions.md`;

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
}
