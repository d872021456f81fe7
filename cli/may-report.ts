/** Asked before the command line is read: a run that is reported or detached starts its daemon later, in another process. */

/** May these arguments of `run` ask for a report, or to be detached? What asks for none may be taken to do so. */
export function mayReport(args: readonly string[]): boolean {
  const [, first = ''] = args;
  if (first.startsWith('--reporter=') || first.startsWith('--detached=')) return false;
  return inGithub() !== undefined || args.some((word) => /^--(?:report|fail-on)(?:=|$)|^--detach$|^-d$/.test(word));
}

/** @returns the file for the summary of this step, when we run in GitHub Actions. */
export function inGithub(): { readonly stepSummary: string | undefined } | undefined {
  const { GITHUB_ACTIONS, GITHUB_STEP_SUMMARY } = process.env;
  return GITHUB_ACTIONS === 'true' ? { stepSummary: GITHUB_STEP_SUMMARY } : undefined;
}
