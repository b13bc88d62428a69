/** Says what is wrong with a value, or returns undefined. */
export type Check = (value: unknown) => string | undefined;

/** Checks the items of a list; tells of the first that is wrong. */
export function each(check: (item: string) => string | undefined): Check {
  return (value) => {
    for (const item of value as readonly string[]) {
      const wrong = check(item);
      if (wrong) return `has "${item}", which ${wrong}`;
    }
    return undefined;
  };
}

// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
const key = '(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?';
const value = '(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?)?';
const label = new RegExp(`^${key}$`);
const selector = new RegExp(`^(?:!?\\s*${key}|${key}\\s*(?:!=|==?)\\s*${value})$`);

export function checkLabel(name: string): string | undefined {
  if (name === 'true' || name === 'false') return 'is no label: name the labels, or leave it empty to ask for none';
  return label.test(name) ? undefined : 'is no name of a label';
}

export function checkSelector(text: string): string | undefined {
  return selector.test(text) ? undefined : 'is no selector; there are app=web, app!=web, app and !app';
}

export function checkPattern(text: string): string | undefined {
  return /^[a-z0-9.*-]+$/.test(text)
    ? undefined
    : 'can match no name: names have lower case letters, digits and dashes';
}

export function checkMapping(text: string): string | undefined {
  return /^\/[^=]*=\/[^=]*$/.test(text) ? undefined : 'has to be FROM=TO, two absolute paths';
}

export function checkUrl(value: unknown): string | undefined {
  const url = URL.parse(String(value));
  return url && (url.protocol === 'http:' || url.protocol === 'https:')
    ? undefined
    : 'has to be an address that starts with http:// or https://';
}
