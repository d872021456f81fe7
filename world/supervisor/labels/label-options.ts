/**
 * Label options of mounts: the mount options that security modules consume before the filesystem sees the others (sb_eat_lsm_opts).
 */
import type { MountOptionNames } from '../../../lsm/framework/files/inode.ts';

export class LabelOptions {
  readonly #valued: ReadonlySet<string>;
  readonly #flags: ReadonlySet<string>;
  /** One option with the comma before it; the value may be in quotes and then have commas. */
  readonly #pattern: RegExp;

  constructor({ valued, flags }: MountOptionNames) {
    this.#valued = new Set(valued);
    this.#flags = new Set(flags);
    const alternatives = [
      ...(valued.length === 0 ? [] : [`(?:${valued.join('|')})=(?:"[^"]*"|[^,]*)`]),
      ...(flags.length === 0 ? [] : [`(?:${flags.join('|')})(?=,|$)`]),
    ];
    this.#pattern = new RegExp(alternatives.length === 0 ? '(?!)' : `(^|,)(?:${alternatives.join('|')})`, 'g');
  }

  /** Does any module of the world have such options? */
  get exist(): boolean {
    return this.#valued.size > 0;
  }

  hasValue(name: string): boolean {
    return this.#valued.has(name);
  }

  /** `seclabel`: ignored as input; the kernel shows it for mounts whose files can be labelled. */
  isFlag(name: string): boolean {
    return this.#flags.has(name);
  }

  /** Is there nothing else in the options? */
  areAll(data: string): boolean {
    const withoutQuoted = data.replace(/="[^"]*"/g, '=');
    return withoutQuoted.split(',').every((option) => {
      const [name = '', ...value] = option.split('=');
      return option === '' || (value.length === 0 ? this.isFlag(name) : this.hasValue(name));
    });
  }

  /** The other options; `undefined` when there are none of these. */
  without(data: string): string | undefined {
    const rest = data.replace(this.#pattern, '').replace(/^,/, '');
    return rest === data ? undefined : rest;
  }

  /** Those with a value, in their order: name and value without quotes. */
  in(data: string): [string, string][] {
    return [...data.matchAll(this.#pattern)].flatMap(([option]): [string, string][] => {
      const [, name = '', value = ''] = /^,?(\w+)=(.*)$/.exec(option) ?? [];
      return name === '' ? [] : [[name, value.replaceAll('"', '')]];
    });
  }
}
