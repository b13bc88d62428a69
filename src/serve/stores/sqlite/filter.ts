import { matching } from '../../query/matching.ts';
import type { TextFilter } from '../../store.ts';

/** What is wanted of a text. */
export interface Filter {
  holds(text: string): boolean;
  /** Bytes that each text has to contain, if there are such. */
  needle: Buffer | undefined;
  /** The rest, of a text that contains them; undefined if there is no more to it. */
  rest: ((bytes: Buffer, from: number, to: number) => boolean) | undefined;
}

interface Test {
  inText(text: string): boolean;
  inBytes(bytes: Buffer, from: number, to: number): boolean;
  /** Bytes that each text has to contain; if there are no others to the test, it is `whole`. */
  needle?: Buffer;
  whole?: boolean;
}

/** All of them hold; undefined if there are none. */
export function filterOf(filters: readonly TextFilter[]): Filter | undefined {
  if (filters.length === 0) return undefined;
  const tests = filters.map(testOf);
  const [best] = tests
    .filter(({ needle }) => needle !== undefined)
    .toSorted((a, b) => (b.needle?.length ?? 0) - (a.needle?.length ?? 0));
  const rest = tests.filter((test) => test !== best || test.whole !== true);
  return {
    holds: (text) => tests.every((test) => test.inText(text)),
    needle: best?.needle,
    rest: rest.length === 0 ? undefined : (bytes, from, to) => rest.every((test) => test.inBytes(bytes, from, to)),
  };
}

function testOf({ op, value }: TextFilter): Test {
  if (op === '|=' || op === '!=') {
    const needle = Buffer.from(value);
    const isIn = (bytes: Buffer, from: number, to: number) => bytes.subarray(from, to).includes(needle);
    if (op === '!=')
      return {
        inText: (text) => !text.includes(value),
        inBytes: (bytes, from, to) => !isIn(bytes, from, to),
      };
    return {
      inText: (text) => text.includes(value),
      inBytes: isIn,
      ...(needle.length > 0 && { needle }),
      whole: true,
    };
  }
  const { inText, inBytes, contained } = matching(value);
  if (op === '!~')
    return {
      inText: (text) => !inText(text),
      inBytes: (bytes, from, to) => !inBytes(bytes, from, to),
    };
  // One sign alone is in most lines, and looking for it costs more than it spares.
  return { inText, inBytes, ...(contained.length > 1 && { needle: Buffer.from(contained) }) };
}
