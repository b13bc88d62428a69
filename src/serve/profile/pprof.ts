import { Function as Called, Line, Location, Profile, Sample, StringTable, ValueType } from 'pprof-format';

/** A place in the program, as the inspector tells it; lines are counted from 0. */
export interface Frame {
  functionName: string;
  url: string;
  lineNumber: number;
}

export interface Kind {
  /** What the values of a stack are, each with its unit; the last is the one that the period is of. */
  types: readonly (readonly [type: string, unit: string])[];
  period: number;
  /** Nanoseconds. */
  duration?: number;
}

/** Stacks, the innermost frame first, as a profile that pprof reads; not compressed yet. */
export function toPprof(
  stacks: readonly { stack: readonly Frame[]; values: readonly number[] }[],
  { types, period, duration = 0 }: Kind,
): Uint8Array {
  const strings = new StringTable();
  const locations = new Map<string, Location>();
  const functions = new Map<string, Called>();
  const functionOf = ({ functionName, url }: Frame): Called => {
    const key = `${functionName}\n${url}`;
    const known = functions.get(key);
    if (known) return known;
    const name = strings.dedup(functionName || '(anonymous)');
    const made = new Called({ id: functions.size + 1, name, systemName: name, filename: strings.dedup(url) });
    functions.set(key, made);
    return made;
  };
  const locationOf = (frame: Frame): Location => {
    const key = `${frame.functionName}\n${frame.url}\n${frame.lineNumber}`;
    const known = locations.get(key);
    if (known) return known;
    const line = new Line({ functionId: functionOf(frame).id, line: frame.lineNumber + 1 });
    const made = new Location({ id: locations.size + 1, line: [line] });
    locations.set(key, made);
    return made;
  };
  const kinds = types.map(([type, unit]) => new ValueType({ type: strings.dedup(type), unit: strings.dedup(unit) }));
  const sample = stacks.map(
    ({ stack, values }) =>
      new Sample({ locationId: stack.map((frame) => locationOf(frame).id), value: values.map(Math.round) }),
  );
  const last = kinds.at(-1);
  return new Profile({
    sampleType: kinds,
    sample,
    location: [...locations.values()],
    function: [...functions.values()],
    stringTable: strings,
    ...(last && { periodType: last }),
    period,
    durationNanos: Math.round(duration),
  }).encode();
}
