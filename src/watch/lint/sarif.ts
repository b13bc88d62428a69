import { findings, type Finding } from '../lint.ts';

/** Findings as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html). */
export function toSarif(found: readonly Finding[], version: string): object {
  const codes = Object.keys(findings);
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'kube-log-watcher',
            version,
            rules: Object.entries(findings).map(([id, text]) => ({ id, shortDescription: { text } })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: found.map(({ file, line, column, code, message, object }) => ({
          ruleId: code,
          ruleIndex: codes.indexOf(code),
          level: 'error',
          message: { text: message },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: uriOf(file) },
                region: { startLine: line, startColumn: column },
              },
              logicalLocations: [
                { fullyQualifiedName: [object.kind, object.namespace, object.name].filter(Boolean).join('/') },
              ],
            },
          ],
        })),
      },
    ],
  };
}

/** A path as a reference to a URI; one that is relative stays so. */
function uriOf(file: string): string {
  const path = file.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/');
  return path.startsWith('/') ? `file://${path}` : path;
}
