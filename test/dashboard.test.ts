import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { anthropicUpstream } from './support/anthropic-upstream.js'
import { ask } from './support/client.js'
import { messageEvents } from './support/messages.js'
import { sse } from './support/script.js'
import { direct, stand } from './support/stand.js'

interface Panel {
  readonly title: string
  readonly targets: readonly { readonly expr: string }[]
}
const file = fileURLToPath(new URL('../deploy/grafana-dashboard.json', import.meta.url))
const { panels } = JSON.parse(readFileSync(file, 'utf8')) as { panels: readonly Panel[] }

/** What Prometheus itself adds. */
const ADDED = ['instance', 'le']

it('every panel of the dashboard asks for series and labels that a scrape has', async () => {
  const { send } = await stand(
    anthropicUpstream(() => sse(messageEvents({ text: 'a longer text' }), { every: 5 })),
    {
      config: (url) => ({ ...direct(url), metrics: { public: true } }),
    },
  )
  await send({ body: ask({ stream: true, model: 'claude-opus-4-5' }) })
  const scrape = async () => (await send({ method: 'GET', path: '/metrics' })).text()
  await expect.poll(scrape).toContain('agproxy_stream_gap_seconds_bucket{')
  await expect.poll(scrape, { timeout: 10_000 }).toContain('agproxy_cost_dollars_total{')
  const text = await scrape()
  const labelsOf = (name: string) => {
    const line = text.split('\n').find((l) => l.startsWith(`${name}{`) || l.startsWith(`${name} `))
    return line === undefined ? undefined : [...line.matchAll(/(\w+)="/g)].map(([, label]) => label)
  }
  expect(panels.length).toBeGreaterThan(8)
  for (const { title, targets } of panels)
    for (const { expr } of targets) {
      const names = [...expr.matchAll(/agproxy_\w+/g)].map(([name]) => name)
      expect(names.length, title).toBeGreaterThan(0)
      const known = names.flatMap((name) => {
        const labels = labelsOf(name)
        expect(labels, `${title}: ${name}`).toBeDefined()
        return labels!
      })
      const selected = [...expr.matchAll(/(\w+)(?:=~|!=|=)"/g)].map(([, label]) => label)
      const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list]) => list!.split(', '))
      for (const label of [...selected, ...grouped])
        expect([...ADDED, ...known], `${title}: ${label}`).toContain(label)
    }
})
