/** JSON text in which lone surrogates are replaced by U+FFFD and characters beyond the BMP stay as they are. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, wellFormed, indent);
}

function wellFormed(_key: string, value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const keys = Object.keys(value);
  if (keys.every((key) => key.isWellFormed())) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key.toWellFormed(), part]));
}
