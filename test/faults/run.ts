import { describe, expect, it } from 'vitest'
import type { TestConfig } from '../harness/gateway.js'
import { answer } from '../support/anthropic-upstream.js'
import { startUpstream } from '../support/bad-upstream.js'
import { ask, NoAnswer, type Seen } from '../support/client.js'
import { messageEvents } from '../support/messages.js'
import { frames } from '../support/sse-bytes.js'
import { type Stand, stand } from '../support/stand.js'
import { accountInWords, inWords } from './observe.js'
import { ANSWER, type Outcome, type Row, SAME, WHOLE } from './row.js'

type Kind = 'stream' | 'json'
type UpstreamName = 'anthropic' | 'zai'

/** The rows of a family, each as a test that compares what the table says with what is seen. */
export function observeRows(family: string, rows: readonly Row[]): void {
  describe(`the upstream … (${family})`, () => {
    for (const row of rows) it.skipIf(row.skip)(row.upstream, () => check(row))
  })
}

/** One row: the streaming client, both JSON clients, and with a second account the first of them that the row has. */
async function check(row: Row): Promise<void> {
  const { stream, json, folded = json, second } = row
  const [asStream, asJson, asFolded, withSecond] = await Promise.all([
    stream && observe(row, 'stream', 'anthropic'),
    json && observe(row, 'json', 'anthropic'),
    folded && observe(row, 'json', 'zai'),
    observeSecond(row, stream ? 'stream' : 'json'),
  ])
  const expected = second === SAME ? (stream ?? json)!.sees : second
  expect({ stream: asStream, json: asJson, folded: asFolded, second: withSecond }).toEqual({
    stream,
    json,
    folded,
    second: expected,
  })
}

async function observe(row: Row, kind: Kind, upstream: UpstreamName): Promise<Outcome> {
  const there = await stand(row.answers, { ...row.options, config: configOf(row, upstream) })
  const seen = await request(there, row, kind)
  if (kind === 'stream') truth(seen, row)
  const [status] = there.gateway.accounts.status()
  await expect.poll(() => there.gateway.requests('messages')).toHaveLength(1)
  const attempts = there.gateway.requests('messages')[0]!.attempts as number
  const calls = row.unseen ? attempts : there.up.requests.length
  const { lessons = 0 } = row
  if (attempts !== undefined && lessons === 0) expect(attempts).toBe(calls)
  else if (attempts !== undefined) expect(calls - attempts).toBeLessThanOrEqual(lessons)
  return { sees: inWords(seen, kind, textOf(row)), calls, account: accountInWords(status!) }
}

/** The same fault at the first account, while a second one works. */
async function observeSecond(row: Row, kind: Kind): Promise<string> {
  const good = await startUpstream((request) => answer({ text: textOf(row) }, request))
  try {
    const config = configOf(row, 'anthropic', good.url)
    const there = await stand(row.answers, { ...row.options, config })
    const words = inWords(await request(there, row, kind), kind, textOf(row))
    if (good.requests.length > 0) expect(words).toBe(WHOLE)
    return words
  } finally {
    await good.close()
  }
}

const textOf = ({ text = ANSWER }: Row) => text

function configOf({ at, guard }: Row, upstream: UpstreamName, second?: string) {
  return async (url: string): Promise<TestConfig> => ({
    preset: 'claude-code',
    accounts: [
      { id: 'one', upstream, apiKey: 'sk-upstream-1', baseURL: at ? await at(url) : url },
      ...(second ? [{ id: 'two', upstream, apiKey: 'sk-upstream-2', baseURL: second }] : []),
    ],
    plugins: { 'stream-guard': { ...guard } },
  })
}

function request({ send }: Stand, row: Row, kind: Kind): Promise<Seen | NoAnswer> {
  const body = ask({ ...row.ask, ...(kind === 'stream' && { stream: true }) })
  return send({ body, timeout: 25_000 }).catch((failed: unknown) => {
    if (failed instanceof NoAnswer) return failed
    throw failed
  })
}

/** What a streaming client got is what the upstream sent, byte for byte, however it ended. */
function truth(seen: Seen | NoAnswer, row: Row): void {
  if (seen instanceof NoAnswer || seen.status !== 200) return
  const { sent = Buffer.concat(frames(messageEvents({ text: textOf(row) }))) } = row
  expect(seen.body.subarray(0, sent.length).equals(sent)).toBe(true)
  const added = seen.body.subarray(sent.length).toString()
  expect(added === '' || /^\n?event: error\ndata: \{.*\}\n\n$/.test(added), added).toBe(true)
}
