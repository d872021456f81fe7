/** A field of an audit record: its text without quotes; hexadecimal stays as it is. `seperms` are several words. */
export type AuditFields = Readonly<Record<string, string | readonly string[]>>;

/** The verdict of an AVC record, by the names that auparse gives its parts. */
const AVC = /^avc: {2}(denied|granted) {2}(?:\{ ([^}]*)\} for|null) /;
const FIELD = /(?:^| )([A-Za-z][\w-]*)=("[^"]*"|'[^']*'|[^ ]*)/g;

export function auditFields(body: string): AuditFields {
  const [verdict = '', seresult, permissions = ''] = AVC.exec(body) ?? [];
  const fields: [string, string | readonly string[]][] =
    seresult === undefined
      ? []
      : [
          ['seresult', seresult],
          ['seperms', permissions.split(' ').filter((word) => word !== '')],
        ];
  for (const [, name = '', value = ''] of body.slice(verdict.length).matchAll(FIELD)) {
    fields.push([name, /^["']/.test(value) ? value.slice(1, -1) : value]);
  }
  return Object.fromEntries(fields);
}
