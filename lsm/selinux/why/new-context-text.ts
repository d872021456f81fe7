/** The answers of `lsmfs why --query=...` for people: a new context field by field, and rules that forbid a relabelling. */
import type { NewContextField, NewContextReport, RelabelReport } from './report.ts';
import { constraintLines, formatCondition } from './text.ts';

export function formatNewContext(report: NewContextReport, enforcing: boolean | undefined): string {
  const width = Math.max(...report.fields.map(({ value }) => value.length));
  const lines = report.fields.flatMap((field) => formatField(report, field, width));
  return `${[report.context ?? 'no context: the ranges have nothing in common', ...lines, ...verdict(report, enforcing)].join('\n')}\n`;
}

function formatField(report: NewContextReport, field: NewContextField, width: number): string[] {
  const told = field.rule ?? origin(report, field);
  const line = `  ${field.field.padEnd(5)}  ${field.value.padEnd(width)}  ${told}`;
  return [
    line,
    ...(field.condition === undefined ? [] : [`${' '.repeat(11 + width)}${formatCondition(field.condition)}`]),
  ];
}

/** Whose it is when no rule says anything. */
function origin({ query }: NewContextReport, { field, from }: NewContextField): string {
  switch (from) {
    case 'source':
    case 'target':
      return `of the ${from}${field === 'type' ? ': no rule says otherwise' : query === 'member' ? ', whose member it is' : ''}`;
    case 'creator':
      return 'of the source, as processes and sockets have it';
    case 'object_r':
      return 'the role of all objects';
    default:
      return 'the low level of the source';
  }
}

function verdict({ context, valid }: NewContextReport, enforcing: boolean | undefined): string[] {
  if (valid || context === undefined) return [];
  const then =
    enforcing === undefined
      ? 'EACCES when enforcing, used when permissive'
      : enforcing
        ? 'EACCES'
        : 'used while the world is permissive';
  return [`the policy does not admit this context: ${then}`];
}

export function formatRelabel({ allowed, rules, constraints }: RelabelReport): string {
  const told =
    rules === 0
      ? ['  no validatetrans rule is about this class']
      : [`  ${rules - constraints.length} of ${rules} rules hold`];
  const forbidding = constraints.flatMap((constraint) => constraintLines(constraint)).map((line) => `  ${line}`);
  return `${[allowed ? 'allowed' : 'denied', ...told, ...forbidding].join('\n')}\n`;
}
