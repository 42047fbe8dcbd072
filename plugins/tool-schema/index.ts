import { type Accepts, type Call, definePlugin, type Edit, fixMode, z } from '../../core/index.js'
import type { JsonNode } from '../../core/kit.js'
import { FORWARDED_ROUTES } from '../../core/kit.js'
import { withNames } from './answer.js'
import { fitSchema, type SchemaNeeds } from './fit-schema.js'
import { renames } from './names.js'
import { namesIn, renamed } from './places.js'
import { isSchema } from './walk.js'

/**
 * Fits the definitions of tools: their schemas to the keywords that the upstream knows, their names to its alphabet. The client sees
 * its own names in the answer.
 */
export const toolSchema = definePlugin({
  name: 'tool-schema',
  phase: 'attempt',
  routes: FORWARDED_ROUTES,
  touches: [
    'tools[*].input_schema',
    'tools[*].name',
    'tool_choice.name',
    'messages[*].content[*].name',
    'messages[*].content[*].tool_name',
    'messages[*].content[*].content[*].tool_name',
  ],
  options: z.strictObject({
    /** `auto`: where the upstream needs it, `always`, or `never`. Default: `auto`. */
    mode: fixMode,
  }),
  create: ({ name, options: { mode } }) => ({
    handle(call, next) {
      const accepts = call.target?.accepts
      if (mode === 'never' || !accepts) return next(call)
      const schemas = schemaEdits(call, needsOf(accepts, mode === 'always'))
      const { edits, back } = nameEdits(call, accepts)
      if (schemas.length > 0) call.record.note(name, `tools[*].input_schema: fitted ${schemas.length}`)
      if (back.size > 0)
        call.record.note(name, `tools[*].name: spelt ${back.size} in the upstream's alphabet`)
      const answer = next(call.edit([...schemas, ...edits]))
      return back.size > 0 ? answer.then((reply) => withNames(reply, back)) : answer
    },
  }),
})

function needsOf(accepts: Accepts, always: boolean): SchemaNeeds {
  return {
    noRefs: always || !accepts.schemaRefs,
    properties: always || !accepts.schemaWithoutProperties,
    refused: new Set(accepts.refusedSchemaKeywords),
  }
}

function schemaEdits({ tree }: Call, needs: SchemaNeeds): Edit[] {
  if (!needs.noRefs && !needs.properties && needs.refused.size === 0) return []
  const edits: Edit[] = []
  for (const tool of tree.get('tools')?.items() ?? []) {
    const node = tool.get('input_schema')
    if (!node || !mayNeed(node, needs)) continue
    const schema = node.value()
    if (!isSchema(schema)) continue
    const fitted = fitSchema(schema, needs)
    if (fitted !== schema) edits.push({ start: node.start, end: node.end, text: JSON.stringify(fitted) })
  }
  return edits
}

/** Few schemas have such words at all, and the others are not decoded. */
function mayNeed(schema: JsonNode, { noRefs, properties, refused }: SchemaNeeds): boolean {
  const has = (word: string) => schema.places(word).length > 0
  if (noRefs && has('$ref')) return true
  if (properties && has('object')) return true
  for (const word of refused) if (has(word)) return true
  return false
}

interface Names {
  readonly edits: readonly Edit[]
  /** The client's names, by the upstream's. */
  readonly back: ReadonlyMap<string, string>
}
const NO_NAMES: Names = { edits: [], back: new Map() }

function nameEdits(
  { tree }: Call,
  { toolNameCharacters: characters, toolNameLength: length }: Accepts,
): Names {
  if (characters === undefined && length === undefined) return NO_NAMES
  const nodes = namesIn(tree)
  const to = renames(
    nodes.map((node) => node.string()!),
    { characters, length },
  )
  if (to.size === 0) return NO_NAMES
  return { edits: renamed(nodes, to), back: new Map([...to].map(([own, fitted]) => [fitted, own])) }
}
