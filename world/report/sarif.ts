/**
 * `denials.sarif`: the refusals as SARIF 2.1.0, for code scanning and editors. Each is located at its first record in `log.jsonl`, as
 * there is no source file to point to.
 */
import { keyOf, titleOf } from './refusal.ts';
import { type RunResult, shownInLine, times } from './run-result.ts';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';
/** Name of the fingerprint by which `--fail-on=new-denials` knows a refusal again. */
export const FINGERPRINT = 'lsmfsRefusal/v1';
const LOG = 'log.jsonl';

export function sarifOf(result: RunResult) {
  const { version, refusals, others, status, command } = result;
  const modules = [...new Set(refusals.map(({ module }) => module))];
  return {
    $schema: SCHEMA,
    version: '2.1.0' as const,
    runs: [
      {
        tool: {
          driver: {
            name: 'lsmfs',
            version,
            rules: modules.map((module) => ({
              id: `${module}/refusal`,
              shortDescription: { text: `An access that ${module} refused, or recorded and let through` },
            })),
          },
        },
        invocations: [
          {
            executionSuccessful: status === 0,
            exitCode: status,
            commandLine: shownInLine(command.join(' ')),
          },
        ],
        columnKind: 'utf16CodeUnits' as const,
        results: refusals.map((refusal) => {
          const { module, count, permissive, subject, object, kind, access, line, record, why = '' } = refusal;
          return {
            ruleId: `${module}/refusal`,
            ruleIndex: modules.indexOf(module),
            kind: 'fail' as const,
            level: permissive ? ('note' as const) : ('error' as const),
            message: {
              text: [
                `${shownInLine(titleOf(refusal))}: ${permissive ? 'recorded and let through' : 'refused'}, ${times(count)}`,
                ...why.split('\n').map(shownInLine),
              ].join('\n'),
            },
            occurrenceCount: count,
            partialFingerprints: { [FINGERPRINT]: keyOf(refusal) },
            locations: [
              {
                physicalLocation: { artifactLocation: { uri: LOG }, region: { startLine: line } },
                logicalLocations: [{ name: shownInLine(object), kind: 'resource' }],
              },
            ],
            properties: {
              ...{ module, permissive, subject: shownInLine(subject), object: shownInLine(object) },
              ...{ class: shownInLine(kind), access: shownInLine(access), record: shownInLine(record) },
            },
          };
        }),
        ...(others === 0 ? {} : { properties: { recordsOfFurtherRefusals: others } }),
      },
    ],
  };
}
