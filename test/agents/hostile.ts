import * as fc from 'fast-check';
import type { Target } from '../../src/agent/target.ts';
import { makeTarget } from '../support/targets.ts';

/** How many random inputs a property sees; raise it with FC_RUNS. */
export const runs = Number(process.env['FC_RUNS'] ?? 150);

const nasty = [
  '"',
  "'",
  '\n',
  '\r\n',
  '\\',
  '\t',
  '\0',
  '\u0001',
  '\u007f',
  '\u0085',
  '\u2028',
  '\u2029',
  '\ufeff',
  '\uffff',
  '\ud800',
  '\udc00',
  '😀',
  '../',
  '..',
  '.',
  '/',
  '/etc/passwd',
  '${HOME}',
  '$HOME',
  '{{x}}',
  '{{{x}}}',
  '#{x}',
  '`id`',
  ': ',
  ' #',
  '- ',
  '&a',
  '*a',
  '[',
  '{',
  '?',
  '%{x}',
  'null',
  '2021.05',
  'on',
  '1e3',
  '__proto__',
  'constructor',
  '</script>',
];

const piece = fc.oneof(
  fc.constantFrom(...nasty),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.string({ maxLength: 8 }),
);
const short = fc.array(piece, { maxLength: 5 }).map((parts) => parts.join(''));
const long = fc
  .tuple(piece, fc.constantFrom(300, 5000, 65_536))
  .map(([part, length]) => (part || 'x').repeat(length).slice(0, length));

/** Text as a stranger would write it. */
export const hostileText = fc.oneof({ arbitrary: short, weight: 30 }, { arbitrary: long, weight: 1 });

const labels = fc.dictionary(
  fc.oneof(
    fc.constantFrom(
      'application',
      'component',
      'version',
      'environment',
      'release',
      'appdynamics_app',
      'appdynamics_tier',
    ),
    fc.constantFrom('app.kubernetes.io/name', 'app_kubernetes_io_name', '__path__', 'namespace', 'format'),
    short,
  ),
  hostileText,
  { maxKeys: 8, noNullPrototype: true },
);

const annotations = fc.dictionary(
  fc.constantFrom(
    ...['parser', 'sampling-rules', 'redaction-rules'].map((name) => `kubernetes-log-watcher/scalyr-${name}`),
  ),
  fc.oneof(hostileText, fc.json()),
  { noNullPrototype: true },
);

const input = fc.record({
  namespace: hostileText,
  pod: hostileText,
  container: hostileText,
  format: fc.constantFrom('docker' as const, 'cri' as const),
  image: short,
  labels,
  annotations,
});

/** Targets all of whose strangers' text is hostile. Their ids are the watcher's own and are well-behaved. */
export const hostileTargets: fc.Arbitrary<Target[]> = fc.array(input, { minLength: 1, maxLength: 6 }).map((inputs) =>
  inputs.map((input, index) =>
    makeTarget({
      ...input,
      id: `id-${index}`,
      containerId: index.toString(16).repeat(64),
      log: `/var/log/pods/${index}/0.log`,
    }),
  ),
);
