import { text } from '../reply.ts';
import type { Handler, Reply, Route, World } from '../route.ts';

/** What Go's profiles are of and Node has nothing for. */
const absent = new Set(['allocs', 'block', 'goroutine', 'mutex', 'threadcreate', 'trace']);

const index = `/debug/pprof/

heap      what is allocated and in use
profile   where time goes; ?seconds=30
cmdline   the command line
symbol    whether names of functions are known

go tool pprof -top http://HOST:PORT/debug/pprof/heap
`;

const file = (name: string, body: Buffer): Reply => ({
  status: 200,
  type: 'application/octet-stream',
  headers: { 'content-disposition': `attachment; filename="${name}"` },
  body,
});

const get: Handler = async ({ rest, query, signal }, { profiler, values }) => {
  if (!profiler) return text(404, '404 page not found\n');
  switch (rest) {
    case '':
      return text(200, index);
    case 'cmdline':
      return text(200, process.argv.join('\0'));
    case 'symbol':
      return text(200, 'num_symbols: 1\n');
    case 'heap':
      return file('heap', await profiler.heap());
    case 'profile':
      return profile(query.get('seconds') ?? '30', profiler, signal, values['request-timeout']);
    default:
      return absent.has(rest) ? text(501, `Node has no profile ${rest}\n`) : text(404, '404 page not found\n');
  }
};

async function profile(
  asked: string,
  profiler: NonNullable<World['profiler']>,
  signal: AbortSignal,
  most: number,
): Promise<Reply> {
  const seconds = Number(asked);
  if (!(seconds > 0 && seconds < most)) return text(400, `seconds has to be more than 0 and less than ${most}\n`);
  return file('profile', await profiler.cpu(seconds * 1000, signal));
}

/** Profiles as Go's programs serve them: https://pkg.go.dev/net/http/pprof */
export default {
  path: '/debug/pprof/*',
  access: 'probe',
  // pprof asks for names by POST; ours are in the profile.
  methods: { GET: get, POST: get },
} satisfies Route;
