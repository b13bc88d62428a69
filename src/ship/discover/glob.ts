/** One part of a pattern, between two slashes. */
export type GlobPart = '**' | { text: string } | { matches: RegExp };

const special = /[*?[\]{}\\]/;

/** What stands in front of the first part that isn't plain, or of the last one, up to its slash; and the rest. */
export function splitGlob(pattern: string): { head: string; rest: string } {
  const parts = pattern.split('/');
  const first = parts.findIndex((part) => special.test(part));
  const count = first < 0 ? parts.length - 1 : first;
  const head = parts.slice(0, count).map((part) => `${part}/`);
  return { head: head.join(''), rest: parts.slice(count).join('/') };
}

/** A path as a pattern of nothing else. */
export function quoteGlob(path: string): string {
  return path.replaceAll(/[*?[\]{}\\]/g, '\\$&');
}

/** `*`, `?`, `[a-z]`, `{a,b}` within a part, `**` for any number of parts; `\` takes a sign as it stands. */
export function parseGlob(pattern: string): GlobPart[] {
  return pattern
    .split('/')
    .filter((part) => part !== '')
    .map((part) => {
      if (part === '**') return '**';
      if (!special.test(part)) return { text: part };
      return { matches: new RegExp(`^${expression(part)}$`, 's') };
    });
}

/** Matches a whole path, for patterns that leave out. One without a slash is asked of the file name. */
export function pathMatcher(patterns: readonly string[]): (path: string) => boolean {
  const whole = patterns.filter((one) => one.includes('/')).map(toExpression);
  const names = patterns.filter((one) => !one.includes('/')).map((one) => new RegExp(`^${expression(one)}$`, 's'));
  return (path) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    return whole.some((one) => one.test(path)) || names.some((one) => one.test(name));
  };
}

function toExpression(pattern: string): RegExp {
  const parts = pattern.split('/');
  const text = parts.map((part, index) => {
    const last = index === parts.length - 1;
    if (part === '**') return last ? '.*' : '(?:[^/]+/)*';
    return expression(part) + (last ? '' : '/');
  });
  return new RegExp(`^${text.join('')}$`, 's');
}

function expression(part: string): string {
  let text = '';
  let braces = 0;
  for (let i = 0; i < part.length; i++) {
    const sign = part.charAt(i);
    const set = sign === '[' ? /^\[([!^]?)(\]?[^\]]*)\]/.exec(part.slice(i)) : null;
    if (set) {
      text += `[${set[1] ? '^' : ''}${(set[2] ?? '').replaceAll(/[\\\]^]/g, '\\$&')}]`;
      i += set[0].length - 1;
    } else if (sign === '*') text += '[^/]*';
    else if (sign === '?') text += '[^/]';
    else if (sign === '{' && part.includes('}', i)) {
      braces++;
      text += '(?:';
    } else if (sign === '}' && braces > 0) {
      braces--;
      text += ')';
    } else if (sign === ',' && braces > 0) text += '|';
    else text += (sign === '\\' ? part.charAt(++i) : sign).replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  }
  return text;
}
