import { registerHooks } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Lets files in this thread import `kube-log-watcher/agent`, wherever they lie. */
export function provideApi(url: string): void {
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'kube-log-watcher/agent' ? { url, shortCircuit: true } : next(specifier, context),
  });
}

/** Where that is. */
export function apiFile(): URL {
  return entryFile(import.meta, 'api', 'agent');
}

/** A file that is run or imported by its name: a source beside the asking one, or at the top of the bundle. */
export function entryFile({ filename, dirname: here }: ImportMeta, source: string, bundled: string): URL {
  if (filename.endsWith('.ts')) return pathToFileURL(join(here, `${source}.ts`));
  return pathToFileURL(join(basename(here) === 'chunks' ? dirname(here) : here, `${bundled}.js`));
}
