/** What the values of options and arguments can be: from their choices, from their placeholders, and for some by name. */
import type { Argument, Option } from 'commander';
import { listWorlds, policyNames, showPolicy, versions, WorldError } from '../../world/index.ts';

export interface Value {
  readonly value: string;
  readonly about?: string;
}

/** Where further values come from. The shell knows files, directories and commands. */
export type Further = 'nothing' | 'files' | 'directories' | 'command';

export interface Values {
  readonly values: readonly Value[];
  readonly further: Further;
  /** The word is a list of them, separated by commas. */
  readonly list?: true;
  /** The value goes on. */
  readonly goesOn?: true;
}

/** Values of options that were given before, by long name. */
export type Given = ReadonlyMap<string, string>;

type Source = (given: Given) => Promise<Values> | Values;

const only = (...values: readonly string[]): Values => ({
  values: values.map((value) => ({ value })),
  further: 'nothing',
});
const FREE: Source = () => only();
const FILES: Source = () => ({ values: [], further: 'files' });
const DIRECTORIES: Source = () => ({ values: [], further: 'directories' });

const worlds: Source = async () => ({
  values: (await listWorlds()).map(({ name, state, command }) => ({
    value: name,
    about: [state, ...command].join(' '),
  })),
  further: 'nothing',
});

const modules: Source = async () => ({ ...only(...(await versions()).modules), list: true });
const families: Source = async () => ({ ...only(...(await versions()).mediation, 'all', 'default'), list: true });

const loadedPolicies: Source = async () => ({
  values: [
    { value: 'auto', about: 'that of /etc/selinux/config, else small' },
    { value: 'small', about: 'our own' },
    { value: 'none' },
    ...(await policyNames()).flatMap(({ directory }) => (directory === undefined ? [] : [{ value: directory }])),
  ],
  further: 'files',
});
const shownPolicies: Source = async () => ({
  values: (await policyNames()).map(({ name, directory }) => ({ value: name, about: directory ?? 'comes with lsmfs' })),
  further: 'files',
});

/** Of the policy that was named, or that worlds have by default; nothing where it cannot be read. */
const namesIn =
  (...lists: readonly ('types' | 'attributes' | 'classes')[]): Source =>
  async (given) => {
    try {
      const { policy } = await showPolicy(given.get('--policy') || undefined);
      return only(...lists.flatMap((list) => policy[list]));
    } catch (error) {
      if (!(error instanceof WorldError)) throw error;
      return only();
    }
  };
const typesAndAttributes = namesIn('types', 'attributes');

/** By option; where a command has another meaning for it: by both. */
const OF_OPTION: Readonly<Record<string, Source>> = {
  '--lsm': modules,
  '--security': async () => only(...(await versions()).modules),
  '--mediate': families,
  '--policy': loadedPolicies,
  'why --policy': FILES,
  'who-can --policy': shownPolicies,
  'transitions --policy': shownPolicies,
  '--world': worlds,
  '--context': () => only('login', 'kernel'),
  '--file-contexts': () => ({ ...only('none'), further: 'files' }),
  '--tpm-banks': () => ({ ...only('sha1', 'sha256', 'sha384', 'sha512'), list: true }),
  '--pcrs': () => only('sha1', 'sha256', 'sha384', 'sha512'),
  'ima --file': FILES,
  '--fail-on': () => ({ ...only('denials', 'new-denials='), goesOn: true }),
};

/** By what stands for the value; what is not here is asked for above. */
const OF_PLACEHOLDER: Readonly<Record<string, Source>> = {
  file: FILES,
  '[root:]file': FILES,
  place: FILES,
  path: FILES,
  source: FILES,
  target: FILES,
  dir: DIRECTORIES,
  directory: DIRECTORIES,
  world: worlds,
  policy: shownPolicies,
  other: shownPolicies,
  type: typesAndAttributes,
  class: namesIn('classes'),
  command: () => ({ values: [], further: 'command' }),
  // What only the user knows.
  ...Object.fromEntries(
    [
      'name',
      'name[=value]',
      'bank,file',
      'number',
      'seconds',
      'fd',
      'id',
      'pid',
      'old',
      'new',
      'permission',
      'sections',
    ].map((word) => [word, FREE]),
  ),
};

/** @returns undefined where nothing is known: a defect, which a test finds. */
export function optionSource(command: string, option: Option): Source | undefined {
  const { argChoices, long, flags } = option;
  if (argChoices !== undefined) return () => only(...argChoices);
  const [, placeholder = ''] = /[<[](.*)[>\]]$/.exec(flags) ?? [];
  return OF_OPTION[`${command} ${long}`] ?? OF_OPTION[long ?? ''] ?? OF_PLACEHOLDER[placeholder];
}

export function argumentSource(argument: Argument): Source | undefined {
  const { argChoices } = argument;
  if (argChoices !== undefined) return () => only(...argChoices);
  return OF_PLACEHOLDER[argument.name()];
}
