import { type Answer, halves, TOKENS } from '../answer.js'

/** https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent, with `alt=sse` */
export function geminiFrames(answer: Answer): Buffer[] {
  const { thinking = '', signature, text = '', tools = [], sources = [], usage = TOKENS } = answer
  const thought = halves(thinking).map((piece) => ({ text: piece, thought: true }))
  const words = halves(text).map((piece) => ({ text: piece }))
  const calls = tools.map(({ name, input }) => ({ functionCall: { name, args: input } }))
  // Gemini signs the first tool call, else the last text.
  const parts: object[] = [...thought, ...words, ...calls]
  const signed = calls.length > 0 ? thought.length + words.length : parts.length - 1
  if (signature !== undefined) parts[signed] = { ...parts[signed], thoughtSignature: signature }
  const finishReason = { stop: 'STOP', length: 'MAX_TOKENS', filter: 'SAFETY' }[answer.finish ?? 'stop']
  const grounding = sources.map((uri) => ({ web: { uri, title: 'A page' } }))
  const last = {
    candidates: [
      {
        content: { role: 'model', parts: [] },
        finishReason,
        ...(grounding.length > 0 && {
          groundingMetadata: { webSearchQueries: ['what'], groundingChunks: grounding },
        }),
      },
    ],
    usageMetadata: {
      promptTokenCount: usage.input,
      cachedContentTokenCount: usage.cached,
      candidatesTokenCount: usage.output - usage.thinking,
      thoughtsTokenCount: usage.thinking,
      totalTokenCount: usage.input + usage.output,
    },
  }
  const chunks = parts.map((part) => ({ candidates: [{ content: { role: 'model', parts: [part] } }] }))
  return [...chunks, ...(answer.cut ? [] : [last])].map((data) =>
    Buffer.from(`data: ${JSON.stringify(data)}\n\n`),
  )
}
