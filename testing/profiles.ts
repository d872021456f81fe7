import { loadWorlds } from './program.ts';

/**
 * AppArmor profiles in text as createWorld() takes them. The apparmor_parser(8) of the machine compiles them. Where it is not
 * installed, the error says so; an error of the text has what the parser says.
 */
export async function compileProfiles(text: string): Promise<Uint8Array> {
  return (await loadWorlds()).compileProfileText(text);
}
