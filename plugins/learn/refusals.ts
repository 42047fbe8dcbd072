import type { Accepts, Call } from '../../core/index.js'
import type { Lesson, UpstreamWords } from '../../core/kit.js'
import { FEATURES, isTaken } from './features.js'
import { type Half, halvesOf, halvesOfBetas } from './peel.js'
import { hasUnlistedReference } from './request.js'
import { RULES } from './rules.js'

/** What a refusal suggests to leave out: the first of these, and where it goes on the second. */
export type Suggestion = readonly Half[]

/** Only the client can mend these, and it knows how when it reads the words. */
const CLIENTS =
  /\bsafeguards?\b|prompt is too long|context (limit|length|size|window)|credit balance|billing|quota|payment/i

/** z.ai: "invalid parameter", and "the prompt parameter was not received normally". */
const NAMELESS = /^(1210|1213)$/

/** Alibaba's coding plan, of system messages and perhaps of more. */
const WORDLESS = /^request body format invalid\.?$/i

/** Kimi, of a tool reference (from June to July 2026) and perhaps of more. */
const KIMI = /^invalid request error$/i

/** What to leave out after these words; nothing where they are the client's business, or teach nothing that is not known. */
export function suggestionOf(words: UpstreamWords, call: Call, accepts: Accepts): Suggestion {
  const { message = '', code } = words
  if (CLIENTS.test(message)) return []
  for (const { words, teach } of RULES) {
    const found = words.exec(message)
    const lesson = found && teach(found, call, accepts)
    if (lesson && isTaken({ off: lesson }, accepts)) return [{ lesson, why: whyOf(lesson) }]
  }
  if (/invalid beta flag/i.test(message)) return halvesOfBetas(call, accepts)
  if (KIMI.test(message.trim())) return kimi(call, accepts)
  const isNameless = (code !== undefined && NAMELESS.test(code)) || WORDLESS.test(message.trim())
  return isNameless ? halvesOf(call, accepts) : []
}

const LISTED: Lesson = { toolReferences: 'listed' }

function kimi(call: Call, accepts: Accepts): Suggestion {
  const feature = FEATURES.find(({ off }) => off.toolReferences === false)!
  if (!feature.used(call)) return []
  const lessons: Lesson[] = [...(hasUnlistedReference(call) ? [LISTED] : []), { toolReferences: false }]
  return lessons.filter((off) => isTaken({ off }, accepts)).map((lesson) => ({ lesson, why: whyOf(lesson) }))
}

/** In words of ours: an upstream's may quote the prompt. */
function whyOf(lesson: Lesson): string {
  if (lesson.toolReferences === 'listed') return 'tool_reference to tools that are not listed'
  if (lesson.refusedSchemaKeywords) return `${lesson.refusedSchemaKeywords.join(', ')} in schemas of tools`
  const feature = FEATURES.find(({ off }) => Object.keys(lesson).every((name) => name in off))
  return feature && !lesson.refusedFields ? feature.why : Object.keys(lesson).join(', ')
}
