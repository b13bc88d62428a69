const known = new Set<string>();

/** Names a text that must never be logged or printed; very short ones are left out, they would mask everything. */
export function keepSecret(secret: string): void {
  if (secret.length >= 4) known.add(secret);
}

/** The text with every known secret replaced by `***`: the one gate before logs and terminals. */
export function mask(text: string): string {
  let masked = text;
  for (const secret of known) {
    masked = masked.replaceAll(secret, '***').replaceAll(JSON.stringify(secret).slice(1, -1), '***');
  }
  return masked;
}
