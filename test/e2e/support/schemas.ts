import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | false;
  items?: Schema;
}
interface Definition extends Schema {
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
}

const nameIn = ({ $ref = '' }: Schema) => $ref.replace('#/definitions/', '');

/** A definition of Kubernetes as a schema that lets no field pass which it does not name. */
function strict(name: string, { $ref, type, format, properties, additionalProperties, items }: Definition): Schema {
  // What the API takes as a number or as a text is written down as a text.
  if (format === 'int-or-string' || name.endsWith('.api.resource.Quantity')) return { type: ['string', 'number'] };
  const inside = properties && Object.entries(properties).map(([key, one]) => [key, strict('', one)] as const);
  const closed = properties ? false : undefined;
  return {
    $ref,
    type,
    properties: inside && Object.fromEntries(inside),
    additionalProperties: additionalProperties ? strict('', additionalProperties) : closed,
    items: items && strict('', items),
  };
}

/** All that a schema leads to. */
function reached(from: Schema, all: Record<string, Schema>, found = new Map<string, Schema>()): Map<string, Schema> {
  const inner = [from.items, from.additionalProperties || undefined, ...Object.values(from.properties ?? {})];
  for (const one of inner) if (one) reached(one, all, found);
  const name = nameIn(from);
  const next = all[name];
  if (!next || found.has(name)) return found;
  return reached(next, all, found.set(name, next));
}

/** Writes the schema of each kind of a swagger.json of Kubernetes, by the name that kubeconform looks for. */
export async function writeSchemas(text: string, to: string): Promise<void> {
  const { definitions } = JSON.parse(text) as { definitions: Record<string, Definition> };
  const all = Object.fromEntries(Object.entries(definitions).map(([name, one]) => [name, strict(name, one)]));
  await mkdir(to, { recursive: true });
  for (const [name, { 'x-kubernetes-group-version-kind': kinds = [] }] of Object.entries(definitions))
    for (const { group, version, kind } of kinds) {
      const file = [kind, group.split('.')[0], version].filter(Boolean).join('-').toLowerCase();
      const schema: Schema = { $ref: `#/definitions/${name}` };
      const content = { ...schema, definitions: Object.fromEntries(reached(schema, all)) };
      await writeFile(join(to, `${file}.json`), JSON.stringify(content));
    }
}
