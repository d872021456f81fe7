export function offences(text: string): { readonly line: number; readonly what: string }[];
