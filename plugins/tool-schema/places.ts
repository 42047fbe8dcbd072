import type { Edit } from '../../core/index.js'
import type { JsonNode } from '../../core/kit.js'

/** Everywhere that a request names a tool of the client's. Tools that the upstream runs have names of its own. */
export function namesIn(body: JsonNode): JsonNode[] {
  const names: (JsonNode | undefined)[] = []
  const foreign = new Set<string>()
  for (const tool of body.get('tools')?.items() ?? []) {
    const type = tool.get('type')
    const name = tool.get('name')
    if (type && !type.is('custom')) foreign.add(name?.string() ?? '')
    else names.push(name)
  }
  names.push(body.get('tool_choice')?.get('name'))
  for (const message of body.get('messages')!.items()) {
    for (const block of message.get('content')?.items() ?? []) {
      const type = block.get('type')
      if (type?.is('tool_use')) names.push(block.get('name'))
      else if (type?.is('tool_result'))
        for (const part of block.get('content')?.items() ?? []) names.push(part.get('tool_name'))
      else if (type?.is('tool_reference')) names.push(block.get('tool_name'))
    }
  }
  return names.filter((name): name is JsonNode => name?.isString === true && !foreign.has(name.string()!))
}

export function renamed(names: readonly JsonNode[], to: ReadonlyMap<string, string>): Edit[] {
  return names.flatMap((node) => {
    const name = to.get(node.string()!)
    return name === undefined ? [] : [{ start: node.start, end: node.end, text: JSON.stringify(name) }]
  })
}
