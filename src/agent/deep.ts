import { compileTemplate } from './template.ts';

/** Texts in a structure of a manifest are templates over the options and the node; they meet no text of a pod. */
const plain = { escape: (value: string) => value, json: false };

/**
 * Compiles every text in a structure. The result gives the same structure with the texts filled in; a mapping leaves out
 * what is blank. Throws an error that tells the place of a text that can't be compiled.
 */
export function compileDeep(value: unknown, place: string): (context: object) => unknown {
  if (typeof value === 'string') return compileTemplate(value, place, plain);
  if (Array.isArray(value)) {
    const parts = value.map((part: unknown, at) => compileDeep(part, `${place}[${at}]`));
    return (context) => parts.map((part) => part(context));
  }
  if (typeof value !== 'object' || value === null) return () => value;
  const parts = Object.entries(value).map(
    ([key, part]: [string, unknown]) => [key, compileDeep(part, `${place}.${key}`)] as const,
  );
  return (context) =>
    Object.fromEntries(parts.map(([key, part]) => [key, part(context)] as const).filter(([, part]) => part !== ''));
}
