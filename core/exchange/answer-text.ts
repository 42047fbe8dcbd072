import { isRecord, parseJson } from '../json/plain.js'

/** What an answer says, of JSON and of a stream alike, also of one that is cut: its text, and tools as `[Name {…}]`. */
export function answerText(answer: string): string {
  const body = parseJson(answer)
  if (isRecord(body)) return ofMessage(body)
  const parts: string[] = []
  for (const line of answer.split(/\r\n|\r|\n/)) {
    if (!line.startsWith('data:')) continue
    const data = parseJson(line.slice(5))
    if (isRecord(data)) parts.push(ofEvent(data))
  }
  return parts.join('')
}

function ofMessage({ content, error }: Readonly<Record<string, unknown>>): string {
  if (isRecord(error)) return `${error.type}: ${error.message}`
  if (!Array.isArray(content)) return ''
  return content
    .map((block) => {
      if (!isRecord(block)) return ''
      if (String(block.type).endsWith('tool_use')) return `[${block.name} ${JSON.stringify(block.input)}]`
      return typeof block.text === 'string' ? block.text : ''
    })
    .join('')
}

function ofEvent({ type, content_block, delta, error }: Readonly<Record<string, unknown>>): string {
  if (type === 'error' && isRecord(error)) return `${error.type}: ${error.message}`
  if (isRecord(content_block) && String(content_block.type).endsWith('tool_use'))
    return `\n[${content_block.name} `
  if (!isRecord(delta)) return ''
  return String(delta.text ?? delta.partial_json ?? '')
}
