import { parseAst } from 'rolldown/parseAst'

const OPERATORS = {
  '===': '!==',
  '!==': '===',
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '&&': '||',
  '||': '&&',
}
/** Calls whose loss nobody has to notice: words for the log. */
const WORDS = /\b(logger|log|console)\??\.|\.note\(/

/** All mutants of a TypeScript source: `text` in place of what is from `start` to `end`. */
export function mutantsOf(source) {
  const found = []
  const add = (node, text, what) => found.push({ start: node.start, end: node.end, text, what })
  const of = (node) => source.slice(node.start, node.end)
  walk(parseAst(source, { lang: 'ts', sourceType: 'module' }), (node) => {
    switch (node.type) {
      case 'BinaryExpression':
      case 'LogicalExpression': {
        const other = OPERATORS[node.operator]
        if (other) add(node, `${of(node.left)} ${other} ${of(node.right)}`, `${node.operator} is ${other}`)
        else if (node.operator === '??') add(node, of(node.left), '?? is left out')
        break
      }
      case 'ConditionalExpression':
        add(node, `${of(node.test)} ? ${of(node.alternate)} : ${of(node.consequent)}`, '? is turned round')
        break
      case 'IfStatement':
        add(node.test, 'false', 'if never')
        add(node.test, 'true', 'if always')
        break
      case 'ExpressionStatement':
        if (/^(Await|Call|Chain)Expression$/.test(node.expression.type) && !WORDS.test(of(node)))
          add(node, ';', 'call left out')
        break
      case 'Literal':
        if (typeof node.value === 'boolean') add(node, String(!node.value), `${node.value} is ${!node.value}`)
        break
    }
  })
  return found
}

function walk(node, visit) {
  if (node.type.startsWith('TS') && !/^TS(As|NonNull|Satisfies)/.test(node.type)) return
  visit(node)
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child && typeof child === 'object' && typeof child.type === 'string') walk(child, visit)
    }
  }
}
