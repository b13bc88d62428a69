/** Something of unknown shape, as the API or a file has it. */
export type Raw = Readonly<Record<string, unknown>>;

export const text = (value: unknown) => (typeof value === 'string' ? value : '');
export const list = (value: unknown): Raw[] => (Array.isArray(value) ? value.map(map) : []);

export function map(value: unknown): Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : {};
}

/** The texts of a mapping; other values are left out. */
export function texts(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(map(value)).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}
