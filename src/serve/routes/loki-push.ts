import { BodyError } from '../http/body.ts';
import { keep } from '../write/keep.ts';
import { entriesOf } from '../push/entries.ts';
import { readJson } from '../push/json.ts';
import { readProto } from '../push/proto.ts';
import { PushTooLarge, type Stream } from '../push/stream.ts';
import { reason, text } from '../reply.ts';
import type { Asked, Handler, Reply, Route } from '../route.ts';
import { declaredLength, unsnappy } from '../snappy.ts';

const push: Handler = async (asked, world) => {
  const { values, metrics } = world;
  let streams: Stream[];
  try {
    streams = await read(asked, values['body-limit'], values['entries-limit']);
  } catch (error) {
    if (error instanceof PushTooLarge) return refuse(413, `a push has more than ${values['entries-limit']} lines`);
    if (error instanceof BodyError && error.status !== 415) throw error;
    return refuse(400, reason(error));
  }
  const tenant = String(asked.headers['x-scope-orgid'] ?? '');
  const label = values['tenant-label'];
  // What Loki takes: https://grafana.com/docs/loki/latest/operations/multi-tenancy/
  if (tenant.length > 150) return refuse(400, 'the tenant is longer than 150 characters');
  const { entries, refused, left, cut } = entriesOf(streams, {
    longest: values['line-limit'],
    cut: values['invalid-entries'] === 'skip',
    extra: label !== undefined && tenant !== '' ? { [label]: tenant } : {},
  });
  const unkept = await keep(entries, world);
  if (unkept)
    return {
      ...refuse(unkept.status, `${unkept.fault.message}: ${unkept.fault.detail}`),
      headers: unkept.headers ?? {},
    };
  metrics.cut.inc(cut);
  metrics.skipped.inc({ reason: 'length' }, left);
  return refused === undefined ? { status: 204 } : refuse(400, refused);
};

async function read(asked: Asked, limit: number, most: number): Promise<Stream[]> {
  const body = await asked.body();
  if (/^application\/json\s*(;|$)/i.test(String(asked.headers['content-type']))) return readJson(body, most);
  // The body has been decompressed if its encoding is told.
  if (asked.headers['content-encoding'] === 'snappy') return readProto(body, most);
  if ((declaredLength(body)?.length ?? 0) > limit) throw new BodyError(413, `body is greater than ${limit} bytes`);
  return readProto(unsnappy(body), most);
}

const refuse = (status: number, why: string): Reply => text(status, `${why}\n`);

/** What is sent to Grafana Loki: https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs */
export default { path: '/loki/api/v1/push', access: 'write', methods: { POST: push } } satisfies Route;
