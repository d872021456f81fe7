/** The answers of `lsmfs why` for people: a verdict per line, what decided below it. */
import type { PolicyBound } from './bounds.ts';
import type { WhyAnswer, WhyCondition, WhyConstraint, WhyReason, WhyReport, WhyRule, WhyTerm } from './report.ts';

/**
 * @param enforcing of the world; `undefined` when a file was asked.
 * @param bounds namespaces that decide besides.
 */
export function formatWhy(
  report: WhyReport,
  enforcing: boolean | undefined,
  bounds: readonly PolicyBound[] = [],
): string {
  const answers = report.answers.flatMap((answer) => formatAnswer(report, answer));
  return `${[...answers, ...footnotes(report, enforcing), ...bounds.map(formatBound)].join('\n')}\n`;
}

function formatBound({ namespace, context, enforcing }: PolicyBound): string {
  return `namespace ${namespace} (${enforcing ? 'enforcing' : 'permissive'}) is asked, too: in it the process is ${context}`;
}

function formatAnswer(report: WhyReport, answer: WhyAnswer): string[] {
  const head = `${answer.allowed ? 'allowed' : 'denied'}  ${answer.permissions.join(' ')}`;
  const body = answer.reasons.flatMap((reason) => formatReason(report, reason));
  return [head, ...body, ...logging(answer), ...remedies(answer)].map((line, index) =>
    index === 0 ? line : `  ${line}`,
  );
}

function formatReason(report: WhyReport, reason: WhyReason): string[] {
  switch (reason.kind) {
    case 'allow-rule':
    case 'command-rule':
      return formatRule(report, reason);
    case 'no-allow-rule':
      return [
        `no allow rule${reason.inactive.length > 0 ? ' is in force; with other booleans:' : ''}`,
        ...indent(reason.inactive.flatMap((rule) => formatRule(report, rule))),
      ];
    case 'constraint':
      return constraintLines(reason);
    case 'role-allow':
      return [`role allow: ${reason.rule}`];
    case 'no-role-allow':
      return [`no role allow: ${reason.rule}`];
    case 'bounds':
      return [
        `bounds: ${reason.type}, which bounds the source type, may not do it`,
        ...indent(reason.reasons.flatMap((inner) => formatReason({ ...report, ...reason }, inner))),
      ];
    case 'command':
      return [
        `no rule allows the command ${reason.command}; ${reason.base} is limited to:`,
        ...indent(
          reason.rules.length > 0
            ? reason.rules.flatMap((rule) => formatRule(report, rule))
            : ['nothing, because of:', ...indent(reason.closedBy.flatMap((rule) => formatRule(report, rule)))],
        ),
      ];
    case 'unknown':
      return [`${reason.what} is not in the policy, whose handle_unknown says ${reason.handleUnknown}`];
    case 'permissive-neveraudit':
      return [`${reason.type} is a permissive and a neveraudit type: the policy is not consulted`];
  }
}

function formatRule(report: WhyReport, { rule, source, target, condition }: WhyRule): string[] {
  const via = [
    source === typeOf(report.source) ? [] : [`source: ${typeOf(report.source)} has ${source}`],
    target === typeOf(report.target) ? [] : [`target: ${typeOf(report.target)} has ${target}`],
  ].flat();
  return [
    rule,
    ...(via.length > 0 ? [`  ${via.join('; ')}`] : []),
    ...(condition === undefined ? [] : [`  ${formatCondition(condition)}`]),
  ];
}

export function constraintLines({ constraint, terms }: WhyConstraint): string[] {
  return [`constraint: ${constraint}`, ...indent(terms.map(formatTerm))];
}

export function formatCondition({ expression, value, when, booleans }: WhyCondition): string {
  const values = Object.entries(booleans).map(([name, on]) => `${name}=${on ? 'on' : 'off'}`);
  const told = values.join(' ');
  if (value === when) return `because (${expression}) is ${when}: ${told}`;
  return `only while (${expression}) is ${when}; it ${value === null ? 'has no value' : `is ${value}`}: ${told}`;
}

function formatTerm({ term, holds, values }: WhyTerm): string {
  const compared = Object.entries(values).map(([name, value]) => `${name} is ${value}`);
  return `${holds ? 'true ' : 'false'}  ${term}  (${compared.join(', ')})`;
}

function logging({ allowed, logged, logging: rules }: WhyAnswer): string[] {
  if (allowed) return logged ? [`logged: ${rules.map(({ rule }) => rule).join(' ')}`] : [];
  return logged ? [] : [`not logged${rules.length > 0 ? `: ${rules.map(({ rule }) => rule).join(' ')}` : ''}`];
}

function remedies({ remedies: all }: WhyAnswer): string[] {
  if (all.length === 0) return [];
  return [`to allow it${all.length > 1 ? ', one of' : ''}:`, ...indent(all)];
}

function footnotes(report: WhyReport, enforcing: boolean | undefined): string[] {
  const never = report.neveraudit
    ? [`nothing that ${typeOf(report.source)} does is logged: it is a neveraudit type`]
    : [];
  return [...never, ...permissiveness(report, enforcing)];
}

function permissiveness({ allowed, permissive, source }: WhyReport, enforcing: boolean | undefined): string[] {
  if (allowed) return [];
  if (permissive) return [`${typeOf(source)} is a permissive type: denied permissions are granted`];
  return enforcing === false ? ['the world is permissive: denied permissions are granted'] : [];
}

function typeOf(context: string): string {
  return context.split(':')[2] ?? '';
}

const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
