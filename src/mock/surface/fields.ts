/** Fields of a foreign JSON object, by JSON name or by proto name. */

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `inputConfig`, or else `input_config`. */
export function field(fields: Fields, name: string): unknown {
  const value = fields[name];
  return value === undefined ? fields[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] : value;
}

export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/** A list, or the only element of one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
}

/** null: not a text, or an empty one. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** null: no JSON object. */
export function parsed(text: string): Fields | null {
  try {
    const value: unknown = text === '' ? {} : JSON.parse(text);
    return isFields(value) ? value : null;
  } catch {
    return null;
  }
}
