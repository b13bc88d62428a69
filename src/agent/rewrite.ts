type Node = hbs.AST.Node;
type Call = hbs.AST.SubExpression;

const blocks = new Set(['each', 'if', 'unless', 'with']);
const variables = new Set(['root', 'index', 'key', 'first', 'last']);

/**
 * The same template with every value handed to the helper `escape` and every name looked up by the helper `at`. What
 * could get round these two (`{{{x}}}`, `{{&x}}`, partials, decorators, unknown blocks) is an error.
 */
export function rewrite(program: hbs.AST.Program, name: string, helpers: ReadonlySet<string>): hbs.AST.Program {
  const refuse = (node: Node, why: string): never => {
    throw new Error(`${name}:${node.loc.start.line}: ${why}`);
  };

  const body = (program: hbs.AST.Program | undefined, scope: readonly string[]): hbs.AST.Program | undefined => {
    if (!program) return program;
    const names = [...scope, ...(program.blockParams ?? [])];
    return { ...program, body: program.body.map((node) => statement(node, names)) };
  };

  const statement = (node: hbs.AST.Statement, scope: readonly string[]): hbs.AST.Statement => {
    switch (node.type) {
      case 'ContentStatement':
      case 'CommentStatement':
        return node;
      case 'MustacheStatement': {
        const value = node as hbs.AST.MustacheStatement;
        if (!value.escaped) refuse(node, '{{{…}}} and {{&…}} would write a value as it is; use {{…}} or {{json …}}');
        return { ...value, ...call('escape', [expression(value, scope)], node), type: 'MustacheStatement' };
      }
      case 'BlockStatement': {
        const block = node as hbs.AST.BlockStatement;
        if (!blocks.has(block.path.original))
          refuse(node, `{{#${block.path.original}}}: there are #${[...blocks].join(', #')}`);
        const params = block.params.map((param) => expression(param, scope));
        const parts = { program: body(block.program, scope), inverse: body(block.inverse, scope) };
        return { ...block, ...parts, params, hash: hash(block.hash, scope) } as Node;
      }
      default:
        return refuse(node, 'partials and decorators are not supported');
    }
  };

  const expression = (node: Node, scope: readonly string[]): Node => {
    if (node.type === 'PathExpression') return path(node as hbs.AST.PathExpression, scope);
    if (node.type !== 'SubExpression' && node.type !== 'MustacheStatement') return node;
    const { path: called, params, hash: pairs } = node as Call | hbs.AST.MustacheStatement;
    if (called.type !== 'PathExpression') return called;
    const callee = called as hbs.AST.PathExpression;
    if (helpers.has(callee.original) && !blocks.has(callee.original)) {
      const given = params.map((param) => expression(param, scope));
      return { type: 'SubExpression', path: callee, params: given, hash: hash(pairs, scope), loc: node.loc } as Node;
    }
    if (params.length > 0 || pairs) refuse(node, `there is no helper "${callee.original}"`);
    return path(callee, scope);
  };

  const hash = (pairs: hbs.AST.Hash | undefined, scope: readonly string[]): hbs.AST.Hash | undefined =>
    pairs && { ...pairs, pairs: pairs.pairs.map((pair) => ({ ...pair, value: expression(pair.value, scope) })) };

  const path = (node: hbs.AST.PathExpression, scope: readonly string[]): Node => {
    const [first, ...rest] = node.parts;
    if (first === undefined) return node;
    if (node.data && !variables.has(first)) refuse(node, `there is no @${first}`);
    const bound = node.data || (node.depth === 0 && !/^this\b|^\./.test(node.original) && scope.includes(first));
    const base = bound
      ? { ...node, parts: [first], original: node.data ? `@${first}` : first }
      : { ...node, parts: [], original: '.' };
    const names = bound ? rest : node.parts;
    return names.length === 0
      ? base
      : call('at', [base, text(node.original, node), ...names.map((part) => text(part, node))], node);
  };

  return body(program, []) as hbs.AST.Program;
}

function call(helper: string, params: Node[], { loc }: Node): Call {
  const path = { type: 'PathExpression' as const, data: false, depth: 0, parts: [helper], original: helper, loc };
  return { type: 'SubExpression', path, params, hash: undefined as unknown as hbs.AST.Hash, loc };
}

function text(value: string, { loc }: Node): hbs.AST.StringLiteral {
  return { type: 'StringLiteral', value, original: value, loc };
}
