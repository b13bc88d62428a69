import { strangersPattern } from '../../system/pattern.ts';
import { createAutomaton } from '../regex/automaton.ts';
import { literalsOf, type Literal } from '../regex/literals.ts';
import { compile } from '../regex/program.ts';
import { parse } from '../regex/syntax.ts';

/** A pattern of strangers that is ready to be looked for, in a time that grows with the text alone. */
export interface Matching {
  inText(text: string): boolean;
  /** In UTF-8, from one byte to before another. */
  inBytes(bytes: Buffer, from: number, to: number): boolean;
  /** Texts that what matches contains, of each list one at least; those that tell most come first. */
  literals: readonly (readonly Literal[])[];
}

/** An automaton that has forgotten its states more often than this is slower than V8's own. */
const patience = 4;

/** Throws an error that says what is wrong, as `strangersPattern` does. */
export function matching(pattern: string): Matching {
  const expression = strangersPattern(pattern);
  const node = parse(pattern);
  const program = node && compile(node);
  const literals = node ? literalsOf(node) : [];
  if (!program)
    return {
      inText: (text) => expression.test(text),
      inBytes: (bytes, from, to) => expression.test(bytes.toString('utf8', from, to)),
      literals,
    };
  const automaton = createAutomaton(program);
  return {
    inText: (text) => (automaton.forgot > patience ? expression.test(text) : automaton.inText(text)),
    inBytes: (bytes, from, to) =>
      automaton.forgot > patience
        ? expression.test(bytes.toString('utf8', from, to))
        : automaton.inBytes(bytes, from, to),
    literals,
  };
}
