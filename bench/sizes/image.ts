import type { Testbed } from '../../test/e2e/support/testbed.ts';
import { table } from '../table.ts';

/** Where the parts of the image lie in it; the rest is accounts, names and empty directories. */
const parts = {
  'Node.js': 'usr/local/bin/node',
  'libraries of C and C++': 'lib* usr/lib*',
  'kube-log-watcher': 'app',
} as const;

const MB = (bytes: number) => Number((bytes / 1e6).toFixed(1));

/** What the image weighs on a node and on the way there, and of which parts. */
export async function imageSizes(testbed: Testbed, image: string): Promise<string> {
  const shell = async (script: string): Promise<string> => {
    const { code, stdout, stderr } = await testbed.run('docker', ['sh', '-c', script]);
    if (code !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout.trim();
  };
  const id = await shell(`docker create ${image}`);
  try {
    const rows = [];
    for (const [part, paths] of Object.entries(parts)) {
      const files = `docker export ${id} | tar -x --to-stdout --wildcards ${paths.replaceAll(/\S+/g, "'$&'")} 2>/dev/null`;
      const [bytes, packed] = [await shell(`${files} | wc -c`), await shell(`${files} | gzip | wc -c`)];
      rows.push({ part, MB: MB(Number(bytes)), 'MB by gzip': MB(Number(packed)) });
    }
    const bytes = Number(await shell(`docker image inspect --format '{{.Size}}' ${image}`));
    const packed = Number(await shell(`docker save ${image} | gzip | wc -c`));
    return table([...rows, { part: 'the image', MB: MB(bytes), 'MB by gzip': MB(packed) }]);
  } finally {
    await shell(`docker rm ${id}`);
  }
}
