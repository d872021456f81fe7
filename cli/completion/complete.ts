/** What can stand where the cursor is: the same for all shells. */
import type { Command, Option } from 'commander';
import { argumentSource, type Further, type Given, optionSource, type Value, type Values } from './values.ts';

export interface Completion {
  /** Whole words. */
  readonly values: readonly Value[];
  readonly further: Further;
  /** Nothing is to be added after the word. */
  readonly goesOn: boolean;
  /** With `further: 'command'`: how many of the words are before the command. */
  readonly skip: number;
}

const NOTHING: Completion = { values: [], further: 'nothing', goesOn: false, skip: 0 };

/** @param words after `lsmfs`; the last one, which may be empty, ends at the cursor. */
export async function complete(program: Command, words: readonly string[]): Promise<Completion> {
  const place = read(program, words.slice(0, -1));
  const current = words.at(-1) ?? '';
  const { command, awaiting, onlyArguments } = place;
  if (awaiting !== undefined) return ofValues(await optionSource(command.name(), awaiting)?.(place.given), current, '');
  if (!onlyArguments && current.startsWith('-')) {
    const [, name = '', value] = /^(--[^=]+)=(.*)$/s.exec(current) ?? [];
    if (value === undefined) return options(place, current);
    const option = command.options.find(({ long }) => long === name);
    return option === undefined
      ? NOTHING
      : ofValues(await optionSource(command.name(), option)?.(place.given), value, `${name}=`);
  }
  if (command.commands.length > 0) return commands(command, current);
  return ofArgument(place, current, words.length - 1);
}

interface Place {
  readonly command: Command;
  /** The option whose value comes next. */
  readonly awaiting: Option | undefined;
  /** Values by the long names of options that were given; '' where there is none. */
  readonly given: Given;
  /** Number of arguments so far. */
  readonly position: number;
  /** After `--`, or after the first argument of a command that runs another. */
  readonly onlyArguments: boolean;
  /** Index of the first word of the command that this one runs. */
  readonly commandAt: number | undefined;
}

function read(program: Command, words: readonly string[]): Place {
  let command = program;
  let awaiting: Option | undefined;
  let onlyArguments = false;
  let dashes = false;
  let position = 0;
  let commandAt: number | undefined;
  const given = new Map<string, string>();
  for (const [index, word] of words.entries()) {
    if (awaiting !== undefined) {
      given.set(awaiting.long ?? '', word);
      awaiting = undefined;
    } else if (word === '--' && !dashes && commandAt === undefined) {
      dashes = true;
      onlyArguments = true;
    } else if (!onlyArguments && word.startsWith('-')) {
      const [name = '', value] = word.split('=');
      const option = command.options.find(({ long, short }) => long === name || short === name);
      given.set(option?.long ?? '', value ?? '');
      if (option?.required === true && value === undefined) awaiting = option;
    } else if (position === 0 && command.commands.some((inner) => inner.name() === word)) {
      command = command.commands.find((inner) => inner.name() === word) ?? command;
      given.clear();
    } else {
      if (runsAnother(command)) {
        onlyArguments = true;
        if (position === command.registeredArguments.length - 1) commandAt = index;
      }
      position++;
    }
  }
  return { command, awaiting, given, position, onlyArguments, commandAt };
}

function runsAnother(command: Command): boolean {
  return command.registeredArguments.at(-1)?.name() === 'command';
}

function options({ command, given }: Place, current: string): Completion {
  const help = command.createHelp();
  const values = help
    .visibleOptions(command)
    .filter(({ long, description }) => !given.has(long ?? '') || description.includes('repeatable'))
    .map((option): Value => {
      const name = option.long ?? option.short ?? '';
      return { value: option.required ? `${name}=` : name, about: option.description };
    })
    .filter(({ value }) => value.startsWith(current));
  return { ...NOTHING, values, goesOn: values.length > 0 && values.every(({ value }) => value.endsWith('=')) };
}

function commands(command: Command, current: string): Completion {
  const values = command
    .createHelp()
    .visibleCommands(command)
    .map((inner) => ({ value: inner.name(), about: inner.description() }));
  return { ...NOTHING, values: values.filter(({ value }) => value.startsWith(current)) };
}

async function ofArgument({ command, given, position, commandAt }: Place, current: string, index: number) {
  // `why --last` has the name of a world for its only argument.
  if (given.has('--last')) {
    const world = command.options.find(({ long }) => long === '--world');
    return position > 0 || world === undefined
      ? NOTHING
      : ofValues(await optionSource('', world)?.(given), current, '');
  }
  const known = command.registeredArguments;
  const argument = known[position] ?? (known.at(-1)?.variadic === true ? known.at(-1) : undefined);
  if (argument === undefined) return NOTHING;
  return { ...ofValues(await argumentSource(argument)?.(given), current, ''), skip: commandAt ?? index };
}

function ofValues(found: Values | undefined, current: string, prefix: string): Completion {
  if (found === undefined) return NOTHING;
  const { values, further, list, goesOn = false } = found;
  const done = list === true ? current.slice(0, current.lastIndexOf(',') + 1) : '';
  const before = done.split(',');
  const fitting = values
    .filter(({ value }) => !before.includes(value))
    .map(({ value, about }) => ({ value: `${prefix}${done}${value}`, ...(about !== undefined && { about }) }))
    .filter(({ value }) => value.startsWith(`${prefix}${current}`));
  return {
    ...NOTHING,
    values: fitting,
    further,
    goesOn: list === true || (goesOn && fitting.every(({ value }) => value.endsWith('='))),
  };
}
