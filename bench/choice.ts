/** What `--only` chooses: areas, and of an area with parts one of them, where it is done. */

export interface Choice {
  readonly area: string;
  /** A part of the names of what the area measures; absent = all. */
  readonly part?: string;
  /** A part of the names of where it is done. */
  readonly setting?: string;
}

/** @param text `AREA`, `AREA:PART` or `AREA:PART:SETTING`, several with commas between. */
export function choices(text: string): Choice[] {
  return text.split(',').map((one) => {
    const [area = '', part = '', setting = ''] = one.split(':');
    return { area, ...(part === '' ? {} : { part }), ...(setting === '' ? {} : { setting }) };
  });
}
