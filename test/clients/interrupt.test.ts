import { expect, it } from 'vitest'
import { messageEvents } from '../support/messages.js'
import { sse, stall } from '../support/script.js'
import { stand } from '../support/stand.js'
import { CHAT, isMain } from './assistant.js'
import { claude } from './claude.js'
import { describeClients, FORMS } from './clients.js'

describeClients(FORMS, (client) => {
  it.each([
    { when: 'while the upstream thinks', script: stall() },
    { when: 'in the middle of the answer', script: sse(messageEvents().slice(0, 4), { ending: stall() }) },
  ])('SIGINT $when cancels the upstream request at once', async ({ script }) => {
    const { url, up } = await stand(() => script)
    const turn = () => up.requests.find((request) => request.complete && isMain(request))
    let left = 0
    const interrupt = expect
      .poll(turn, { timeout: 30_000, interval: 10 })
      .toBeDefined()
      .then(() => new Promise((resolve) => setTimeout(resolve, 300)))
      .then(() => {
        left = performance.now()
      })
    const run = await claude(client, { url, args: ['-p', CHAT.prompt], interrupt })
    await interrupt
    expect(run.timedOut).toBe(false)
    await expect.poll(() => turn()!.aborted, { interval: 5 }).toBe(true)
    // The client's own time to react to the signal is in here.
    expect(turn()!.abortedAt! - left).toBeLessThan(1_000)
    expect(up.requests.filter(isMain)).toHaveLength(1)
  })
})
