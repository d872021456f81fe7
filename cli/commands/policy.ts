/** `lsmfs policy`: which SELinux policies there are, what is in them, and one file of what a distribution ships. */
import type { Command } from 'commander';
import { buildPolicy, type ListedPolicy, listPolicies, type ShownPolicy, showPolicy } from '../../world/index.ts';
import { print } from '../output.ts';
import { Progress } from '../progress.ts';
import { formatJson, formatTable } from '../table.ts';
import { addPolicyQuestions, QUESTION_EXAMPLES } from './policy-questions.ts';

const LISTS = ['booleans', 'capabilities', 'classes', 'users', 'roles', 'types', 'attributes'] as const;
type List = (typeof LISTS)[number];

interface ShowFlags extends Readonly<Partial<Record<List, boolean>>> {
  readonly json?: boolean;
}

interface BuildFlags {
  readonly output: string;
  readonly store?: string;
  readonly json?: boolean;
}

const EXAMPLES = {
  list: `
Examples:
  lsmfs policy list
  lsmfs policy list --json | jq -r '.[] | select(.chosen) | .file'`,
  show: `
Examples:
  lsmfs policy show                          the one that worlds have by default
  lsmfs policy show mls --booleans
  lsmfs policy show --types --json /etc/selinux/default/policy/policy.34`,
  build: `
Examples:
  lsmfs policy build /etc/selinux/default -o debian.lsmfs-policy
  lsmfs policy build selinux-policy-targeted-*.rpm -o fedora.lsmfs-policy
  lsmfs policy build base.cil mine.cil -o mine.lsmfs-policy
  lsmfs run --policy=fedora.lsmfs-policy -- id -Z`,
} as const;

const ABOUT =
  '\n\nA policy is named by its store in /etc/selinux, its directory or its file. More: docs/guides/policies.md';
const ABOUT_BUILD = `

A source is a store (/etc/selinux/TYPE), a tree that a package was unpacked to, a package (.rpm, .deb), or files in CIL and policy packages
(.cil, .pp). Policy, file contexts and all that programs read beside them come into one file. docs/guides/policies.md says what it needs.`;

export function addPolicy(program: Command): void {
  const group = program
    .command('policy')
    .description(
      'SELinux policies: which there are, what is in them and what they allow, one file of what a distribution ships',
    )
    .addHelpText(
      'after',
      [...Object.values(EXAMPLES), ...Object.values(QUESTION_EXAMPLES)].join('\n').replaceAll('\n\nExamples:', '') +
        ABOUT,
    );
  group
    .command('list')
    .description('show the policies of this machine and our own; * marks the one that worlds have by default')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES.list + ABOUT)
    .action(async ({ json }: { readonly json?: boolean }) => {
      const found = await listPolicies();
      print(json === true ? formatJson(found.map(listed)) : tableOf(found));
    });
  const show = group
    .command('show')
    .description('show what a policy consists of')
    .argument('[policy]', 'store, file or directory (default: what worlds have by default)')
    .option('--json', 'print JSON');
  for (const list of LISTS) show.option(`--${list}`, `only its ${list}, one in a line`);
  show.addHelpText('after', EXAMPLES.show + ABOUT).action(async (name: string | undefined, flags: ShowFlags) => {
    const shown = await showPolicy(name);
    print(flags.json === true ? formatJson(jsonOf(shown, flags)) : textOf(shown, flags));
  });
  addPolicyQuestions(group);
  group
    .command('build')
    .description('make one file of a policy and what belongs to it')
    .argument('<source...>', 'a store, an unpacked package, a package, or sources')
    .requiredOption('-o, --output <file>', 'the file to make')
    .option('--store <name>', 'which policy of a tree with several; name of the one that sources make')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES.build + ABOUT_BUILD)
    .action(async (sources: string[], { output, store, json }: BuildFlags) => {
      const progress = new Progress();
      const request = { sources, output, ...(store !== undefined && { store }) };
      const built = await buildPolicy({ ...request, progress: (text) => progress.show(text) }).finally(() =>
        progress.end(),
      );
      const { policy, ...facts } = built;
      if (json === true) return print(formatJson({ ...facts, version: policy.version, counts: policy.counts }));
      const { types, rules } = policy.counts;
      print(
        `${output}: policy ${built.store}, version ${policy.version}, ${types} types, ${rules} rules; ${built.files} files\n`,
      );
    });
}

/** In the place of a file whose path says nothing. */
const BUILT_IN = 'comes with lsmfs';
const HEADER = ['', 'NAME', 'VERSION', 'MLS', 'TYPES', 'RULES', 'FILE'];

function tableOf(found: readonly ListedPolicy[]): string {
  return formatTable(
    HEADER,
    found.map(({ name, file, own, chosen, policy, problem }) => [
      chosen ? '*' : '',
      name,
      ...(policy === undefined
        ? ['-', '-', '-', '-', problem ?? file]
        : [
            String(policy.version),
            yesNo(policy.mls),
            String(policy.counts.types),
            String(policy.counts.rules),
            own === true ? BUILT_IN : file,
          ]),
    ]),
  );
}

function listed({ policy, ...rest }: ListedPolicy): object {
  if (policy === undefined) return rest;
  const { version, mls, counts } = policy;
  return { ...rest, version, mls, counts };
}

function chosenLists(flags: ShowFlags): readonly List[] {
  return LISTS.filter((list) => flags[list] === true);
}

function jsonOf({ policy, ...facts }: ShownPolicy, flags: ShowFlags): object {
  const lists = chosenLists(flags);
  if (lists.length === 0) return { ...facts, ...policy };
  return Object.fromEntries(lists.map((list) => [list, policy[list]]));
}

function textOf({ file, store, packed, policy }: ShownPolicy, flags: ShowFlags): string {
  const lists = chosenLists(flags);
  const lines = (list: List): string[] =>
    list === 'booleans' ? policy.booleans.map(({ name, state }) => `${name} ${onOff(state)}`) : [...policy[list]];
  if (lists.length > 0)
    return lists
      .flatMap(lines)
      .map((line) => `${line}\n`)
      .join('');
  const on = policy.booleans.filter(({ state }) => state).length;
  const rows: readonly (readonly [string, string])[] = [
    ['policy', file],
    ...(store === undefined ? [] : ([['store', store]] as const)),
    ...(packed === undefined ? [] : ([['packed files', String(packed.length)]] as const)),
    ['version', String(policy.version)],
    ['MLS', yesNo(policy.mls)],
    ['unknown classes', policy.handleUnknown],
    ['capabilities', policy.capabilities.join(' ')],
    ...Object.entries(policy.counts).map(([name, count]): [string, string] => [name, String(count)]),
    ['booleans on', String(on)],
    ['user names', policy.users.join(' ')],
    ['role names', policy.roles.join(' ')],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${`${name.padEnd(width)}  ${value}`.trimEnd()}\n`).join('');
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}

function onOff(value: boolean): string {
  return value ? 'on' : 'off';
}
