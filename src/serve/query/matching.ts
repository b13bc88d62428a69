import { strangersPattern } from '../../system/pattern.ts';
import { createAutomaton } from '../regex/automaton.ts';
import { textOf } from '../regex/contained.ts';
import { compile } from '../regex/program.ts';
import { parse } from '../regex/syntax.ts';

/** A pattern of strangers that is ready to be looked for, in a time that grows with the text alone. */
export interface Matching {
  inText(text: string): boolean;
  /** In UTF-8, from one byte to before another. */
  inBytes(bytes: Buffer, from: number, to: number): boolean;
  /** A text that what matches contains; empty if none is known. */
  contained: string;
}

/** An automaton that has forgotten its states more often than this is slower than V8's own. */
const patience = 4;

/** Throws an error that says what is wrong, as `strangersPattern` does. */
export function matching(pattern: string): Matching {
  const expression = strangersPattern(pattern);
  const node = parse(pattern);
  const program = node && compile(node);
  const contained = node ? textOf(node) : '';
  if (!program)
    return {
      inText: (text) => expression.test(text),
      inBytes: (bytes, from, to) => expression.test(bytes.toString('utf8', from, to)),
      contained,
    };
  const automaton = createAutomaton(program);
  return {
    inText: (text) => (automaton.forgot > patience ? expression.test(text) : automaton.inText(text)),
    inBytes: (bytes, from, to) =>
      automaton.forgot > patience
        ? expression.test(bytes.toString('utf8', from, to))
        : automaton.inBytes(bytes, from, to),
    contained,
  };
}
