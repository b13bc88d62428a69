import { parse as parseToml } from 'smol-toml';
import { parseAllDocuments } from 'yaml';
import type { FileOutput } from './agent.ts';

/** Says why a file can't be read in the format that its name tells; nothing for a name that tells none. */
export function parseProblem({ path, content }: Pick<FileOutput, 'path' | 'content'>): string | undefined {
  const parse = parsers[/\.([a-z]+)$/.exec(path)?.[1] ?? ''];
  try {
    return parse?.(content);
  } catch (error) {
    return firstLine(error);
  }
}

const parsers: Readonly<Record<string, (content: string) => string | undefined>> = {
  json: (content) => void JSON.parse(content),
  toml: (content) => void parseToml(content),
  yaml,
  yml: yaml,
  job: yaml,
};

function yaml(content: string): string | undefined {
  const documents = parseAllDocuments(content);
  if (!Array.isArray(documents)) return undefined;
  const [problem] = documents.flatMap(({ errors, warnings }) => [...errors, ...warnings]);
  if (problem) return firstLine(problem);
  // Aliases are looked up only now.
  for (const document of documents) document.toJS({ mapAsMap: true });
  return undefined;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
