import { toJson } from './json.ts';

/** How values are made safe in one file format. */
export interface Format {
  /** The value as it may stand where the format's name says: inside double quotes, as a rule. */
  escape(value: string): string;
  /** True where JSON text is a value of the format too, so that `{{json x}}` may stand without quotes. */
  json: boolean;
}

// What JSON leaves as it is, but YAML calls a line break or not printable (YAML 1.2, 5.1 and 5.4; YAML 1.1, 5.1).
// eslint-disable-next-line no-control-regex
const unprintable = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** JSON text that YAML 1.1 and 1.2 read as the same value. */
export function toYamlJson(value: unknown, indent?: number): string {
  return toJson(value, indent).replace(unprintable, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const quoted: Format = { escape: (value) => toYamlJson(value).slice(1, -1), json: true };

const formats: Readonly<Record<string, Format>> = {
  json: quoted,
  yaml: quoted,
  yml: quoted,
  csv: { escape: (value) => value.toWellFormed().replaceAll('"', '""'), json: false },
  // JSON strings whose reader expands what a dollar begins. Beats take `$$` and `$}` for what follows (go-ucfg, lexer), so
  // that one dollar before `${` would be undone by one more in the text itself.
  filebeat: { escape: (value) => quoted.escape(value.replaceAll('$', '$$$$')), json: false },
  // The OpenTelemetry Collector takes `$$` for a dollar, but has no escape for `EXPR(…)`, which it evaluates.
  otelcol: {
    escape: (value) => quoted.escape(value.replaceAll('EXPR(', 'EXPR (').replaceAll('$', '$$$$')),
    json: false,
  },
  // Fluent Bit expands `${…}` in each value, twice over, and has no escape for it (src/flb_env.c); a space in between
  // makes it text.
  fluentbit: { escape: (value) => quoted.escape(value.replaceAll('${', '$ {')), json: false },
  // The whole text with its quotes: Fluentd takes single ones literally, but not over a line's end, and runs Ruby in
  // double ones (lib/fluent/config/literal_parser.rb). Either way its record_transformer expands `${…}` and `__X__`.
  fluentd: {
    escape(value) {
      const text = value
        .toWellFormed()
        .replaceAll('${', '$ {')
        .replace(/__[A-Z_]+__/g, (token) => token.replace(/_(?=_)/g, '_ '));
      if (!text.includes('\n')) return `'${text.replace(/[\\']/g, String.raw`\$&`)}'`;
      const escaped = text.replace(/["\\#]/g, String.raw`\$&`);
      return `"${escaped.replaceAll('\n', String.raw`\n`).replaceAll('\r', String.raw`\r`)}"`;
    },
    json: false,
  },
  // What stands in double quotes of syslog-ng where no template is read. Backticks are expanded before strings are
  // looked for, so they have to be told by their number, and nothing behind NUL is read (seen with syslog-ng 3.38).
  syslogng: {
    escape: (value) =>
      value
        .toWellFormed()
        .replaceAll('\0', '\ufffd')
        .replace(/[\\"]/g, String.raw`\$&`)
        // eslint-disable-next-line no-control-regex
        .replace(/[\u0001-\u001f`]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`),
    json: false,
  },
  lua: {
    escape: (value) =>
      [...Buffer.from(value)]
        .map((byte) =>
          /[a-zA-Z0-9_-]/.test(String.fromCharCode(byte))
            ? String.fromCharCode(byte)
            : `\\${String(byte).padStart(3, '0')}`,
        )
        .join(''),
    json: false,
  },
};

/** The format that a template's file name tells: `job.yaml.hbs` is YAML. */
export function formatOf(fileName: string): Format {
  const name = /\.([^.]+)\.hbs$/.exec(fileName)?.[1] ?? '';
  const format = Object.hasOwn(formats, name) ? formats[name] : undefined;
  if (format) return format;
  throw new Error(
    `${fileName}: the name has to tell the format, as in name.json.hbs; known are ${Object.keys(formats).join(', ')}`,
  );
}
