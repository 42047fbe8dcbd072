/** An event of a stream: its name and its data as they came. */
export interface StreamedEvent {
  readonly name: string
  readonly data: string
}

/** Characters of one event; a gateway's are a few hundred kB at most. */
const LONGEST = 4_000_000

/** Reads server-sent events; a comment only counts as heard. `EventSource` could not send the key. */
export async function* eventsOf(
  body: ReadableStream<Uint8Array>,
  onHeard: () => void,
): AsyncGenerator<StreamedEvent> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader()
  let held = ''
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      onHeard()
      held += value
      for (let end = held.indexOf('\n\n'); end >= 0; end = held.indexOf('\n\n')) {
        const event = parsed(held.slice(0, end))
        held = held.slice(end + 2)
        if (event) yield event
      }
      if (held.length > LONGEST) throw new Error('an event without an end')
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}

function parsed(text: string): StreamedEvent | undefined {
  let name = 'message'
  const data: string[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('event:')) name = line.slice(6).trim()
    else if (line.startsWith('data:')) data.push(line.slice(5).trimStart())
  }
  return data.length > 0 ? { name, data: data.join('\n') } : undefined
}
