/** An object as JSON has it. */
export type JsonRecord = Record<string, unknown>

/** True for a JSON object: neither null nor a list. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The decoded JSON, or undefined for what is none. A byte order mark is no part of it, as `fetch` has it. */
export function parseJson(json: Buffer | string): unknown {
  const text = typeof json === 'string' ? json : json.toString('utf8')
  try {
    return JSON.parse(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text)
  } catch {
    return undefined
  }
}

const BYTE_ORDER_MARK = 0xfeff
