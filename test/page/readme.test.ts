import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { badSession } from './bad-session.js'
import { launch, openPage } from './browser.js'
import { startWorld } from './world.js'

const FOLDER = fileURLToPath(new URL('../../docs/images/', import.meta.url))

// The README's pictures: `README_SHOTS=1 npm run test:page -- readme`.
it.skipIf(!process.env.README_SHOTS)('takes the pictures of the README', { timeout: 180_000 }, async () => {
  const browser = await launch()
  const world = await startWorld({}, 70)
  const side = { session: 'c2f7', model: 'claude-sonnet-5' }
  await world.turn({
    ...side,
    prompt: 'p-1',
    words: 'Add a changelog entry for the status line',
    made: 12_000,
    output: 210,
  })
  await world.turn({
    ...side,
    prompt: 'p-2',
    words: 'Which tests cover the ledger? List them',
    read: 12_000,
    made: 2_000,
    output: 640,
  })
  const { bad } = await badSession(world)
  await world.turn({
    ...side,
    prompt: 'p-3',
    words: 'Rename the option and update the docs',
    read: 14_000,
    made: 1_000,
    output: 420,
  })
  const { requests } = await world.api('requests')
  const missed = requests.find((row: { cache?: string }) => row.cache === 'prefix')
  for (const [name, view, colorScheme] of [
    ['page-request', `/live?open=${missed.id}`, 'dark'],
    ['page-session', `/sessions/${bad}`, 'light'],
  ] as const) {
    const options = { viewport: { width: 1280, height: 800 }, colorScheme }
    const { page, problems, close } = await openPage(browser, world.page(view), options)
    await expect.poll(() => page.locator('.loading').count(), { timeout: 15_000 }).toBe(0)
    await page.waitForTimeout(1_500)
    await page.screenshot({ path: `${FOLDER}${name}.jpg`, type: 'jpeg', quality: 82 })
    expect(problems).toEqual([])
    await close()
  }
  await browser.close()
  await world.close()
})
