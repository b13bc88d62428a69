import type { Target } from '../../src/agent/target.ts';
import { entryFor, rulesOf, type Complain } from './annotations.ts';
import { ownAttributes, redactionRules, samplingRules as ofHint } from './hints.ts';
import { chosenRule, type SamplingRule } from './sampling.ts';

const prefix = 'kubernetes-log-watcher/scalyr-';

/** Applied last to every log: three parts of base64 that begin like a JSON Web Token. */
const jwtRule = {
  match_expression: String.raw`eyJ[a-zA-Z0-9/+_=-]{5,}\.eyJ[a-zA-Z0-9/+_=-]{5,}\.[a-zA-Z0-9/+_=-]{5,}`,
  replacement: '+++JWT_TOKEN_REDACTED+++',
};

const isText = (value: unknown) => typeof value === 'string';
const isRate = (value: unknown) => {
  const rate = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof rate === 'number' && rate >= 0 && rate <= 1;
};

/** What decides how the lines of every container are read. */
export interface EntryPolicy {
  serverAttributes: Readonly<Record<string, string>>;
  /** Parsers whose lines are taken out of Docker's JSON, with the parser's name for the bare lines. */
  parseLines: ReadonlyMap<string, string | undefined>;
  samplingRules: readonly SamplingRule[];
}

/** The entry of one container in Scalyr's `logs`. */
export function logEntry(
  target: Target,
  path: string,
  { serverAttributes, parseLines, samplingRules }: EntryPolicy,
  report: Complain,
): Record<string, unknown> {
  const annotated = (name: string, key: string, complain: Complain) =>
    entryFor(target.container.name, key, own(target.pod.annotations, prefix + name), complain);
  const complainOf = (name: string) => (why: string) => report(`annotation ${prefix}${name} ${why}`);

  const complainOfRule = (why: string) => report(`the value of a rule in scalyr_sampling_rules ${why}`);
  const ruled = entryFor(target.container.name, 'sampling-rules', chosenRule(samplingRules, target), complainOfRule);
  const complainOfSampling = ruled === undefined ? complainOf('sampling-rules') : complainOfRule;
  const ofSampling = ruled ?? annotated('sampling-rules', 'sampling-rules', complainOfSampling);
  const sampling =
    ofSampling === undefined
      ? ofHint(target.hints, report)
      : rulesOf(ofSampling, { sampling_rate: isRate }, complainOfSampling);
  const complainOfRedaction = complainOf('redaction-rules');
  const ofRedaction = annotated('redaction-rules', 'redaction-rules', complainOfRedaction);
  const redaction =
    ofRedaction === undefined
      ? redactionRules(target.hints, report)
      : rulesOf(ofRedaction, { replacement: isText, hash_salt: isText }, complainOfRedaction);

  const ofParser = annotated('parser', 'parser', complainOf('parser')) ?? target.hints.parser;
  const named = parserOf(ofParser, complainOf('parser'));
  const parsed = parseLines.has(named) || parseLines.has('*');
  const cri = target.log.format === 'cri';
  const parser = (parsed || cri ? parseLines.get(named) : undefined) ?? named;
  const { application, component, environment, version, release } = target;
  const attributes = {
    application,
    component,
    container: target.container.name,
    container_id: target.container.id,
    environment,
    namespace: target.pod.namespace,
    parser,
    pod: target.pod.name,
    release,
    version,
  };
  return {
    path,
    rename_logfile: renamed({ application, component, version, container_id: target.container.id }),
    ...(sampling.length > 0 && { sampling_rules: sampling }),
    redaction_rules: [...redaction, jwtRule],
    ...(cri ? { parse_format: 'cri' } : parsed && { parse_lines_as_json: true }),
    copy_from_start: true,
    attributes: {
      ...ownAttributes(target.hints, serverAttributes, report),
      ...Object.fromEntries(
        Object.entries(attributes).filter(([name, value]) => value !== '' && own(serverAttributes, name) !== value),
      ),
    },
  };
}

function parserOf(value: unknown, complain: Complain): string {
  if (typeof value === 'string' && value !== '') return value;
  if (value !== undefined) complain('has a parser that is no text');
  return 'json';
}

function renamed(parts: Readonly<Record<string, string>>): string {
  const query = Object.entries(parts).map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`);
  return `?${query.join('&')}`;
}

function own(map: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
