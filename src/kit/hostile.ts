import type { Random } from './random.ts';
import type { TargetInput } from './targets.ts';

/** Names of labels and annotations that an agent asks for by name. */
export interface Vocabulary {
  labels: readonly string[];
  annotations: readonly string[];
}

// prettier-ignore
const nasty = [
  '"', "'", '\n', '\r\n', '\r', '\\', '\t', '\0', '\u0001', '\u001b[31m', '\u007f', '\u0085', '\u2028', '\u2029',
  '\ufeff', '\uffff', '\ud800', '\udc00', '\u202e', '😀', 'é', 'e\u0301',
  '../', '..', '.', '/', '/etc/passwd', '~', '*', '?',
  '${HOME}', '$HOME', '$(id)', '`id`', '%{x}', '%HOME%', '#{x}', '{{x}}', '{{{x}}}', '{{{{', '<%= x %>', '@INCLUDE x',
  ': ', ' #', '#', '- ', '&a', '*a', '!!js/function', '[', ']', '{', '}', ',', '|', '>', '?', '=', ';', '[[', '\n[x]\n',
  'null', '~', '2021.05', '0x10', '1_000', 'on', 'yes', 'true', '1e3', '-', '---', '...', '__proto__', 'constructor',
  '","injected":"', '"\ninjected: "', '\'\ninjected: \'', '\ninjected = true\n', '</script>', ' ', '',
];

/** Text as a stranger would write it. */
export function hostileText(random: Random): string {
  if (random.chance(1 / 40)) {
    const part = piece(random) || 'x';
    const length = random.pick([300, 5000, 65_536]);
    return part.repeat(Math.ceil(length / part.length)).slice(0, length);
  }
  return Array.from({ length: random.below(6) }, () => piece(random)).join('');
}

function piece(random: Random): string {
  const kind = random.below(4);
  if (kind <= 1) return random.pick(nasty);
  const range = kind === 2 ? 0x5f : 0x1_0000;
  const start = kind === 2 ? 0x20 : 0;
  return String.fromCharCode(...Array.from({ length: random.below(9) }, () => start + random.below(range)));
}

const usualLabels = ['application', 'component', 'version', 'environment', 'release'];
const strangeLabels = [
  'app.kubernetes.io/name',
  'app_kubernetes_io_name',
  '__path__',
  '__proto__',
  'namespace',
  'format',
];
const patterns = [
  String.raw`^\d{4}`,
  String.raw`^"\[`,
  "^'",
  '^#{2}',
  String.raw`^\$\{x\}`,
  String.raw`\\`,
  '^{{',
  '^ # :',
  '.',
];

/** Up to 6 targets all of whose strangers' text is hostile. Ids, log paths and hints are as the watcher lets them be. */
export function hostileTargets(random: Random, { labels, annotations }: Vocabulary): TargetInput[] {
  const names = [...usualLabels, ...labels, ...labels];
  const label = () =>
    random.chance(0.6) ? random.pick(names) : random.chance(0.5) ? random.pick(strangeLabels) : piece(random);
  const mapOf = (name: () => string, text: () => string, most: number) =>
    Object.fromEntries(Array.from({ length: random.below(most + 1) }, () => [name(), text()] as const));
  const text = () => hostileText(random);
  return Array.from({ length: 1 + random.below(6) }, (_, index): TargetInput => {
    const id = `id-${index}`;
    return {
      id,
      containerId: index.toString(16).repeat(64).slice(0, 64),
      log: `/var/log/pods/${index}/0.log`,
      format: random.pick(['docker', 'cri'] as const),
      namespace: text(),
      pod: text(),
      container: text(),
      image: text(),
      owner: { kind: text(), name: text() },
      labels: mapOf(label, text, 8),
      namespaceLabels: mapOf(label, text, 2),
      annotations:
        annotations.length === 0
          ? {}
          : mapOf(
              () => random.pick(annotations),
              () => (random.chance(0.5) ? text() : JSON.stringify(structure(random))),
              3,
            ),
      hints: random.chance(0.7) ? {} : hostileHints(random),
    };
  });
}

/** Hints are checked before an agent sees them; this is the worst that gets through. */
function hostileHints(random: Random): NonNullable<TargetInput['hints']> {
  const pattern = () => random.pick(patterns);
  const legal = (text: string) => text.toWellFormed().replaceAll('\0', '').slice(0, 200);
  const replacement = () => legal(hostileText(random)).replace(/[\\$\p{Cc}]/gu, '');
  return {
    ...(random.chance(0.5) && { parser: random.pick(['json', 'on', '0x10', 'a.b-c_d']) }),
    ...(random.chance(0.5) && { multilineStart: pattern() }),
    ...(random.chance(0.5) && { sampling: [{ match: pattern(), rate: 0.5 }, { rate: 0 }] }),
    ...(random.chance(0.5) && { redaction: [{ match: pattern(), replacement: replacement() }] }),
    ...(random.chance(0.5) && { tenant: random.pick(['team-a', "a*b'(c)!", 'null', '1e3']) }),
    attributes: random.chance(0.5) ? { team: legal(hostileText(random)), on: legal(hostileText(random)) } : {},
  };
}

/** JSON that is not what an annotation should hold, or nearly. */
function structure(random: Random, depth = 0): unknown {
  const kind = random.below(depth > 2 ? 4 : 6);
  if (kind === 0) return random.pick([null, true, 0, -1, 1e300]);
  if (kind <= 3) return hostileText(random);
  const parts = Array.from({ length: random.below(4) }, () => structure(random, depth + 1));
  return kind === 4 ? parts : Object.fromEntries(parts.map((part) => [hostileText(random), part]));
}
