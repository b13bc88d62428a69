import { reasons } from '../system/reasons.ts';
import { givenBy } from './hints.ts';
import type { Explanation } from './explanation.ts';

/** What the running watcher answers at `/explain`. */
export interface Report {
  pods: { synced: boolean; error?: string };
  scanError?: string;
  exitCode: number;
  containers: Explanation[];
}

/** Asks the watcher that serves its status at the address. Throws an error that says how to reach one. */
export async function askWatcher(base: string, question: string): Promise<Report> {
  const url = new URL('/explain', base);
  url.searchParams.set('of', question);
  let response: Response;
  try {
    response = await fetch(url);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Error(`No watcher answers at ${base} (${cause}). Is it running, with this \`--status-address\`?`, {
      cause: error,
    });
  }
  if (!response.ok) throw new Error(`${url.href} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Report;
}

/** The whole decision in words, a paragraph for each container; a line for each when many were asked for. */
export function toText({ pods, scanError, containers }: Report, question: string): string {
  const lines: string[] = [];
  if (!pods.synced) lines.push(`No complete list of pods has been read yet: ${pods.error ?? 'waiting for the first'}.`);
  else if (pods.error) lines.push(`The source of pods is ill: ${pods.error}. What was known before is used.`);
  if (scanError) lines.push(`The last look at the disk failed: ${scanError}.`);
  if (containers.length === 0) lines.push(`Nothing on this node's disk is called ${question || 'anything'}.`);
  lines.push(...containers.map((container) => (question === '' ? oneLine(container) : paragraph(container))));
  return `${lines.join('\n')}\n`;
}

const toldAs = {
  none: 'looks by itself',
  idle: 'knows of its files',
  waiting: 'is told soon',
  running: 'is being told',
  failing: 'could not be told',
};

function oneLine({ state, reason, ...container }: Explanation): string {
  return `${state.padEnd(8)} ${name(container)} ${reason === state ? '' : reason}`.trimEnd();
}

function paragraph(container: Explanation): string {
  const { state, reason, detail, directory, log, id, restart, goneFor, agents } = container;
  const lines = [
    name(container),
    `  on disk   ${directory}${goneFor === undefined ? '' : `, gone for ${goneFor} s; its configuration lingers`}`,
    `  container ${id || 'id not known'}, restart ${restart}`,
    `  pod       ${container.podKnown ? 'known' : 'not known'}`,
    `  verdict   ${state}${reason === state ? '' : `: ${reason}${detail ? ` (${detail})` : ''}. ${reasons[reason]}`}`,
  ];
  if (log) lines.push(`  log       ${log}`);
  for (const [key, giver] of Object.entries(container.hints)) lines.push(`  hint      ${key}, ${givenBy[giver]}`);
  for (const { code, annotation, detail } of container.hintProblems)
    lines.push(`  ignored   ${code}: ${annotation} ${detail}`);
  for (const [agent, { state, errors, outputs, reload }] of Object.entries(agents)) {
    const told = reload && `; the shipper ${toldAs[reload.status]}${reload.error ? `: ${reload.error}` : ''}`;
    lines.push(`  agent     ${agent}: ${state}${told ?? ''}`, ...errors.map((error) => `            ${error}`));
    lines.push(...outputs.map((path) => `            ${path}`));
  }
  return lines.join('\n');
}

function name({
  namespace,
  pod,
  container,
  directory,
}: Pick<Explanation, 'namespace' | 'pod' | 'container' | 'directory'>) {
  return [namespace, pod, container].filter(Boolean).join('/') || directory;
}
