const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
  w: 604_800_000_000_000n,
  y: 31_536_000_000_000_000n,
};
const part = /(\d{1,18})(?:\.(\d{1,9}))?(ns|us|µs|ms|s|m|h|d|w|y)/y;

/** Nanoseconds of `1h30m`, `1.5s` or `500ms`; undefined for another text, or for more than a time can be. */
export function parseDuration(text: string): bigint | undefined {
  let sum = 0n;
  part.lastIndex = 0;
  for (let at = 0; at < text.length; at = part.lastIndex) {
    const [, whole = '0', fraction = '', unit = ''] = part.exec(text) ?? [];
    const length = units[unit];
    if (length === undefined) return undefined;
    sum += BigInt(whole) * length + (BigInt(fraction.padEnd(9, '0')) * length) / 1_000_000_000n;
  }
  return text === '' || sum >= 2n ** 63n ? undefined : sum;
}

/** The shortest text that `parseDuration` reads as this, in the way people write it. */
export function formatDuration(duration: bigint): string {
  if (duration === 0n) return '0s';
  const parts: string[] = [];
  let rest = duration;
  for (const unit of ['w', 'd', 'h', 'm', 's', 'ms', 'us', 'ns']) {
    const length = units[unit] ?? 1n;
    if (rest >= length) parts.push(`${rest / length}${unit}`);
    rest %= length;
  }
  return parts.join('');
}
