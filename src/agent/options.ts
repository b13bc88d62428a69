import type { OptionType } from '../config/option.ts';

const types: Readonly<Record<OptionType, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  list: isList,
  data: (value) => value !== undefined,
  secret: (value) => typeof value === 'string',
  directory: (value) => typeof value === 'string',
  file: (value) => typeof value === 'string',
};

const fields: Readonly<Record<string, (value: unknown) => boolean>> = {
  type: (value) => typeof value === 'string' && Object.hasOwn(types, value),
  describe: (value) => typeof value === 'string' && value !== '',
  default: (value) => value !== undefined,
  choices: isList,
  required: types.boolean,
  min: types.number,
  max: types.number,
  aliases: isList,
  variables: isList,
  literals: isList,
  check: (value) => typeof value === 'function',
  deprecated: types.string,
};

/** Says what is wrong with a table of options that an agent brings; see `Option`. */
export function checkOptions(table: unknown): string[] {
  if (typeof table !== 'object' || table === null || Array.isArray(table)) return ['options has to be a mapping'];
  return Object.entries(table).flatMap(([name, option]: [string, unknown]) => {
    const key = `options.${name}`;
    if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
      return [`${key}: a name has lower case letters, digits and single dashes`];
    if (typeof option !== 'object' || option === null) return [`${key} has to be a mapping with type and describe`];
    return optionProblems(key, option as Record<string, unknown>);
  });
}

function optionProblems(key: string, option: Record<string, unknown>): string[] {
  const problems: string[] = [];
  for (const field of ['type', 'describe']) {
    if (!Object.hasOwn(option, field)) problems.push(`${key}.${field} is missing`);
  }
  for (const [field, value] of Object.entries(option)) {
    const valid = Object.hasOwn(fields, field) ? fields[field] : undefined;
    if (!valid) problems.push(`${key}.${field} is unknown; there are ${Object.keys(fields).join(', ')}`);
    else if (value !== undefined && !valid(value)) problems.push(`${key}.${field} is not valid${hint(field)}`);
  }
  const { type, default: given } = option;
  if (
    given !== undefined &&
    typeof type === 'string' &&
    Object.hasOwn(types, type) &&
    !types[type as OptionType](given)
  ) {
    problems.push(`${key}.default is no ${type}`);
  }
  return problems;
}

function hint(field: string): string {
  return field === 'type' ? `; there are ${Object.keys(types).join(', ')}` : '';
}

function isList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
