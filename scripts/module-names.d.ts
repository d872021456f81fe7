export function namesIn(file: string): string[];
export function moduleNameProblems(): string[];
