import { setTimeout as sleep } from 'node:timers/promises'
import type { CassetteAnswer, CassetteEvent } from './format.js'

/** `recorded`: as it came; `at-once`: without waiting. */
export type Timing = 'recorded' | 'at-once'

/** Its bytes, in their timing. Ends with an Error where the recorded one did not end. Rejects when the signal aborts. */
export async function* played(
  answer: CassetteAnswer,
  timing: Timing,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  const began = performance.now()
  const until = async (ms: number) => {
    const wait = timing === 'recorded' ? ms - answer.ms - (performance.now() - began) : 0
    if (wait > 0) await sleep(wait, undefined, signal && { signal })
  }
  if (answer.events)
    for (const event of answer.events) {
      await until(event.ms)
      yield Buffer.from(textOf(event))
    }
  else {
    await until(answer.endMs)
    yield Buffer.from(answer.text ?? (answer.body === undefined ? '' : JSON.stringify(answer.body)))
  }
  if (answer.ending === 'complete') return
  await until(answer.endMs)
  throw new Error('the recorded answer breaks off here')
}

function textOf({ lines, raw = '' }: CassetteEvent): string {
  return lines ? `${lines.join('\n')}\n\n` : raw
}
