import { put } from './payloads.mjs'

/**
 * @typedef {object} Exchange what goes through a subject in a scenario, and how to know that it was right
 * @property {string} name
 * @property {Buffer} body the client's request body
 * @property {Record<string, string | number>} stub what the stub answers, see stub.c
 * @property {string} [answer] the body that the client must get; none where it holds times
 * @property {number} [size] or its size
 * @property {string} text that every right answer contains, however it is rendered
 * @property {number} [deltas] text deltas in the stream
 * @property {boolean} [json] the client wants JSON
 *
 * @typedef {import('./subjects/types.mjs').Subject} Subject
 */

/** What the load generator checks of each answer. @param {string} folder @param {Subject} subject @param {Exchange} exchange */
export function answerChecks(folder, subject, { name, answer, size, text, deltas, json }) {
  const inSense = subject.peer || (subject.folds && json)
  if (!inSense && answer !== undefined) return { expect: put(folder, `${name}.answer`, answer) }
  if (!inSense && size !== undefined) return { size, ...(deltas && { count: `text_delta":${deltas}` }) }
  const contains = [put(folder, `${name}.text`, text)]
  if (!json) contains.push(put(folder, 'stop.text', 'message_stop'))
  return { contains, ...(deltas && { count: `text_delta":${deltas}` }) }
}

/**
 * What is wrong with what reached the upstream: the right body in each request, and a request for each answer.
 * @param {Subject} subject @param {Exchange} exchange @param {{ requests: number, min: number, max: number }} stats
 * @param {Buffer} first @param {number} done @returns {string | undefined}
 */
export function upstreamFault({ rewrites }, { body }, stats, first, done) {
  if (stats.requests < done)
    return `${done} answers, but only ${stats.requests} requests reached the upstream`
  if (stats.min !== stats.max)
    return `request bodies of ${stats.min} to ${stats.max} bytes reached the upstream`
  if (rewrites === 'none') return first.equals(body) ? undefined : 'the request body was changed on its way'
  const sent = JSON.parse(body.toString())
  const found = JSON.parse(first.toString())
  const last = textOf(sent.messages.at(-1))
  if (textOf(found.messages.at(-1)) !== last) return 'the last message reached the upstream changed'
  return rewrites === 'fixes' ? unfixed(sent, found) : undefined
}

/** @param {any} sent @param {any} found */
function unfixed(sent, found) {
  if (!/^glm-/.test(found.model)) return `the model was not mapped: ${found.model}`
  if (found.stream !== true) return 'the upstream was not asked for a stream'
  const blocks = [found.messages.map((/** @type {any} */ m) => m.content), found.system, found.tools].flat(2)
  if (blocks.some((block) => block?.cache_control)) return 'cache_control was left in the body'
  const roles = found.messages.map((/** @type {any} */ m) => m.role)
  if (
    roles.some(
      (/** @type {string} */ role, /** @type {number} */ i) => role !== 'system' && role === roles[i - 1],
    )
  )
    return 'neighbours of one role were not merged'
  const count = (/** @type {any} */ body) => body.messages.flatMap((/** @type {any} */ m) => m.content).length
  return count(found) === count(sent) ? undefined : 'content blocks were lost'
}

/** @param {any} message @returns {string} */
function textOf({ content }) {
  return typeof content === 'string'
    ? content
    : content.map((/** @type {any} */ block) => block.text).join('')
}
