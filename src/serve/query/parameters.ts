import { suggestion } from '../../config/closest.ts';

export interface Problem {
  parameter: string;
  problem: string;
  /** What it should be. */
  help: string;
}

/** All that is wrong with a request. */
export class QueryError extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map(({ parameter, problem }) => `${parameter}: ${problem}`).join('; '));
    this.problems = problems;
  }
}

/** The parameters of a request while they are read: what is wrong is collected, and told at once by `done`. */
export interface Parameters {
  all(name: string): readonly string[];
  /** The one value, or undefined if it isn't there. `parse` gives undefined, or throws, for what it can't take. */
  one<T>(name: string, parse: (text: string) => T | undefined, help: string): T | undefined;
  wrong(parameter: string, problem: string, help: string): void;
  /** Throws a `QueryError` if anything was wrong, an unknown name too. */
  done(): void;
}

const longest = 200;
export const quote = (text: string) => JSON.stringify(text.length > longest ? `${text.slice(0, longest)}…` : text);

export function parametersOf(query: URLSearchParams): Parameters {
  const problems: Problem[] = [];
  const known = new Set<string>();
  const wrong = (parameter: string, problem: string, help: string) => void problems.push({ parameter, problem, help });
  const all = (name: string) => {
    known.add(name);
    return query.getAll(name);
  };
  return {
    all,
    wrong,
    one(name, parse, help) {
      const values = all(name);
      const [value] = values;
      if (value === undefined) return undefined;
      if (values.length > 1) wrong(name, `is given ${values.length} times`, help);
      try {
        const parsed = parse(value);
        if (parsed === undefined) wrong(name, `${quote(value)} can't be taken`, help);
        return parsed;
      } catch (error) {
        wrong(name, error instanceof Error ? error.message : String(error), help);
        return undefined;
      }
    },
    done() {
      for (const name of new Set(query.keys())) {
        if (known.has(name)) continue;
        const names = [...known].toSorted();
        wrong(name.slice(0, longest), `is not known${suggestion(name.slice(0, 40), names)}`, names.join(', '));
      }
      if (problems.length > 0) throw new QueryError(problems.slice(0, 50));
    },
  };
}

/** A whole number between the two. */
export const between = (least: number, most: number) => (text: string) => {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  return number >= least && number <= most ? number : undefined;
};

export const oneOf =
  <T extends string>(...words: readonly T[]) =>
  (text: string) =>
    words.find((word) => word === text);
