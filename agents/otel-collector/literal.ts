/**
 * The same value with each `$` doubled in all its texts: the collector expands `${env:X}`, `${file:/path}` and the like
 * wherever they stand, in any configuration file (confmap, "expandValue"), and takes `$$` for a dollar.
 */
export function literal(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$', '$$$$');
  if (Array.isArray(value)) return value.map(literal);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, literal(part)]));
}

/**
 * A text of a resource without what the receiver would evaluate, `EXPR(…)`, even to the collector's own variables; there
 * is no escape for it (contrib, pkg/stanza/operator/helper/expr_string.go), so a space comes before the bracket.
 */
export function withoutExpression(text: string): string {
  return text.replaceAll('EXPR(', 'EXPR (');
}
