import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { failure } from '../support/anthropic-upstream.js'
import { isWithoutBrowser, launch, openPage } from './browser.js'
import { startWorld, type World } from './world.js'

const MARKUP = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>"'&amp;{{7*7}}\${7*7}`
const RTL = '\u202etxet desrever\u202c שלום'
const LONG = 'w'.repeat(1_000_000)

describe.skipIf(isWithoutBrowser())('what strangers write', () => {
  let browser: Browser
  let world: World
  beforeAll(async () => {
    browser = await launch()
    world = await startWorld()
    const evil = {
      session: MARKUP,
      prompt: `${RTL}${MARKUP}`,
      words: `${MARKUP} ${RTL}`,
      model: `${MARKUP}`,
      text: MARKUP,
      labels: 'team=<b>bold</b>',
    }
    await world.turn({ ...evil, made: 9_000 })
    await world.turn({
      ...evil,
      clock: MARKUP,
      agent: `${MARKUP}1`,
      agentType: MARKUP,
      parent: '<i>parent</i>',
    })
    await world.turn({
      ...evil,
      failures: Array.from({ length: 3 }, () => failure(400, MARKUP, `${MARKUP} ${RTL}`)),
    })
    await world.turn({
      session: 'long',
      prompt: LONG.slice(0, 200),
      words: LONG,
      text: LONG.slice(0, 50_000),
    })
    await world.turn({ session: 'long', prompt: 'again', words: `${MARKUP}${LONG}`, clock: LONG })
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })

  const FOREIGN = `[...document.querySelectorAll('img, iframe, object, embed, base, script, style, form, [onerror], [onclick], [style*=url]')]
    .filter((e) => !(e.tagName === 'SCRIPT' && e.src.startsWith(location.origin + '/_agproxy/assets/')))
    .map((e) => e.outerHTML)`
  const WIDER = `document.documentElement.scrollWidth - innerWidth`

  it('is text in every view, and makes none of them wider', async () => {
    const { requests } = await world.api('requests')
    const ids = requests.map(({ id }: { id: string }) => id)
    const views = [
      '/live',
      ...ids.map((id: string) => `/live?open=${id}`),
      `/live?q=${encodeURIComponent(MARKUP)}`,
      '/sessions',
      `/sessions/${encodeURIComponent(MARKUP)}`,
      '/cost?by=session',
      '/cost?by=label',
      '/cost?by=agent',
      `/compare/${ids[0]}/${ids[2]}`,
      `/compare/${encodeURIComponent(MARKUP)}/x`,
      `/${encodeURIComponent(MARKUP)}`,
    ]
    const seen: string[] = []
    for (const view of views) {
      const { page, problems, close } = await openPage(browser, world.page(view), {
        viewport: { width: 1024, height: 768 },
      })
      await expect.poll(() => page.locator('.loading').count(), { timeout: 15_000 }).toBe(0)
      if (view === '/live')
        for (const prompt of await page.locator('.line.prompt').all()) await prompt.click()
      for (const details of await page.locator('.panel details').all())
        await details.locator('summary').click()
      await page.waitForTimeout(250)
      expect([view.slice(0, 40), await page.evaluate(FOREIGN)]).toEqual([view.slice(0, 40), []])
      expect(await page.evaluate('window.hacked')).toBeUndefined()
      expect([view.slice(0, 40), await page.evaluate(WIDER), problems]).toEqual([view.slice(0, 40), 0, []])
      seen.push(await page.locator('#app').innerText())
      await close()
    }
    const shown = seen.join('\n')
    expect(shown).toContain('<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>')
    expect(shown).toContain(`{{7*7}}\${7*7}`)
  })

  it('of a megabyte comes in pieces, and on demand', async () => {
    const { requests } = await world.api('requests?session=long')
    const { page, problems, close } = await openPage(browser, world.page(`/live?open=${requests[1].id}`))
    await page.getByText('What was asked').click()
    const rest = page.getByRole('button', { name: /Load the rest/ })
    await rest.waitFor()
    const length = () => page.evaluate(`document.querySelector('pre').textContent.length`)
    expect(await length()).toBe(200_000)
    for (let i = 0; i < 5; i++) {
      await rest.click()
      await page.waitForTimeout(150)
    }
    await rest.waitFor({ state: 'detached' })
    expect(await length()).toBeGreaterThan(1_000_000)
    expect(problems).toEqual([])
    await close()
  })
})
