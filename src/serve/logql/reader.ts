import { place, tokensOf, type Token } from './lexer.ts';
import { LogqlError } from './syntax.ts';

const deepest = 60;

/** The words of a query, one after the other. */
export interface Reader {
  /** The next one, which is still there. */
  peek(ahead?: number): Token;
  take(): Token;
  /** Takes the next one if it is this sign or word. */
  takes(text: string): boolean;
  is(text: string, ahead?: number): boolean;
  /** Takes it, or says that it is missing. */
  expect(text: string): void;
  expectKind(kind: Token['kind'], what: string): Token;
  fail(what: string, at?: number): never;
  /** Does the work one level deeper; a stranger's query must not exhaust the stack. */
  deeper<T>(work: () => T): T;
}

export function readerOf(query: string): Reader {
  const tokens = tokensOf(query);
  let next = 0;
  let depth = 0;
  const peek = (ahead = 0): Token => {
    const token = tokens[Math.min(next + ahead, tokens.length - 1)];
    if (!token) throw new LogqlError('a query is empty');
    return token;
  };
  const take = () => {
    const token = peek();
    next += 1;
    return token;
  };
  const is = (text: string, ahead = 0) => {
    const { kind, text: found } = peek(ahead);
    return (kind === 'sign' || kind === 'word') && found.toLowerCase() === text;
  };
  const takes = (text: string) => {
    const found = is(text);
    if (found) next += 1;
    return found;
  };
  const fail = (what: string, at = peek().at): never => {
    throw new LogqlError(`${place(at)}: ${what}`);
  };
  const said = ({ kind, text }: Token) => (kind === 'end' ? text : JSON.stringify(text.slice(0, 50)));
  return {
    peek,
    take,
    takes,
    is,
    fail,
    expect(text) {
      if (!takes(text)) fail(`${said(peek())} stands where "${text}" should be`);
    },
    expectKind(kind, what) {
      if (peek().kind !== kind) fail(`${said(peek())} stands where ${what} should be`);
      return take();
    },
    deeper(work) {
      depth += 1;
      if (depth > deepest) fail(`more than ${deepest} levels of nesting`);
      const done = work();
      depth -= 1;
      return done;
    },
  };
}
