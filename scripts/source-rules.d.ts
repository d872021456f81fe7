export function abiNumbers(directory?: string): ReadonlyMap<string, readonly string[]>;
export function sourceProblems(files: readonly string[], declared?: ReadonlyMap<string, readonly string[]>): string[];
