import type { Output } from '../agent/agent.ts';
import type { Finding } from './check.ts';
import type { CheckResult } from './kit.ts';
import type { Examined } from './thread.ts';

/** What a check has found, over several lines. */
export function findingText({ problem, example, outputs = [] }: Finding): string {
  const lines = [problem];
  if (example) lines.push('smallest example:', ...example.map((input) => `  ${JSON.stringify(input)}`));
  if (outputs.length > 0) lines.push('made of it:', ...outputs.slice(0, 3).map((output) => `  ${outputText(output)}`));
  return lines.map((line) => (line.length > 600 ? `${line.slice(0, 600)}…` : line)).join('\n');
}

/** The results of all checks, a line for each, with what was found below. */
function resultsText(results: readonly CheckResult[]): string {
  const width = Math.max(...results.map(({ name }) => name.length));
  return results
    .map(({ name, meaning, finding }) => {
      const line = `  ${finding ? 'FAIL' : 'ok  '}  ${name.padEnd(width)}  ${meaning}\n`;
      return finding ? `${line}${indent(findingText(finding))}\n` : line;
    })
    .join('');
}

/** All that was found of an agent. */
export function examinedText(
  { path, variants, golden, updated }: Examined,
  { runs, seed }: { runs: number; seed: number },
): { text: string; passed: boolean } {
  const failed =
    variants.flatMap(({ results }) => results).filter(({ finding }) => finding).length +
    golden.filter(({ problems }) => problems.length > 0).length;
  const lines = [`  ${path}; ${runs} hostile targets, seed ${seed}\n`];
  for (const { options, results } of variants)
    lines.push(`\n  with options ${JSON.stringify(options)}\n`, resultsText(results));
  lines.push('\n');
  if (golden.length === 0)
    lines.push('  no golden cases: golden/<agent>/<case>/input.yaml beside the agent makes one\n');
  for (const { name, problems } of golden) {
    lines.push(`  ${problems.length > 0 ? 'FAIL' : updated ? 'made' : 'ok  '}  golden case ${name}\n`);
    lines.push(...problems.map((problem) => `${indent(problem)}\n`));
  }
  lines.push(failed > 0 ? `\n  failed: ${failed}\n` : '\n  passed\n');
  return { text: lines.join(''), passed: failed === 0 };
}

function outputText(output: Output): string {
  return output.kind === 'link'
    ? `${output.path} -> ${JSON.stringify(output.to)}`
    : `${output.path}: ${JSON.stringify(output.content)}`;
}

function indent(text: string): string {
  return text.replace(/^/gm, '          ');
}
