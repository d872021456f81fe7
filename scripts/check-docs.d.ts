export function anchors(text: string): string[];
export function linkProblems(root?: string): string[];
