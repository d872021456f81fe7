/**
 * Templates: which fields an entry of the measurement list has (security/integrity/ima/ima_template.c).
 */

export const FIELD_IDS = [
  'd',
  'n',
  'd-ng',
  'd-ngv2',
  'n-ng',
  'sig',
  'buf',
  'd-modsig',
  'modsig',
  'evmsig',
  'iuid',
  'igid',
  'imode',
  'xattrnames',
  'xattrlengths',
  'xattrvalues',
  'ns',
] as const;
export type FieldId = (typeof FIELD_IDS)[number];

export interface Template {
  /** Empty for one that is given by its format. */
  readonly name: string;
  /** Field ids joined with `|`. */
  readonly format: string;
  readonly fields: readonly FieldId[];
}

/** TEMPLATE_NUM_FIELDS_MAX */
const MOST_FIELDS = 15;
/** IMA_TEMPLATE_FIELD_ID_MAX_LEN */
const LONGEST_ID = 16;

/** Of Linux 6.12. */
export const MAINLINE_TEMPLATES: readonly Template[] = [
  builtin('ima', ['d', 'n']),
  builtin('ima-ng', ['d-ng', 'n-ng']),
  builtin('ima-sig', ['d-ng', 'n-ng', 'sig']),
  builtin('ima-ngv2', ['d-ngv2', 'n-ng']),
  builtin('ima-sigv2', ['d-ngv2', 'n-ng', 'sig']),
  builtin('ima-buf', ['d-ng', 'n-ng', 'buf']),
  builtin('ima-modsig', ['d-ng', 'n-ng', 'sig', 'd-modsig', 'modsig']),
  builtin('evm-sig', ['d-ng', 'n-ng', 'evmsig', 'xattrnames', 'xattrlengths', 'xattrvalues', 'iuid', 'igid', 'imode']),
];

/**
 * With one more, of kernels with IMA namespaces that measure (stefanberger/linux-ima-namespaces): its first field is the namespace of who
 * used the file. What the field is called there is not known.
 */
export const NAMESPACE_TEMPLATES: readonly Template[] = [
  ...MAINLINE_TEMPLATES,
  builtin('ima-ns', ['ns', 'd-ng', 'n-ng']),
];

function builtin(name: string, fields: readonly FieldId[]): Template {
  return { name, format: fields.join('|'), fields };
}

export function builtinTemplate(name: string, known = MAINLINE_TEMPLATES): Template | undefined {
  return known.find((template) => template.name === name);
}

/** As the lists show it. */
export function templateName({ name, format }: Template): string {
  return name === '' ? format : name;
}

/** One that ima_template_fmt= gives; `undefined` when a field is not known, or there are too many. */
export function customTemplate(format: string, known = MAINLINE_TEMPLATES): Template | undefined {
  const ids = format.split('|');
  const supported = FIELD_IDS.filter((id) => known.some((template) => template.fields.includes(id)));
  const fields = ids.flatMap((id) => supported.filter((field) => field === id));
  if (ids.some((id) => id.length > LONGEST_ID) || fields.length !== ids.length || ids.length > MOST_FIELDS)
    return undefined;
  return { name: '', format, fields };
}

export class Templates {
  /** Of entries whose rule names no other. */
  readonly current: Template;
  readonly #known: readonly Template[];

  constructor(current: Template, known = MAINLINE_TEMPLATES) {
    this.current = current;
    this.#known = current.name === '' ? [...known, current] : known;
  }

  /** By name or format. */
  find(text: string): Template | undefined {
    return this.#known.find(({ name, format }) => name === text || format === text);
  }

  /** Of data that is no file. */
  get buffer(): Template {
    return builtinTemplate('ima-buf') ?? this.current;
  }
}
